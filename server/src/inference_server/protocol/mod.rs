//! OpenAI's shapes: fields of requests into the engine's request, the engine's events into chunks
//! and whole answers.

mod chat;
mod completion;
mod fields;
mod logprobs;
mod reply;
mod sampling;

pub(super) use chat::chat;
pub(super) use completion::completion;
pub(super) use fields::{Fields, read_body};
pub(super) use reply::{Reply, Shape};

use mixtral_engine::request::Request;

/// A checked request.
pub(super) struct Asked {
    pub(super) model: String,
    pub(super) request: Request,
    pub(super) shape: Shape,
    pub(super) stream: bool,
    /// Whether a chunk with the token counts is to end the stream.
    pub(super) include_usage: bool,
}
