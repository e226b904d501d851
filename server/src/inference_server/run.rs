//! A worker's life: start, load, serve, drain.

use std::io::{BufRead, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_cors::Cors;
use actix_web::dev::ServerHandle;
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE};
use actix_web::middleware::{Condition, from_fn};
use actix_web::{App, HttpServer, web};
use anyhow::bail;
use secrecy::ExposeSecret;
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::gate::gate;
use super::host::{Host, SlotState};
use super::metrics::Metrics;
use super::options::{Settings, WorkerOptions};
use super::routes::configure;
use super::state::Worker;
use super::{LISTENING, STOP};
use crate::i18n::Message;
use crate::stop_signals::told_to_stop;

/// Threads that serve connections; the cores belong to the engine.
const SERVERS: usize = 2;
/// Connections that are served at once, each thread.
const CONNECTIONS: usize = 2048;
/// How often the engine's thread is looked after.
const PULSE: Duration = Duration::from_secs(1);

/// Runs a worker until it is told to stop. Must be called within an actix runtime.
///
/// # Errors
/// A setting is wrong, the device cannot be used, no model could be loaded, or the engine died.
pub async fn run(options: WorkerOptions) -> anyhow::Result<()> {
    let settings = Settings::try_from(options)?;
    let listener = TcpListener::bind(settings.listen)
        .map_err(|why| Message::new("config-worker-listen").with("address", settings.listen).with("why", why))?;
    let address = listener.local_addr()?;
    let host = Arc::new(Host::start(settings.device, settings.engine.clone(), settings.supervised)?);
    let worker = web::Data::new(Worker {
        metrics: Metrics::new(host.clone()),
        token: settings.token.clone(),
        host: host.clone(),
    });
    let origins = settings.allowed_origins.clone();
    let app = move || {
        let app = App::new().app_data(worker.clone()).wrap(from_fn(gate));
        // Outermost: a browser asks whether it may ask before it sends a token.
        app.wrap(cors(&origins)).configure(configure)
    };
    let server = HttpServer::new(app)
        .workers(SERVERS)
        .max_connections(CONNECTIONS)
        .client_request_timeout(Duration::from_secs(10))
        // A client that hangs up ends its request, streamed or not.
        .h1_allow_half_closed(false)
        .shutdown_timeout(settings.drain.as_secs())
        .disable_signals()
        .listen(listener)?
        .run();

    for model in &settings.models {
        host.load(model.clone()).map_err(|error| anyhow::anyhow!("{error}"))?;
    }
    // Listened for before anybody is told where to ask: who stops the worker then cuts nothing off.
    let told = told_to_stop()?;
    announce(&format!("{LISTENING}{address}"))?;
    if settings.tell_token {
        announce(&format!("token {}", settings.token.expose_secret()))?;
    }

    let (ends, mut ended) = mpsc::channel::<End>(8);
    tokio::spawn(until_signal(told, ends.clone()));
    tokio::spawn(until_broken(host.clone(), !settings.models.is_empty() && !settings.supervised, ends.clone()));
    if settings.supervised {
        std::thread::Builder::new().name("parent".into()).spawn(move || until_orphaned(&ends))?;
    }
    let handle = server.handle();
    let stopping = host.clone();
    let stopped = tokio::spawn(async move {
        let end = ended.recv().await.unwrap_or(End::Requested);
        stopping.drain();
        stop(&handle, &end).await;
        end
    });
    server.await?;
    // The last answers are out, or their time is over.
    tokio::task::spawn_blocking(move || host.shutdown(Duration::ZERO)).await?;
    match stopped.await? {
        End::Requested => Ok(()),
        End::Failed(why) => bail!(why),
    }
}

/// Which sites' scripts may ask this worker from a browser; where none are named, none.
fn cors(origins: &[String]) -> Condition<Cors> {
    let all = origins.iter().any(|origin| origin == "*");
    let cors =
        Cors::default().allowed_methods(["GET", "POST"]).allowed_headers([AUTHORIZATION, CONTENT_TYPE]).max_age(3600);
    let cors =
        if all { cors.allow_any_origin() } else { origins.iter().fold(cors, |cors, one| cors.allowed_origin(one)) };
    Condition::new(!origins.is_empty(), cors)
}

/// Why a worker stops.
enum End {
    Requested,
    Failed(Message),
}

async fn stop(handle: &ServerHandle, end: &End) {
    tracing::info!("stopping");
    handle.stop(matches!(end, End::Requested)).await;
}

async fn until_signal(told: impl Future<Output = ()>, ends: mpsc::Sender<End>) {
    told.await;
    // Nobody listens any more when the worker stops already.
    let _ = ends.send(End::Requested).await;
}

/// Watches over the engine's thread, and at first over the models given as arguments: a worker
/// that can do nothing must not look alive.
async fn until_broken(host: Arc<Host>, needs_model: bool, ends: mpsc::Sender<End>) {
    let mut hopeful = needs_model;
    loop {
        sleep(PULSE).await;
        if host.is_draining() {
            return;
        }
        if !host.status().alive {
            let _ = ends.send(End::Failed(Message::new("terminal-engine-died"))).await;
            return;
        }
        let slots = host.slots();
        if hopeful && slots.iter().all(|slot| slot.state == SlotState::Failed) {
            let _ = ends.send(End::Failed(Message::new("terminal-no-model-loaded"))).await;
            return;
        }
        hopeful &= !slots.iter().any(|slot| slot.state == SlotState::Ready);
    }
}

/// Blocks until the parent says stop on the standard input, or is gone.
fn until_orphaned(ends: &mpsc::Sender<End>) {
    let mut lines = std::io::stdin().lock().lines();
    while let Some(Ok(line)) = lines.next() {
        if line == STOP {
            let _ = ends.blocking_send(End::Requested);
        }
    }
    // The pipe's end without a word: the parent was killed. Nobody reads the answers any more, and
    // nobody the log either, so that even telling it would fail.
    std::process::exit(0);
}

/// Writes a line for whoever started the worker.
fn announce(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
