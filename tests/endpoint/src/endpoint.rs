//! The endpoint itself.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::behaviour::Behaviour;
use crate::wire::{Request, Step, play};

#[derive(Default)]
struct State {
    /// What each model does, and how often it was asked.
    models: BTreeMap<String, (Behaviour, usize)>,
    requests: Vec<Value>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    hung_up: AtomicUsize,
}

/// The endpoint, in a thread of its own; gone when dropped.
pub struct Endpoint {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
}

impl Endpoint {
    /// Opens one on a free port.
    pub fn start() -> Self {
        let shared = Arc::<Shared>::default();
        let served = shared.clone();
        let (tell, told) = std::sync::mpsc::sync_channel(1);
        let (stop, stopped) = oneshot::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async move {
                let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
                tell.send(listener.local_addr().expect("an address")).expect("somebody waits");
                let serving = async {
                    while let Ok((stream, _)) = listener.accept().await {
                        tokio::spawn(serve(stream, served.clone()));
                    }
                };
                // Whoever drops the endpoint lets go of the sender.
                tokio::select! {
                    () = serving => {}
                    _ = stopped => {}
                }
            });
        });
        Self { address: told.recv().expect("the endpoint starts"), shared, stop: Some(stop) }
    }

    /// What a model does from now on.
    pub fn model(&self, name: &str, behaviour: Behaviour) {
        self.lock().models.insert(name.to_owned(), (behaviour, 0));
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the OpenAI protocol begins.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// The chat requests so far.
    pub fn requests(&self) -> Vec<Value> {
        self.lock().requests.clone()
    }

    /// How many readers hung up before their answer was over.
    pub fn hung_up(&self) -> usize {
        self.shared.hung_up.load(Ordering::SeqCst)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.shared.state)
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        drop(self.stop.take());
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
    let Some(request) = Request::read(&mut stream).await else { return };
    let steps = match request.path.as_str() {
        "/v1/models" => vec![models(&lock(&shared.state))],
        "/v1/chat/completions" | "/v1/completions" => chat(&shared.state, &request),
        _ => vec![Step::Whole("404 Not Found", "", "404 page not found".to_owned())],
    };
    if play(&mut stream, &steps, &request).await {
        shared.hung_up.fetch_add(1, Ordering::SeqCst);
    }
}

fn models(state: &State) -> Step {
    let entry = |id: &String| json!({"id": id, "object": "model", "owned_by": "x"});
    let data: Vec<Value> = state.models.keys().map(entry).collect();
    Step::json("200 OK", json!({"object": "list", "data": data}))
}

fn chat(state: &Mutex<State>, request: &Request) -> Vec<Step> {
    let Ok(asked) = serde_json::from_slice::<Value>(&request.body) else {
        return vec![Step::json("400 Bad Request", json!({"error": {"message": "no JSON", "type": "x"}}))];
    };
    let mut state = lock(state);
    state.requests.push(asked.clone());
    let model = asked["model"].as_str().unwrap_or_default();
    let Some((behaviour, count)) = state.models.get_mut(model) else {
        let message = format!("The model `{model}` does not exist.");
        return vec![Step::json("404 Not Found", json!({"error": {"message": message, "type": "x"}}))];
    };
    *count += 1;
    behaviour.steps(request, &asked, *count - 1)
}
