//! Whether the service can do its work, for load balancers and watchers.

use std::time::Duration;

use actix_web::{HttpResponse, web};
use serde::Serialize;

use crate::state::AppState;
use crate::store;
use crate::supervisor::{LoadState, WorkerState, WorkerView};

/// How long the database may take to answer.
const PING_TIMEOUT: Duration = Duration::from_secs(2);

/// The process lives and its event loop turns: nothing more.
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().insert_header(("cache-control", "no-store")).json(serde_json::json!({ "status": "ok" }))
}

/// What [`page`] answers.
#[derive(Debug, Serialize)]
struct Health {
    /// `ok`, `degraded` (visitors are served, something is amiss) or `down`.
    status: &'static str,
    database: Part,
    /// By device: `running`, `idle`, `starting`, `crashed`, `stopped`.
    workers: Vec<Worker>,
    /// Local models by where they are on their way.
    models: Models,
}

#[derive(Debug, Serialize)]
struct Part {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ms: Option<u64>,
}

#[derive(Debug, Serialize)]
struct Worker {
    device: String,
    status: &'static str,
    restarts: u32,
}

#[derive(Debug, Default, Serialize)]
struct Models {
    ready: usize,
    loading: usize,
    failed: usize,
}

/// The true state: a query that the database answers, and the workers as they are. 503 when visitors cannot be served.
pub async fn page(arena: web::Data<AppState>) -> HttpResponse {
    let database = database(&arena).await;
    let snapshot = arena.workers.state();
    let workers: Vec<Worker> = snapshot.workers.iter().map(worker).collect();
    let mut models = Models::default();
    for model in &snapshot.models {
        match model.state {
            LoadState::Ready { .. } => models.ready += 1,
            LoadState::Waiting | LoadState::Loading { .. } => models.loading += 1,
            LoadState::Failed { .. } | LoadState::Unplaced { .. } => models.failed += 1,
        }
    }
    let amiss = models.failed > 0 || workers.iter().any(|worker| worker.status == "crashed");
    let status = match database.status {
        "ok" if amiss => "degraded",
        "ok" => "ok",
        _ => "down",
    };
    let health = Health { status, database, workers, models };
    let mut response = if status == "down" { HttpResponse::ServiceUnavailable() } else { HttpResponse::Ok() };
    response.insert_header(("cache-control", "no-store")).json(health)
}

fn worker(view: &WorkerView) -> Worker {
    let status = match view.state {
        WorkerState::Idle => "idle",
        WorkerState::Starting => "starting",
        WorkerState::Running => "running",
        WorkerState::Crashed { .. } => "crashed",
        WorkerState::Stopped => "stopped",
    };
    Worker { device: view.device.clone(), status, restarts: view.restarts }
}

async fn database(arena: &AppState) -> Part {
    let began = std::time::Instant::now();
    match tokio::time::timeout(PING_TIMEOUT, store::ping(&arena.db)).await {
        Ok(Ok(())) => Part { status: "ok", ms: u64::try_from(began.elapsed().as_millis()).ok() },
        Ok(Err(cause)) => {
            tracing::warn!(%cause, "the database does not answer");
            Part { status: "unreachable", ms: None }
        }
        Err(_) => Part { status: "timeout", ms: None },
    }
}

#[cfg(test)]
mod tests {
    use sqlx::PgPool;

    use crate::testing::{arena, browser};

    #[sqlx::test(migrations = "../migrations")]
    async fn health_is_well_with_a_database_and_says_when_it_is_gone(db: PgPool) {
        let arena = arena(db.clone());
        let mut watcher = browser(&arena).await;
        let well = watcher.get("/health").await;
        assert_eq!(well.status, 200);
        assert!(well.text.starts_with(r#"{"status":"ok","database":{"status":"ok""#), "{}", well.text);
        db.close().await;
        let ill = watcher.get("/health").await;
        assert_eq!(ill.status, 503);
        assert!(ill.text.contains(r#""status":"down""#), "{}", ill.text);
        assert_eq!(watcher.get("/health/live").await.status, 200, "the process itself lives");
    }

    #[sqlx::test(migrations = "../migrations")]
    async fn metrics_name_routes_and_never_addresses(db: PgPool) {
        let arena = arena(db.clone());
        let mut watcher = browser(&arena).await;
        watcher.get("/admin/welcome/a-secret-token").await;
        let answer = watcher.get("/models?secret=1").await;
        assert_eq!(answer.headers.get("x-request-id").map(|id| id.len()), Some(32));
        let metrics = watcher.get("/metrics").await;
        assert_eq!(metrics.status, 200, "asked from this machine itself");
        assert!(metrics.text.contains(r#"route="/admin/welcome/{token}",status="404"} 1"#), "{}", metrics.text);
        assert!(!metrics.text.contains("secret"));
    }
}
