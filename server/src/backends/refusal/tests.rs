//! The words of well-known servers, and what becomes of them.

use super::*;
use crate::domain::is_permanent;

#[test]
fn refusals_of_every_shape_are_read() {
    assert_eq!(read_refusal(401, "{\"detail\":\"Unauthorized\"}").kind, ErrorKind::Unauthorised);
    assert_eq!(
        read_refusal(404, "{\"error\":{\"message\":\"The model `x` does not exist.\",\"type\":\"NotFoundError\"}}")
            .kind,
        ErrorKind::ModelNotFound
    );
    assert_eq!(read_refusal(422, "{\"detail\":[{\"msg\":\"bad\"}]}").detail, "[{\"msg\":\"bad\"}]");
    assert_eq!(read_refusal(500, "Internal Server Error").detail, "Internal Server Error");
    // Gemini, in a list; a status as a text; a status under another name.
    let listed = r#"[{"error":{"code":400,"message":"The input token count (9) exceeds the maximum number of tokens allowed (8).","status":"INVALID_ARGUMENT"}}]"#;
    assert_eq!(read_refusal(400, listed).kind, ErrorKind::ContextTooLong);
    let told = |error: Value| refusal(None, &error);
    assert_eq!(told(serde_json::json!({"code": "429", "message": "slow"})).kind, ErrorKind::RateLimited);
    assert_eq!(told(serde_json::json!({"status": 503, "message": "no"})).status, Some(503));
    assert_eq!(told(serde_json::json!({"code": "429", "type": "busy", "message": "m"})).detail, "busy: m");
}

#[test]
fn the_wordings_of_well_known_servers_are_told_apart() {
    let cases = [
        // vLLM
        (
            Some(400),
            "BadRequestError",
            "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens",
            ErrorKind::ContextTooLong,
        ),
        (Some(404), "NotFoundError", "The model `x` does not exist.", ErrorKind::ModelNotFound),
        // llama.cpp
        (
            Some(400),
            "exceed_context_size_error",
            "the request exceeds the available context size, try increasing it",
            ErrorKind::ContextTooLong,
        ),
        (Some(503), "unavailable_error", "Loading model", ErrorKind::Loading),
        (Some(401), "authentication_error", "Invalid API Key", ErrorKind::Unauthorised),
        // OpenAI
        (Some(429), "insufficient_quota", "You exceeded your current quota", ErrorKind::QuotaExceeded),
        (Some(429), "rate_limit_exceeded", "Rate limit reached", ErrorKind::RateLimited),
        // LM Studio
        (Some(400), "", "No models loaded. Please load a model", ErrorKind::ModelNotFound),
        // PyTorch behind anything, in the middle of a stream
        (None, "", "CUDA out of memory. Tried to allocate 20.00 MiB", ErrorKind::OutOfMemory),
        (Some(500), "", "CUDA error: out of memory", ErrorKind::OutOfMemory),
        // reverse proxies
        (Some(502), "", "<html>Bad Gateway</html>", ErrorKind::Overloaded),
        (Some(404), "", "404 page not found", ErrorKind::EndpointNotFound),
        (Some(302), "", "", ErrorKind::InvalidAnswer),
        (Some(422), "", "temperature must be below 2", ErrorKind::InvalidRequest),
    ];
    for (status, code, message, kind) in cases {
        assert_eq!(of_words(status, code, message).kind, kind, "{message}");
    }
}

#[test]
fn what_another_message_may_help_against_is_permanent_in_any_server_s_words() {
    use ErrorKind::{ContextTooLong, Filtered, InvalidRequest};
    for (status, code, message, kind) in [
        (
            Some(422),
            "validation",
            "Input validation error: `inputs` must have less than 4096 tokens. Given: 5000",
            ContextTooLong,
        ),
        (
            Some(422),
            "validation",
            "`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 4000 `inputs` tokens and 512 `max_new_tokens`",
            ContextTooLong,
        ),
        (
            Some(400),
            "",
            "The input token count (1189121) exceeds the maximum number of tokens allowed (1048576).",
            ContextTooLong,
        ),
        (Some(400), "invalid_request_error", "prompt is too long: 208310 tokens > 200000 maximum", ContextTooLong),
        (Some(400), "", "too many tokens: total number of tokens in the prompt cannot exceed 4081", ContextTooLong),
        (Some(400), "InvalidParameter", "Range of input length should be [1, 6144]", ContextTooLong),
        (Some(400), "1261", "Prompt 超长", ContextTooLong),
        (
            Some(400),
            "invalid_request_error",
            "Invalid request: Your request exceeded model token limit: 8192",
            ContextTooLong,
        ),
        (Some(400), "", "Please reduce the length of the messages or completion.", ContextTooLong),
        (Some(500), "", "input is too long to fit into the context window", ContextTooLong),
        (Some(413), "", "", ContextTooLong),
        (
            Some(400),
            "content_filter",
            "The response was filtered due to the prompt triggering Azure OpenAI's policy",
            Filtered,
        ),
        (Some(400), "invalid_request_error", "Output blocked by content filtering policy", Filtered),
        (Some(400), "data_inspection_failed", "Input data may contain inappropriate content.", Filtered),
        (Some(400), "invalid_request_error", "Content Exists Risk", Filtered),
        (Some(400), "1301", "系统检测到输入或生成内容可能包含不安全或敏感内容", Filtered),
        (Some(400), "invalid_prompt", "Your prompt was flagged as potentially violating our usage policy.", Filtered),
        (Some(403), "", "Your input was flagged by moderation", Filtered),
        (Some(451), "", "", Filtered),
        (None, "invalid_request_error", "something about it", InvalidRequest),
        (None, "BadRequestError", "messages: wrong", InvalidRequest),
        (Some(400), "", "roles must alternate user/assistant", InvalidRequest),
        (Some(422), "", "[{\"type\":\"string_type\",\"loc\":[\"body\"]}]", InvalidRequest),
    ] {
        let error = of_words(status, code, message);
        assert_eq!(error.kind, kind, "{status:?} {code} {message}");
        assert!(is_permanent(Some(error.kind.code())));
    }
}

#[test]
fn what_passes_is_never_permanent_whatever_it_mentions() {
    for (status, code, message) in [
        (Some(408), "", "timeout"),
        (Some(409), "", "conflict"),
        (Some(424), "", "Request failed during generation: server error"),
        (Some(425), "", "too early"),
        (Some(429), "rate_limit_error", "would exceed the rate limit; reduce the prompt length"),
        (Some(429), "", "content moderation is rate limited"),
        (Some(400), "Throttling.RateQuota", "Requests rate limit exceeded"),
        (Some(498), "", "capacity exceeded"),
        (Some(499), "", "client closed request"),
        (Some(500), "", "internal error"),
        (Some(502), "", "moderation service unreachable"),
        (Some(503), "", "the content filter is not available"),
        (Some(503), "", "no worker has a context window free"),
        (Some(520), "", ""),
        (Some(529), "overloaded_error", "Overloaded"),
        (None, "overloaded_error", "Overloaded"),
        (None, "", "Provider disconnected"),
        (None, "", "too many requests"),
        (None, "server_error", "The server had an error processing your request"),
    ] {
        let error = of_words(status, code, message);
        assert!(!is_permanent(Some(error.kind.code())), "{status:?} {code} {message}: {error}");
    }
}
