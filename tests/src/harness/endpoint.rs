//! An OpenAI-compatible endpoint that does what a test tells it: answer, dawdle, hang, fail, lie, or hang up.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use futures_util::StreamExt;
use serde_json::{Value, json};

/// What a model of the endpoint does when it is asked.
#[derive(Debug, Clone)]
pub struct Behaviour {
    /// The pieces of its answer.
    pub pieces: Vec<String>,
    /// The wait before the first piece.
    pub before_first: Duration,
    /// The wait between pieces.
    pub between: Duration,
    /// What comes after the pieces.
    pub ending: Ending,
    /// Fields of a request that it refuses, with what it says then.
    pub refused: Vec<(String, String)>,
    /// The most tokens that may be asked for.
    pub most_tokens: Option<u64>,
    /// The key that it wants.
    pub key: Option<String>,
}

/// How an answer ends.
#[derive(Debug, Clone)]
pub enum Ending {
    /// As it should: a finish reason and `[DONE]`.
    Done,
    /// With this finish reason and `[DONE]`.
    Reason(String),
    /// Nothing more ever comes, and the connection stays open.
    Hang,
    /// The connection breaks off.
    Disconnect,
    /// An error inside the stream.
    StreamError(String),
    /// No answer at all but this status and message.
    Status(u16, String),
    /// One line that never ends, of this many bytes.
    HugeLine(usize),
}

impl Behaviour {
    /// Answers with these pieces at once.
    pub fn says(pieces: &[&str]) -> Self {
        Self {
            pieces: pieces.iter().map(|&piece| piece.to_owned()).collect(),
            before_first: Duration::ZERO,
            between: Duration::from_millis(5),
            ending: Ending::Done,
            refused: Vec::new(),
            most_tokens: None,
            key: None,
        }
    }

    /// Answers with `n` numbered words, one every `between`.
    pub fn counts(n: usize, between: Duration) -> Self {
        let pieces = (1..=n).map(|i| format!("word{i} ")).collect();
        Self { pieces, between, ..Self::says(&[]) }
    }

    /// Ends another way.
    pub fn ending(mut self, ending: Ending) -> Self {
        self.ending = ending;
        self
    }

    /// Refuses requests that have this field.
    pub fn refusing(mut self, field: &str, message: &str) -> Self {
        self.refused.push((field.to_owned(), message.to_owned()));
        self
    }

    /// Refuses requests for longer answers.
    pub fn refusing_more_tokens_than(mut self, most: u64) -> Self {
        self.most_tokens = Some(most);
        self
    }

    /// Refuses requests without this key.
    pub fn wanting_key(mut self, key: &str) -> Self {
        self.key = Some(key.to_owned());
        self
    }

    /// What it says to a request that it refuses, and with which status.
    fn refusal(&self, request: &Value, authorization: &str) -> Option<(u16, String)> {
        if self.key.as_ref().is_some_and(|key| authorization != format!("Bearer {key}")) {
            return Some((401, "wrong key".to_owned()));
        }
        if let Some(most) = self.most_tokens.filter(|most| request["max_tokens"].as_u64().is_some_and(|n| n > *most)) {
            return Some((400, format!("max_tokens: at most {most} tokens")));
        }
        let refused = self.refused.iter().find(|(field, _)| request.get(field).is_some());
        refused.map(|(_, message)| (400, message.clone()))
    }

    /// Thinks before it begins.
    pub fn after(mut self, before_first: Duration) -> Self {
        self.before_first = before_first;
        self
    }
}

type Shared = Arc<Mutex<State>>;

#[derive(Debug, Default)]
struct State {
    models: HashMap<String, Behaviour>,
    requests: Vec<Value>,
}

/// The endpoint, in a thread of its own; gone when dropped.
pub struct Endpoint {
    address: SocketAddr,
    state: Shared,
    server: actix_web::dev::ServerHandle,
}

impl Endpoint {
    /// Opens one on a free port.
    pub fn start() -> Self {
        let state = Shared::default();
        let data = Data::from(Arc::clone(&state));
        let (tell, told) = std::sync::mpsc::sync_channel(1);
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = HttpServer::new(move || {
                    App::new()
                        .app_data(data.clone())
                        .app_data(web::JsonConfig::default().limit(8 << 20))
                        .route("/v1/models", web::get().to(models))
                        .route("/v1/chat/completions", web::post().to(chat))
                })
                .workers(1)
                .disable_signals()
                .shutdown_timeout(0)
                .bind("127.0.0.1:0")
                .expect("a free port");
                let address = server.addrs()[0];
                let server = server.run();
                let _ = tell.send((address, server.handle()));
                let _ = server.await;
            });
        });
        let (address, server) = told.recv().expect("the endpoint starts");
        Self { address, state, server }
    }

    /// What a model does from now on.
    pub fn model(&self, name: &str, behaviour: Behaviour) {
        self.lock().models.insert(name.to_owned(), behaviour);
    }

    /// Where the OpenAI protocol begins.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// The chat requests so far.
    pub fn requests(&self) -> Vec<Value> {
        self.lock().requests.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        // The future need not be awaited: the command is sent at once.
        drop(self.server.stop(false));
    }
}

async fn models(state: Data<Mutex<State>>) -> HttpResponse {
    let state = state.lock().unwrap_or_else(PoisonError::into_inner);
    let data: Vec<Value> =
        state.models.keys().map(|id| json!({"id": id, "object": "model", "owned_by": "x"})).collect();
    HttpResponse::Ok().json(json!({"object": "list", "data": data}))
}

async fn chat(state: Data<Mutex<State>>, head: HttpRequest, request: web::Json<Value>) -> HttpResponse {
    let model = request["model"].as_str().unwrap_or_default().to_owned();
    let behaviour = {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        state.requests.push(request.0.clone());
        state.models.get(&model).cloned()
    };
    let Some(behaviour) = behaviour else {
        return HttpResponse::NotFound().json(json!({"error": {"message": format!("no model {model}"), "type": "x"}}));
    };
    let authorization = head.headers().get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if let Some((status, message)) = behaviour.refusal(&request, authorization) {
        let status = actix_web::http::StatusCode::from_u16(status).expect("a status");
        return HttpResponse::build(status).json(json!({"error": {"message": message, "type": "x", "code": null}}));
    }
    if let Ending::Status(status, message) = &behaviour.ending {
        actix_web::rt::time::sleep(behaviour.before_first).await;
        let status = actix_web::http::StatusCode::from_u16(*status).expect("a status");
        return HttpResponse::build(status).json(json!({"error": {"message": message, "type": "x", "code": null}}));
    }
    if request["stream"].as_bool() != Some(true) {
        let text = behaviour.pieces.concat();
        return HttpResponse::Ok().json(json!({
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": model,
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 5, "completion_tokens": behaviour.pieces.len(), "total_tokens": 5},
        }));
    }
    let count = behaviour.pieces.len();
    let chunk = move |delta: Value, finish: Value| {
        let chunk = json!({
            "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": model,
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        });
        Bytes::from(format!("data: {chunk}\n\n"))
    };
    let head = chunk(json!({"role": "assistant", "content": ""}), Value::Null);
    let mut tail: Vec<Result<Bytes, std::io::Error>> = Vec::new();
    match &behaviour.ending {
        Ending::Done | Ending::Reason(_) => {
            let reason = if let Ending::Reason(reason) = &behaviour.ending { reason } else { "stop" };
            tail.push(Ok(chunk(json!({}), json!(reason))));
            let usage = json!({
                "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "x", "choices": [],
                "usage": {"prompt_tokens": 5, "completion_tokens": count, "total_tokens": 5 + count},
            });
            tail.push(Ok(Bytes::from(format!("data: {usage}\n\ndata: [DONE]\n\n"))));
        }
        Ending::Disconnect => tail.push(Err(std::io::Error::other("hung up"))),
        Ending::StreamError(message) => {
            let error = json!({"error": {"message": message, "type": "server_error", "code": 500}});
            tail.push(Ok(Bytes::from(format!("data: {error}\n\n"))));
        }
        Ending::HugeLine(bytes) => {
            let mut line = b"data: ".to_vec();
            line.resize(*bytes, b'x');
            tail.push(Ok(Bytes::from(line)));
        }
        Ending::Hang | Ending::Status(..) => {}
    }
    let hangs = matches!(behaviour.ending, Ending::Hang);
    let (before_first, between) = (behaviour.before_first, behaviour.between);
    let pieces: Vec<Bytes> =
        behaviour.pieces.iter().map(|piece| chunk(json!({"content": piece}), Value::Null)).collect();
    let pieces = futures_util::stream::iter(pieces.into_iter().enumerate()).then(move |(at, piece)| async move {
        actix_web::rt::time::sleep(if at == 0 { before_first } else { between }).await;
        Ok(piece)
    });
    let body = futures_util::stream::iter([Ok(head)]).chain(pieces).chain(futures_util::stream::iter(tail));
    let response = |body| HttpResponse::Ok().content_type("text/event-stream").streaming(body);
    if hangs {
        response(body.chain(futures_util::stream::pending()).boxed_local())
    } else {
        response(body.boxed_local())
    }
}
