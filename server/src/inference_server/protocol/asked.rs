//! A checked request, as OpenAI's fields gave it.

use mixtral_engine::request::{Input, Request};

use crate::inference_server::error::ApiError;

/// Most answers that one request may ask for, over all its prompts.
const MAX_ANSWERS: usize = 128;

/// A checked request.
#[derive(Debug)]
pub(in crate::inference_server) struct Asked {
    pub(in crate::inference_server) model: String,
    /// One for each answer: of the first prompt all, then of the second, and so on.
    pub(in crate::inference_server) requests: Vec<Request>,
    /// How many answers each prompt has.
    pub(in crate::inference_server) n: usize,
    pub(in crate::inference_server) shape: Shape,
    pub(in crate::inference_server) stream: bool,
    /// Whether a chunk with the token counts is to end the stream.
    pub(in crate::inference_server) include_usage: bool,
    /// Whether the prompt stands before each answer.
    pub(in crate::inference_server) echo: bool,
}

/// Which of the two protocols.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::inference_server) enum Shape {
    Chat,
    Completion,
}

/// What both protocols say, before anything is said of the prompts.
pub(super) struct Common {
    pub(super) model: String,
    /// All but the input.
    pub(super) request: Request,
    pub(super) n: usize,
    pub(super) stream: bool,
    pub(super) include_usage: bool,
}

impl Common {
    /// The request of each answer. Answers to one prompt differ by their seed.
    pub(super) fn ask(self, shape: Shape, prompts: Vec<Input>, echo: bool) -> Result<Asked, ApiError> {
        let Self { model, request, n, stream, include_usage } = self;
        if prompts.len().saturating_mul(n) > MAX_ANSWERS {
            let message = format!("At most {MAX_ANSWERS} answers can be asked for at once, over all prompts.");
            return Err(ApiError::field(if n > 1 { "n" } else { "prompt" }, message));
        }
        let mut requests = Vec::with_capacity(prompts.len() * n);
        for input in prompts {
            for answer in 0..n {
                let mut request = Request { input: input.clone(), ..request.clone() };
                request.sampling.seed = request.sampling.seed.map(|seed| seed.wrapping_add(answer as u64));
                requests.push(request);
            }
        }
        Ok(Asked { model, requests, n, shape, stream, include_usage, echo })
    }
}
