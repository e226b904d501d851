//! What a server's refusal means. Servers disagree about statuses and codes, so what they say is looked at too.

use serde_json::Value;

use super::error::{BackendError, ErrorKind};

/// Reads an error body of any of the shapes in use, or plain text.
pub(super) fn read_refusal(status: u16, body: &str) -> BackendError {
    match serde_json::from_str::<Value>(body) {
        Ok(value) => refusal(Some(status), value.get("error").filter(|e| !e.is_null()).unwrap_or(&value)),
        Err(_) => of_words(Some(status), "", body),
    }
}

/// Reads an error in the place of an answer, or the body of a refusal.
pub(super) fn refusal(status: Option<u16>, error: &Value) -> BackendError {
    let word = |name: &str| match error.get(name) {
        Some(Value::String(word)) => word.clone(),
        _ => String::new(),
    };
    let words: Vec<String> =
        ["code", "type", "status"].into_iter().map(word).filter(|word| word.parse::<u16>().is_err()).collect();
    let code = words.iter().find(|word| !word.is_empty()).cloned().unwrap_or_default();
    // vLLM and llama.cpp put the status as a number into `code`, others elsewhere or as a text.
    let number = |name: &str| match error.get(name)? {
        Value::Number(number) => number.as_u64().and_then(|code| u16::try_from(code).ok()),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let mut inner = ["code", "status", "status_code", "http_code"].into_iter().filter_map(number);
    let status = status.or(inner.find(|code| (400..600).contains(code)));
    let message = match error {
        Value::String(text) => text.clone(),
        _ => ["message", "detail", "error", "msg"]
            .iter()
            .find_map(|name| error.get(*name).filter(|value| !value.is_null()))
            .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            .unwrap_or_else(|| error.to_string()),
    };
    of_words(status, &code, &message)
}

/// The error that a refusal's status, code and message tell of.
pub(super) fn of_words(status: Option<u16>, code: &str, message: &str) -> BackendError {
    let said = format!("{code} {message}").to_lowercase();
    let detail = if code.is_empty() { message.to_owned() } else { format!("{code}: {message}") };
    BackendError { status, ..BackendError::new(classify(status, &said), detail) }
}

/// Wordings in lower case: vLLM, llama.cpp, SGLang, TGI, Ollama, LM Studio, text-generation-webui; OpenAI, Azure, Anthropic,
/// Gemini, Mistral, Cohere, Groq, DeepSeek, DashScope, Zhipu, Moonshot and others. The first line that matches decides.
const WORDINGS: &[(ErrorKind, &[&str])] = &[
    (
        ErrorKind::OutOfMemory,
        &["out of memory", "outofmemory", "out_of_memory", "failed to allocate", "cuda_error_out_of_memory"],
    ),
    (
        ErrorKind::ContextTooLong,
        &[
            "context_length_exceeded",
            "context_too_long",
            "exceed_context_size",
            "maximum context length",
            "context length",
            "context window",
            "context size",
            "context limit",
            "max_model_len",
            "max_seq_len",
            "maximum sequence length",
            "prompt is too long",
            "prompt too long",
            "input is too long",
            "input too long",
            "longer than the model",
            "exceeds the context",
            "exceed the context",
            "maximum number of tokens allowed",
            "too many tokens",
            "exceeded model token limit",
            "range of input length",
            "maximum input length",
            "maximum prompt length",
            "prompt exceeds max length",
            "string_above_max_length",
            "inputs` must have less than",
            "inputs` tokens + `max_new_tokens`",
            "reduce the length of",
            "超长",
            "上下文长度",
            "输入长度",
        ],
    ),
    (
        ErrorKind::QuotaExceeded,
        &[
            "insufficient_quota",
            "exceeded your current quota",
            "credit balance",
            "insufficient balance",
            "out of credits",
            "billing_hard_limit",
            "arrearage",
            "余额不足",
            "欠费",
        ],
    ),
    (
        ErrorKind::Loading,
        &[
            "loading model",
            "model_loading",
            "is being loaded",
            "model is loading",
            "still loading",
            "currently loading",
            "warming up",
        ],
    ),
    (
        ErrorKind::Filtered,
        &[
            "content_filter",
            "content filter",
            "contentfilter",
            "content_policy",
            "content policy",
            "content management policy",
            "responsibleaipolicy",
            "usage polic",
            "safety system",
            "moderation",
            "guardrail",
            "prohibited content",
            "prohibited_content",
            "inappropriate content",
            "data_inspection_failed",
            "datainspectionfailed",
            "content exists risk",
            "considered high risk",
            "sensitive content",
            "sensitive words",
            "敏感",
            "违规",
        ],
    ),
    (
        ErrorKind::ModelNotFound,
        &["model_not_found", "model not found", "no model loaded", "no models loaded", "unknown model"],
    ),
    (ErrorKind::RateLimited, &["rate limit", "rate_limit", "ratelimit", "too many requests", "throttl"]),
];

fn classify(status: Option<u16>, said: &str) -> ErrorKind {
    let by_words =
        WORDINGS.iter().find(|(_, words)| words.iter().any(|word| said.contains(word))).map(|(kind, _)| *kind);
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    let missing_model = has(&["model"]) && has(&["does not exist", "not found", "not exist"]);
    match (status, by_words) {
        // A refused key is a refused key, whatever words come with it.
        (Some(401 | 403 | 407), kind) if kind != Some(ErrorKind::Filtered) => ErrorKind::Unauthorised,
        (Some(402), _) => ErrorKind::QuotaExceeded,
        // What passes is not made permanent by a word: the service that moderates may be down.
        (Some(429), Some(ErrorKind::Filtered | ErrorKind::ContextTooLong)) => ErrorKind::RateLimited,
        (Some(498 | 502..=504 | 529), Some(ErrorKind::Filtered | ErrorKind::ContextTooLong)) => ErrorKind::Overloaded,
        (_, Some(kind)) => kind,
        (Some(404), None) if missing_model => ErrorKind::ModelNotFound,
        (Some(404 | 405), None) => ErrorKind::EndpointNotFound,
        (Some(408), None) => ErrorKind::FirstTokenTimeout,
        (Some(410), None) => ErrorKind::ModelNotFound,
        (Some(413), None) => ErrorKind::ContextTooLong,
        (Some(429), None) => ErrorKind::RateLimited,
        (Some(451), None) => ErrorKind::Filtered,
        // Statuses of the 400s that the request is not to blame for: TGI and Bedrock, Groq, nginx and others.
        (Some(409 | 421 | 423..=425 | 449 | 499), None) => ErrorKind::ServerFailed,
        (Some(498 | 502 | 503 | 504 | 529), None) => ErrorKind::Overloaded,
        (Some(400..=499), None) if missing_model => ErrorKind::ModelNotFound,
        (Some(400..=499), None) => ErrorKind::InvalidRequest,
        (Some(500..=599), None) => ErrorKind::ServerFailed,
        (Some(_), None) => ErrorKind::InvalidAnswer,
        (None, None) if has(&["overload", "queue", "try again", "unavailable"]) => ErrorKind::Overloaded,
        (None, None) if has(&["api key", "api_key", "authentication", "unauthorized"]) => ErrorKind::Unauthorised,
        (None, None) if missing_model => ErrorKind::ModelNotFound,
        (None, None) if has(REFUSED) => ErrorKind::InvalidRequest,
        (None, None) => ErrorKind::ServerFailed,
    }
}

/// How servers call a mistake of the request where they give no status.
const REFUSED: &[&str] = &[
    "invalid_request",
    "invalid request",
    "invalid_argument",
    "invalid_parameter",
    "invalidparameter",
    "invalid_value",
    "bad request",
    "bad_request",
    "badrequest",
    "unsupported",
    "unprocessable",
    "validation",
    "not supported",
    "not permitted",
    "extra_forbidden",
];

#[cfg(test)]
mod tests;
