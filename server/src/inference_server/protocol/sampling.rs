//! The fields that chat and completion share.

use mixtral_engine::request::{Format, Input, Request};
use mixtral_engine::sample::Sampling;
use serde_json::{Value, json};

use super::Fields;
use super::asked::Common;
use crate::inference_server::error::ApiError;

/// Takes everything but the input, the limit on tokens and the log probabilities. What is not
/// given has the engine's defaults, Chinese-Mixtral's own.
pub(super) fn common(fields: &mut Fields) -> Result<Common, ApiError> {
    let model = fields.required_text("model")?;
    let stream = fields.flag("stream")?;
    let include_usage = stream_options(fields, stream)?;
    let n = fields.count("n")?.unwrap_or(1);
    if n == 0 {
        return Err(ApiError::field("n", "`n` must be at least 1."));
    }
    let request = Request {
        sampling: sampling(fields)?,
        stop: stop(fields)?,
        ignore_eos: fields.flag("ignore_eos")?,
        logit_bias: logit_bias(fields)?,
        stop_tokens: stop_tokens(fields)?,
        format: format(fields)?,
        ..Request::new(Input::Tokens(Vec::new()))
    };
    fields.ignore(&["user", "metadata", "safety_identifier", "prompt_cache_key"]);
    Ok(Common { model, request, n, stream, include_usage })
}

/// OpenAI's settings, and those that vLLM, llama.cpp and Chinese-Mixtral's own server add, each by its name there.
fn sampling(fields: &mut Fields) -> Result<Sampling, ApiError> {
    let default = Sampling::default();
    let llama_cpp = fields.number("repeat_penalty")?;
    let mut sampling = Sampling {
        temperature: fields.number("temperature")?.unwrap_or(default.temperature),
        top_k: top_k(fields)?.unwrap_or(default.top_k),
        top_p: fields.number("top_p")?.unwrap_or(default.top_p),
        min_p: fields.number("min_p")?.unwrap_or(default.min_p),
        repetition_penalty: fields.number("repetition_penalty")?.or(llama_cpp).unwrap_or(default.repetition_penalty),
        frequency_penalty: fields.number("frequency_penalty")?.unwrap_or(default.frequency_penalty),
        presence_penalty: fields.number("presence_penalty")?.unwrap_or(default.presence_penalty),
        seed: seed(fields)?,
    };
    // Clients that want the likeliest token say so in several ways.
    let is_greedy = fields.take("do_sample").is_some_and(|sample| sample == false) || sampling.top_p == 0.0;
    if is_greedy {
        sampling = Sampling { temperature: 0.0, top_p: 1.0, ..sampling };
    }
    fields.only("num_beams", |beams| beams.as_u64() == Some(1), "answers are sampled, not searched for by beams")?;
    Ok(sampling)
}

/// `{"token id": bias}`.
fn logit_bias(fields: &mut Fields) -> Result<Vec<(u32, f32)>, ApiError> {
    let wrong = || ApiError::field("logit_bias", "`logit_bias` must be an object of token ids and numbers.");
    match fields.take("logit_bias") {
        None => Ok(Vec::new()),
        Some(Value::Object(biases)) => {
            #[expect(clippy::cast_possible_truncation, reason = "a bias needs no more precision")]
            let one = |(token, bias): (&String, &Value)| Some((token.parse().ok()?, bias.as_f64()? as f32));
            biases.iter().map(|pair| one(pair).ok_or_else(wrong)).collect()
        }
        Some(value) if is_empty(&value) => Ok(Vec::new()),
        Some(_) => Err(wrong()),
    }
}

fn stop_tokens(fields: &mut Fields) -> Result<Vec<u32>, ApiError> {
    let wrong = || ApiError::field("stop_token_ids", "`stop_token_ids` must be a list of token ids.");
    match fields.take("stop_token_ids") {
        None => Ok(Vec::new()),
        Some(Value::Array(ids)) => {
            ids.iter().map(|id| id.as_u64().and_then(|id| u32::try_from(id).ok()).ok_or_else(wrong)).collect()
        }
        Some(_) => Err(wrong()),
    }
}

/// `response_format`: text, any JSON object, or JSON of a schema.
fn format(fields: &mut Fields) -> Result<Format, ApiError> {
    let wrong = |message: &str| ApiError::field("response_format", message);
    let Some(format) = fields.take("response_format") else { return Ok(Format::Text) };
    match format.get("type").and_then(Value::as_str) {
        Some("text") => Ok(Format::Text),
        Some("json_object") => Ok(Format::Json(json!({"type": "object"}))),
        Some("json_schema") => match format.pointer("/json_schema/schema").or_else(|| format.get("schema")) {
            Some(schema) => Ok(Format::Json(schema.clone())),
            None => Err(wrong("`response_format.json_schema.schema` must be a JSON schema.")),
        },
        _ => Err(wrong("`response_format.type` must be text, json_object or json_schema.")),
    }
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
            options.finish("stream_options");
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
        // llama.cpp's word for one that is drawn.
        Some(value) if value.as_i64() == Some(-1) => Ok(None),
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
