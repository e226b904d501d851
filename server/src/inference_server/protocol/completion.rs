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
    let prompts = prompt.as_ref().and_then(prompts).ok_or_else(|| {
        let message = "`prompt` must be a string, a list of token ids, or a list of such; none of them empty.";
        ApiError::field("prompt", message)
    })?;
    let mut asked = common(&mut fields)?;
    asked.request.max_tokens = fields.count("max_tokens")?.unwrap_or(MAX_TOKENS);
    asked.request.logprobs = fields.count("logprobs")?;
    if asked.request.logprobs.is_some_and(|top| top > MAX_LOGPROBS) {
        return Err(ApiError::field("logprobs", format!("`logprobs` must be at most {MAX_LOGPROBS}.")));
    }
    let n = asked.n as u64;
    fields.only("best_of", |best| best.as_u64() == Some(n), "all answers that are made are sent")?;
    fields.only("suffix", |suffix| suffix == "", "text is only continued at its end")?;
    let echo = fields.flag("echo")?;
    if echo && (asked.request.logprobs.is_some() || asked.request.max_tokens == 0 || !prompts.iter().all(is_text)) {
        asked.request.prompt_logprobs = Some(asked.request.logprobs.unwrap_or(0));
    }
    fields.finish("completion");
    asked.ask(Shape::Completion, prompts, echo)
}

fn is_text(input: &Input) -> bool {
    matches!(input, Input::Text { .. })
}

/// A string, token ids, or a list of either.
pub(super) fn prompts(prompt: &Value) -> Option<Vec<Input>> {
    match prompt {
        Value::Array(list) if list.iter().all(|one| one.is_string() || one.is_array()) => {
            list.iter().map(input).collect::<Option<Vec<_>>>().filter(|list| !list.is_empty())
        }
        one => input(one).map(|input| vec![input]),
    }
}

/// A string, or token ids.
fn input(prompt: &Value) -> Option<Input> {
    match prompt {
        Value::String(text) => Some(Input::Text { text: text.clone(), parse_special: false }),
        Value::Array(ids) => ids
            .iter()
            .map(|id| id.as_u64().and_then(|id| u32::try_from(id).ok()))
            .collect::<Option<Vec<u32>>>()
            .filter(|ids| !ids.is_empty())
            .map(Input::Tokens),
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
    fn prompts_are_texts_or_tokens_alone_or_in_a_list() {
        let text = |text: &str| Input::Text { text: text.into(), parse_special: false };
        let inputs = |prompt: Value| {
            let asked = read(json!({ "prompt": prompt })).unwrap();
            asked.requests.into_iter().map(|request| request.input).collect::<Vec<_>>()
        };
        assert_eq!(inputs(json!("a")), [text("a")]);
        assert_eq!(inputs(json!(["a", "b"])), [text("a"), text("b")]);
        assert_eq!(inputs(json!([1, 2])), [Input::Tokens(vec![1, 2])]);
        assert_eq!(inputs(json!([[1, 2], [3]])), [Input::Tokens(vec![1, 2]), Input::Tokens(vec![3])]);
        for wrong in [json!({}), json!({"prompt": ["a", 1]}), json!({"prompt": []}), json!({"prompt": [-1]})] {
            assert_eq!(read(wrong.clone()).err().unwrap().param.as_deref(), Some("prompt"), "{wrong}");
        }
    }

    #[test]
    fn the_older_protocols_own_fields_are_known() {
        let asked = read(json!({"prompt": "a", "logprobs": 2, "echo": false, "best_of": 1})).unwrap();
        assert_eq!((asked.requests[0].logprobs, asked.requests[0].max_tokens), (Some(2), MAX_TOKENS));
        // A text is repeated as it stands; what it was read as has to be told where more is wanted.
        let scored = |body| read(body).unwrap().requests[0].prompt_logprobs;
        assert_eq!(scored(json!({"prompt": "a", "echo": true})), None);
        assert_eq!(scored(json!({"prompt": "a", "echo": true, "logprobs": 3})), Some(3));
        assert_eq!(scored(json!({"prompt": [1], "echo": true})), Some(0));
        assert_eq!(scored(json!({"prompt": "a", "echo": true, "max_tokens": 0})), Some(0));
        for (body, name) in [
            (json!({"prompt": "a", "echo": 1}), "echo"),
            (json!({"prompt": "a", "best_of": 3}), "best_of"),
            (json!({"prompt": "a", "suffix": "b"}), "suffix"),
        ] {
            assert_eq!(read(body).err().unwrap().param.as_deref(), Some(name));
        }
    }
}
