//! The fields that chat and completion share.

use mixtral_engine::request::{DEFAULT_MAX_TOKENS, Input, Request};
use mixtral_engine::sample::Sampling;
use serde_json::Value;

use super::{Asked, Fields, Shape};
use crate::inference_server::error::ApiError;

/// Takes everything but the input, the limit on tokens and the log probabilities. What is not
/// given has the engine's defaults, Chinese-Mixtral's own.
pub(super) fn common(fields: &mut Fields, shape: Shape, input: Input) -> Result<Asked, ApiError> {
    let model = fields.required_text("model")?;
    let stream = fields.flag("stream")?;
    let include_usage = stream_options(fields, stream)?;
    fields.only("n", |n| n.as_u64() == Some(1), "one answer a request")?;
    let default = Sampling::default();
    let sampling = Sampling {
        temperature: fields.number("temperature")?.unwrap_or(default.temperature),
        top_k: top_k(fields)?.unwrap_or(default.top_k),
        top_p: fields.number("top_p")?.unwrap_or(default.top_p),
        min_p: fields.number("min_p")?.unwrap_or(default.min_p),
        repetition_penalty: fields.number("repetition_penalty")?.unwrap_or(default.repetition_penalty),
        frequency_penalty: fields.number("frequency_penalty")?.unwrap_or(default.frequency_penalty),
        presence_penalty: fields.number("presence_penalty")?.unwrap_or(default.presence_penalty),
        seed: seed(fields)?,
    };
    let request = Request {
        input,
        sampling,
        max_tokens: DEFAULT_MAX_TOKENS,
        stop: stop(fields)?,
        ignore_eos: fields.flag("ignore_eos")?,
        logprobs: None,
    };
    fields.only("logit_bias", is_empty, "logits cannot be biased")?;
    fields.ignore(&["user", "metadata", "safety_identifier", "prompt_cache_key"]);
    Ok(Asked { model, request, shape, stream, include_usage })
}

pub(super) fn is_empty(value: &Value) -> bool {
    value.as_object().is_some_and(serde_json::Map::is_empty) || value.as_array().is_some_and(Vec::is_empty)
}

fn stream_options(fields: &mut Fields, stream: bool) -> Result<bool, ApiError> {
    match fields.take("stream_options") {
        None => Ok(false),
        Some(_) if !stream => Err(ApiError::field("stream_options", "Only allowed when `stream` is true.")),
        Some(Value::Object(options)) => {
            let mut options = Fields::new(options);
            let include_usage = options.flag("include_usage")?;
            options.ignore(&["include_obfuscation"]);
            options.finish()?;
            Ok(include_usage)
        }
        Some(_) => Err(ApiError::field("stream_options", "`stream_options` must be an object.")),
    }
}

/// Some clients say "all" with -1.
fn top_k(fields: &mut Fields) -> Result<Option<usize>, ApiError> {
    match fields.take("top_k") {
        None => Ok(None),
        Some(value) if value.as_i64() == Some(-1) => Ok(Some(0)),
        Some(value) => match value.as_u64().and_then(|k| usize::try_from(k).ok()) {
            Some(k) => Ok(Some(k)),
            None => Err(ApiError::field("top_k", "`top_k` must be a whole number; 0 or -1 means all tokens.")),
        },
    }
}

fn seed(fields: &mut Fields) -> Result<Option<u64>, ApiError> {
    match fields.take("seed") {
        None => Ok(None),
        Some(value) => match value.as_u64().or_else(|| value.as_i64().map(i64::cast_unsigned)) {
            Some(seed) => Ok(Some(seed)),
            None => Err(ApiError::field("seed", "`seed` must be a whole number of 64 bits.")),
        },
    }
}

fn stop(fields: &mut Fields) -> Result<Vec<String>, ApiError> {
    let error = || ApiError::field("stop", "`stop` must be a string or a list of strings.");
    match fields.take("stop") {
        None => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(vec![text]),
        Some(Value::Array(list)) => {
            list.into_iter().map(|text| text.as_str().map(str::to_owned).ok_or_else(error)).collect()
        }
        Some(_) => Err(error()),
    }
}
