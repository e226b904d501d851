//! `/v1/chat/completions`: the request.

use mixtral_engine::request::{Input, MAX_LOGPROBS, Message, Role};
use serde_json::{Map, Value};

use super::sampling::{common, is_empty};
use super::{Asked, Fields, Shape};
use crate::inference_server::error::ApiError;

/// Turns in one conversation; the context ends far earlier.
const MESSAGES: usize = 4096;

/// Reads and checks a request.
pub(in crate::inference_server) fn chat(body: Map<String, Value>) -> Result<Asked, ApiError> {
    let mut fields = Fields::new(body);
    let messages = match fields.take("messages") {
        Some(Value::Array(list)) if list.len() <= MESSAGES => list,
        Some(Value::Array(_)) => {
            return Err(ApiError::field("messages", format!("At most {MESSAGES} messages are allowed.")));
        }
        Some(_) => return Err(ApiError::field("messages", "`messages` must be a list.")),
        None => return Err(ApiError::field("messages", "You must provide the parameter `messages`.")),
    };
    let messages = messages.into_iter().enumerate().map(|(at, value)| message(at, value)).collect::<Result<_, _>>()?;
    let mut asked = common(&mut fields)?;
    // The newer name wins where a client sends both.
    let old = fields.count("max_tokens")?;
    if let Some(limit) = fields.count("max_completion_tokens")?.or(old) {
        asked.request.max_tokens = limit;
    }
    let wanted = fields.flag("logprobs")?;
    let top = fields.count("top_logprobs")?;
    asked.request.logprobs = match (wanted, top) {
        (true, top) => Some(top.unwrap_or(0)),
        (false, None | Some(0)) => None,
        (false, Some(_)) => {
            return Err(ApiError::field("top_logprobs", "`top_logprobs` needs `logprobs` to be true."));
        }
    };
    if top.is_some_and(|top| top > MAX_LOGPROBS) {
        return Err(ApiError::field("top_logprobs", format!("`top_logprobs` must be at most {MAX_LOGPROBS}.")));
    }
    // As vLLM takes it: this conversation is laid out by it, and not by the model's own.
    asked.request.chat_template = fields.text("chat_template")?.map(Into::into);
    unsupported(&mut fields)?;
    fields.finish("chat completion");
    asked.ask(Shape::Chat, vec![Input::Chat(messages)], false)
}

fn unsupported(fields: &mut Fields) -> Result<(), ApiError> {
    fields.only("tools", is_empty, "the models call no tools")?;
    fields.only("functions", is_empty, "the models call no functions")?;
    fields.only("tool_choice", |choice| choice == "none" || choice == "auto", "the models call no tools")?;
    fields.only("function_call", |choice| choice == "none" || choice == "auto", "the models call no functions")?;
    let only_text = |list: &Value| list.as_array().is_some_and(|list| list.iter().all(|kind| kind == "text"));
    fields.only("modalities", only_text, "answers are plain text")?;
    fields.only("store", |store| store == false, "nothing is stored")?;
    fields.ignore(&["parallel_tool_calls", "service_tier"]);
    Ok(())
}

fn message(at: usize, value: Value) -> Result<Message, ApiError> {
    let Value::Object(fields) = value else {
        return Err(ApiError::field(format!("messages[{at}]"), "A message must be an object."));
    };
    // An answer that only called tools says null; that is something else than to leave it out.
    let is_null = fields.get("content").is_some_and(Value::is_null);
    let mut fields = Fields::new(fields);
    let param = |name: &str| format!("messages[{at}].{name}");
    let role = match fields.text("role")?.as_deref() {
        Some("system" | "developer") => Role::System,
        Some("user") => Role::User,
        Some("assistant") => Role::Assistant,
        Some(other) => {
            let message = format!("The role `{other}` is not supported: use system, user or assistant.");
            return Err(ApiError::field(param("role"), message));
        }
        None => return Err(ApiError::field(param("role"), "A message must have a role.")),
    };
    let content = match fields.take("content") {
        Some(Value::String(text)) => text,
        Some(Value::Array(parts)) => {
            let parts = parts.iter().map(part).collect::<Option<Vec<_>>>();
            parts.map(|parts| parts.concat()).ok_or_else(|| {
                ApiError::unsupported(param("content"), "Only parts of the type `text` are supported.")
            })?
        }
        Some(_) => return Err(ApiError::field(param("content"), "`content` must be a string or a list of parts.")),
        None if is_null => String::new(),
        None => return Err(ApiError::field(param("content"), "A message must have content.")),
    };
    let called = fields.take("tool_calls").is_some_and(|calls| !is_empty(&calls));
    if called || fields.take("function_call").is_some() {
        return Err(ApiError::unsupported(param("tool_calls"), "The models call no tools."));
    }
    // What clients keep beside the text of earlier turns; it changes nothing for models that only read text.
    fields.ignore(&["name", "refusal", "annotations", "audio", "reasoning", "reasoning_content", "tool_calls"]);
    fields.finish("message");
    Ok(Message { role, content })
}

fn part(part: &Value) -> Option<&str> {
    let is_text = part.get("type").is_some_and(|kind| kind == "text");
    part.get("text").filter(|_| is_text).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use mixtral_engine::request::Format;

    use super::*;
    use serde_json::json;

    fn read(body: Value) -> Result<Asked, ApiError> {
        let mut fields = json!({"model": "m", "messages": [{"role": "user", "content": "hi"}]});
        let all = fields.as_object_mut().unwrap();
        all.extend(body.as_object().unwrap().clone());
        chat(all.clone())
    }

    fn param(body: Value) -> String {
        read(body).expect_err("must be refused").param.unwrap()
    }

    #[test]
    fn every_setting_arrives_at_the_engine() {
        let asked = read(json!({
            "temperature": 0.5, "top_p": 0.8, "top_k": 5, "min_p": 0.1, "repetition_penalty": 1.2,
            "frequency_penalty": 0.3, "presence_penalty": -0.4, "seed": -2, "stop": ["a", "b"],
            "max_tokens": 3, "max_completion_tokens": 4, "logprobs": true, "top_logprobs": 2,
            "stream": true, "stream_options": {"include_usage": true}, "user": "u", "n": 1,
            "logit_bias": {"5": -100}, "stop_token_ids": [7], "response_format": {"type": "json_object"},
            "chat_template": "{{ messages[0].content }}",
        }))
        .unwrap();
        let request = &asked.requests[0];
        let sampling = &request.sampling;
        assert_eq!((sampling.temperature, sampling.top_p, sampling.top_k, sampling.min_p), (0.5, 0.8, 5, 0.1));
        assert_eq!((sampling.repetition_penalty, sampling.frequency_penalty), (1.2, 0.3));
        assert_eq!((sampling.presence_penalty, sampling.seed), (-0.4, Some(u64::MAX - 1)));
        assert_eq!((request.max_tokens, request.logprobs), (4, Some(2)));
        assert_eq!(request.stop, ["a", "b"]);
        assert_eq!(request.chat_template.as_deref(), Some("{{ messages[0].content }}"));
        assert_eq!(
            (request.logit_bias.as_slice(), request.stop_tokens.as_slice()),
            ([(5, -100.0)].as_slice(), [7].as_slice())
        );
        assert_eq!(request.format, Format::Json(json!({"type": "object"})));
        assert!(asked.stream && asked.include_usage);
    }

    #[test]
    fn the_names_of_other_servers_mean_the_same() {
        let sampling = |body| read(body).unwrap().requests[0].sampling.clone();
        assert_eq!(sampling(json!({"repeat_penalty": 1.3})).repetition_penalty, 1.3);
        assert_eq!(sampling(json!({"seed": -1})).seed, None, "llama.cpp draws one");
        assert_eq!(sampling(json!({"top_p": 0})).temperature, 0.0);
        assert_eq!(sampling(json!({"do_sample": false})).temperature, 0.0);
        let schema = json!({"type": "array"});
        let asked =
            read(json!({"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}}));
        assert_eq!(asked.unwrap().requests[0].format, Format::Json(schema));
    }

    #[test]
    fn several_answers_differ_by_their_seeds() {
        let asked = read(json!({"n": 3, "seed": 5})).unwrap();
        let seeds: Vec<_> = asked.requests.iter().map(|request| request.sampling.seed).collect();
        assert_eq!(seeds, [Some(5), Some(6), Some(7)]);
    }

    #[test]
    fn what_no_server_here_knows_is_passed_over() {
        assert!(read(json!({"surprise": 1, "chat_template_kwargs": {}})).is_ok());
    }

    #[test]
    fn what_cannot_be_done_is_refused_by_name() {
        for (body, name) in [
            (json!({"n": 0}), "n"),
            (json!({"n": 129}), "n"),
            (json!({"num_beams": 4}), "num_beams"),
            (json!({"tools": [{"type": "function"}]}), "tools"),
            (json!({"response_format": {"type": "grammar"}}), "response_format"),
            (json!({"response_format": {"type": "json_schema"}}), "response_format"),
            (json!({"logit_bias": {"cat": 1}}), "logit_bias"),
            (json!({"logit_bias": [5]}), "logit_bias"),
            (json!({"stop_token_ids": ["a"]}), "stop_token_ids"),
            (json!({"temperature": "hot"}), "temperature"),
            (json!({"max_tokens": -1}), "max_tokens"),
            (json!({"top_logprobs": 2}), "top_logprobs"),
            (json!({"logprobs": true, "top_logprobs": 21}), "top_logprobs"),
            (json!({"stream_options": {"include_usage": true}}), "stream_options"),
            (json!({"stop": [1]}), "stop"),
            (json!({"model": ""}), "model"),
            (json!({"messages": [{"role": "tool", "content": "x"}]}), "messages[0].role"),
            (json!({"messages": [{"role": "user"}]}), "messages[0].content"),
            (
                json!({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]}),
                "messages[0].content",
            ),
        ] {
            assert_eq!(param(body.clone()), name, "{body}");
        }
    }

    #[test]
    fn content_may_be_null_and_messages_stand_in_any_order() {
        let roles = ["user", "system", "user", "developer", "assistant", "assistant"];
        let messages: Vec<_> = roles.iter().map(|role| json!({"role": role, "content": null})).collect();
        let Input::Chat(messages) = &read(json!({ "messages": messages })).unwrap().requests[0].input else {
            panic!("a conversation")
        };
        let messages = messages.clone();
        let expected = [Role::User, Role::System, Role::User, Role::System, Role::Assistant, Role::Assistant];
        assert_eq!(messages.iter().map(|message| message.role).collect::<Vec<_>>(), expected);
        assert!(messages.iter().all(|message| message.content.is_empty()));
    }

    #[test]
    fn null_is_absent_and_parts_of_text_are_joined() {
        let asked = read(json!({
            "temperature": null, "tools": null, "surprise": null,
            "messages": [{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}],
        }))
        .unwrap();
        let Input::Chat(messages) = &asked.requests[0].input else { panic!("a conversation") };
        assert_eq!(messages[0].content, "ab");
    }
}
