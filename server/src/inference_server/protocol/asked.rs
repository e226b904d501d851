//! A checked request, as OpenAI's fields gave it.

use mixtral_engine::request::Request;

/// A checked request.
pub(in crate::inference_server) struct Asked {
    pub(in crate::inference_server) model: String,
    pub(in crate::inference_server) request: Request,
    pub(in crate::inference_server) shape: Shape,
    pub(in crate::inference_server) stream: bool,
    /// Whether a chunk with the token counts is to end the stream.
    pub(in crate::inference_server) include_usage: bool,
}

/// Which of the two protocols.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::inference_server) enum Shape {
    Chat,
    Completion,
}
