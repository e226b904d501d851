//! OpenAI's shapes: fields of requests into the engine's request, the engine's events into chunks
//! and whole answers.

mod asked;
mod chat;
mod completion;
mod embedding;
mod fields;
mod logprobs;
mod reply;
mod sampling;

pub(super) use asked::Asked;
pub(super) use asked::Shape;
pub(super) use chat::chat;
pub(super) use completion::completion;
pub(super) use embedding::embeddings;
pub(super) use fields::{Fields, read_body};
pub(super) use reply::Reply;
