//! One request to an endpoint.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::error::Error as _;
use std::time::Duration;

use mixtral_engine::request::Message;
use reqwest::header::RETRY_AFTER;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use super::fault::Fault;

/// The most bytes of an answer that are read.
const MAX_BODY: usize = 16 << 20;
/// As much of a refusal as is told.
const MAX_TOLD: usize = 300;
/// What may be left out of a request where the endpoint refuses it by name.
const OPTIONAL: [&str; 4] = ["seed", "temperature", "max_tokens", "logprobs"];
/// How many of the likeliest first tokens are asked for, and where that is refused.
const TOP: usize = 20;
const FEWER: usize = 5;

/// What is to be continued.
#[derive(Debug, Clone)]
pub enum Input {
    /// A conversation, which the server lays out.
    Chat(Vec<Message>),
    /// Text as it is.
    Text(String),
}

/// What is asked.
#[derive(Debug, Clone)]
pub struct Prompt {
    pub input: Input,
    pub max_tokens: usize,
    pub temperature: f32,
    pub seed: u64,
    /// Whether the likeliest first tokens are to be told.
    pub first_tokens: bool,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    pub text: String,
    /// Tokens of prompt and answer. Where the endpoint does not tell, one for each four bytes.
    pub tokens: u64,
    /// The likeliest first tokens with their log probabilities, where they were asked for and the endpoint tells them.
    pub first_tokens: Option<Vec<(String, f64)>>,
}

/// A model at an endpoint.
pub struct Client {
    http: reqwest::Client,
    base: String,
    model: String,
    key: Option<String>,
    /// Fields that it has refused.
    refused: RefCell<BTreeSet<&'static str>>,
}

impl Client {
    /// A model by its name at an endpoint's base URL, which ends in `/v1` as a rule.
    pub fn new(base: &str, model: &str, key: Option<String>, timeout: Duration) -> anyhow::Result<Self> {
        // An error only says that a provider is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = reqwest::Client::builder()
            .user_agent(concat!("mixtral/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(timeout.min(Duration::from_secs(30)))
            .timeout(timeout);
        // Plain HTTP needs no certificates, which a bare container may lack.
        let builder = if base.starts_with("http://") { builder.tls_certs_only([]) } else { builder };
        let base = base.trim_end_matches('/').trim_end_matches("/chat/completions");
        let base = base.trim_end_matches("/completions").to_owned();
        Ok(Self { http: builder.build()?, base, model: model.to_owned(), key, refused: RefCell::default() })
    }

    /// Asks once.
    pub async fn ask(&self, prompt: &Prompt) -> Result<Reply, Fault> {
        let tail = if matches!(prompt.input, Input::Chat(_)) { "chat/completions" } else { "completions" };
        let mut request = self.http.post(format!("{}/{tail}", self.base)).json(&self.body(prompt));
        if let Some(key) = &self.key {
            request = request.bearer_auth(key);
        }
        let response = request.send().await.map_err(|error| network(&error))?;
        let status = response.status();
        let retry_after =
            response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let body = whole(response).await?;
        if status.is_success() {
            return reply(&body, prompt);
        }
        let fault = refusal(status, &body, retry_after);
        if let Fault::Refused { status: 400 | 422, message } = &fault
            && let Some(field) = OPTIONAL.into_iter().find(|field| message.contains(field))
            && self.refused.borrow_mut().insert(field)
        {
            return Box::pin(self.ask(prompt)).await;
        }
        Err(fault)
    }

    fn body(&self, prompt: &Prompt) -> Value {
        let refused = self.refused.borrow();
        let mut body = json!({ "model": self.model, "stream": false });
        match &prompt.input {
            Input::Chat(messages) => body["messages"] = json!(messages),
            Input::Text(text) => body["prompt"] = json!(text),
        }
        if prompt.first_tokens && matches!(prompt.input, Input::Chat(_)) {
            body["logprobs"] = json!(true);
            body["top_logprobs"] = json!(TOP);
        } else if prompt.first_tokens {
            // OpenAI's own completions tell five at most.
            body["logprobs"] = json!(if refused.contains("logprobs") { FEWER } else { TOP });
        }
        // Models that think count their thoughts, under another name.
        let max_tokens = if refused.contains("max_tokens") { "max_completion_tokens" } else { "max_tokens" };
        body[max_tokens] = json!(prompt.max_tokens);
        if !refused.contains("temperature") {
            body["temperature"] = json!(prompt.temperature);
        }
        if !refused.contains("seed") {
            body["seed"] = json!(prompt.seed);
        }
        body
    }
}

async fn whole(mut response: Response) -> Result<Vec<u8>, Fault> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| network(&error))? {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_BODY {
            return Err(Fault::Malformed(format!("> {MAX_BODY} bytes")));
        }
    }
    Ok(body)
}

fn reply(body: &[u8], prompt: &Prompt) -> Result<Reply, Fault> {
    let malformed = || Fault::Malformed(shortened(&String::from_utf8_lossy(body)));
    let answer: Value = serde_json::from_slice(body).map_err(|_| malformed())?;
    let choice = answer["choices"].get(0).ok_or_else(malformed)?;
    let message = &choice["message"];
    let said = if matches!(prompt.input, Input::Chat(_)) {
        choice.get("message").and_then(|message| message.get("content")).unwrap_or(&Value::Null)
    } else {
        &choice["text"]
    };
    if choice.get("message").is_none() && !said.is_string() {
        return Err(malformed());
    }
    let text = match said {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
        // A model that only thought, or refused.
        Value::Null => message["refusal"].as_str().unwrap_or_default().to_owned(),
        _ => return Err(malformed()),
    };
    let asked = match &prompt.input {
        Input::Chat(messages) => messages.iter().map(|message| message.content.len()).sum(),
        Input::Text(text) => text.len(),
    };
    let bytes = || asked + text.len();
    let tokens = answer["usage"]["total_tokens"].as_u64().unwrap_or_else(|| bytes().div_ceil(4) as u64);
    Ok(Reply { tokens, first_tokens: first_tokens(&choice["logprobs"]), text })
}

/// The likeliest first tokens, in the form of chat or of completions.
fn first_tokens(logprobs: &Value) -> Option<Vec<(String, f64)>> {
    if let Some(top) = logprobs["content"].get(0).and_then(|first| first["top_logprobs"].as_array()) {
        let pair = |one: &Value| Some((one["token"].as_str()?.to_owned(), one["logprob"].as_f64()?));
        return Some(top.iter().filter_map(pair).collect());
    }
    let top = logprobs["top_logprobs"].get(0)?.as_object()?;
    Some(top.iter().filter_map(|(token, logprob)| Some((token.clone(), logprob.as_f64()?))).collect())
}

fn refusal(status: StatusCode, body: &[u8], retry_after: Option<f64>) -> Fault {
    let text = String::from_utf8_lossy(body);
    let told: Option<Value> = serde_json::from_slice(body).ok();
    let error = told.as_ref().map(|told| &told["error"]);
    let message = error.and_then(|error| error["message"].as_str().or_else(|| error.as_str()));
    let message = shortened(message.unwrap_or(&text));
    // A quota that is used up has the status of too many requests, and does not come back by waiting.
    let is_quota = error.is_some_and(|error| error["code"] == "insufficient_quota");
    let status = status.as_u16();
    match status {
        408 | 409 | 425 | 429 | 500..=599 if !is_quota => {
            let retry_after = retry_after.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
            Fault::Busy { status, message, retry_after }
        }
        _ => Fault::Refused { status, message },
    }
}

fn network(error: &reqwest::Error) -> Fault {
    if error.is_timeout() && !error.is_connect() {
        return Fault::Timeout;
    }
    // The innermost cause says most.
    let mut cause = error.source();
    let mut what = error.to_string();
    while let Some(inner) = cause {
        what = inner.to_string();
        cause = inner.source();
    }
    Fault::Network(what)
}

fn shortened(text: &str) -> String {
    text.trim().chars().take(MAX_TOLD).collect()
}
