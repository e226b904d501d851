//! `/v1/completions`: the request.

use mixtral_engine::request::{Input, MAX_LOGPROBS};
use serde_json::{Map, Value};

use super::sampling::common;
use super::{Asked, Fields, Shape};
use crate::inference_server::error::ApiError;

/// OpenAI's default for this older protocol.
const MAX_TOKENS: usize = 16;

/// Reads and checks a request.
pub(in crate::inference_server) fn completion(body: Map<String, Value>) -> Result<Asked, ApiError> {
    let mut fields = Fields::new(body);
    let prompt = fields.take("prompt");
    let input = prompt.as_ref().and_then(input).ok_or_else(|| {
        ApiError::field("prompt", "`prompt` must be one string, or one list of token ids: one prompt a request.")
    })?;
    let mut asked = common(&mut fields, Shape::Completion, input)?;
    asked.request.max_tokens = fields.count("max_tokens")?.unwrap_or(MAX_TOKENS);
    asked.request.logprobs = fields.count("logprobs")?;
    if asked.request.logprobs.is_some_and(|top| top > MAX_LOGPROBS) {
        return Err(ApiError::field("logprobs", format!("`logprobs` must be at most {MAX_LOGPROBS}.")));
    }
    fields.only("best_of", |best| best.as_u64() == Some(1), "one answer a request")?;
    fields.only("echo", |echo| echo == false, "the prompt is not repeated")?;
    fields.only("suffix", |suffix| suffix == "", "text is only continued at its end")?;
    fields.finish()?;
    Ok(asked)
}

/// A string, a list of one string, token ids, or a list of one list of token ids.
fn input(prompt: &Value) -> Option<Input> {
    match prompt {
        Value::String(text) => Some(Input::Text { text: text.clone(), parse_special: false }),
        Value::Array(list) => match list.as_slice() {
            [one @ (Value::String(_) | Value::Array(_))] => input(one),
            ids => ids
                .iter()
                .map(|id| id.as_u64().and_then(|id| u32::try_from(id).ok()))
                .collect::<Option<Vec<u32>>>()
                .filter(|ids| !ids.is_empty())
                .map(Input::Tokens),
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(body: Value) -> Result<Asked, ApiError> {
        let mut all = json!({"model": "m"});
        all.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        completion(all.as_object().unwrap().clone())
    }

    #[test]
    fn a_prompt_is_text_or_tokens_and_stands_alone() {
        let text = Input::Text { text: "a".into(), parse_special: false };
        assert_eq!(read(json!({"prompt": "a"})).unwrap().request.input, text);
        assert_eq!(read(json!({"prompt": ["a"]})).unwrap().request.input, text);
        assert_eq!(read(json!({"prompt": [[1, 2]]})).unwrap().request.input, Input::Tokens(vec![1, 2]));
        assert_eq!(read(json!({"prompt": [1, 2]})).unwrap().request.input, Input::Tokens(vec![1, 2]));
        for wrong in [json!({}), json!({"prompt": ["a", "b"]}), json!({"prompt": []}), json!({"prompt": [-1]})] {
            assert_eq!(read(wrong.clone()).err().unwrap().param.as_deref(), Some("prompt"), "{wrong}");
        }
    }

    #[test]
    fn the_older_protocols_own_fields_are_known() {
        let asked = read(json!({"prompt": "a", "logprobs": 2, "echo": false, "best_of": 1})).unwrap();
        assert_eq!((asked.request.logprobs, asked.request.max_tokens), (Some(2), MAX_TOKENS));
        for (body, name) in [
            (json!({"prompt": "a", "echo": true}), "echo"),
            (json!({"prompt": "a", "best_of": 3}), "best_of"),
            (json!({"prompt": "a", "messages": []}), "messages"),
        ] {
            assert_eq!(read(body).err().unwrap().param.as_deref(), Some(name));
        }
    }
}
