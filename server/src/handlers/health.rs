//! Whether the service can do its work, for load balancers and watchers.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Serialize;

use crate::state::AppState;
use crate::store;
use crate::supervisor::{LoadState, WorkerState, WorkerView};
use crate::write_probe::Outcome;

/// With less room on the disk of the embedded database, in bytes, nothing more is promised.
const LEAST_FREE: u64 = 32 << 20;

/// When to look again where visitors cannot be served, in seconds.
const RETRY_SECONDS: &str = "5";

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
    /// Whether a battle could be played now.
    battles: Battles,
    /// By device: `running`, `silent`, `idle`, `starting`, `crashed`, `stopped`.
    workers: Vec<Worker>,
    /// Local models by where they are on their way.
    models: Models,
}

#[derive(Debug, Serialize)]
struct Battles {
    /// `ok`, or why not: `no-models` and `one-model` (enabled), `no-models-reachable` (fewer than two answer), `database`.
    status: &'static str,
    /// Models that are enabled and drawn.
    enabled: usize,
    /// Those of them that would answer now, as far as this server knows.
    reachable: usize,
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
    /// Not in memory, which they share with others in turns.
    away: usize,
    failed: usize,
    /// For other servers: this one has no device for them.
    elsewhere: usize,
}

/// The true state: a row that the database wrote within the last seconds, the models that would answer, and the workers as they are. 503 when
/// visitors cannot be served.
pub async fn page(arena: web::Data<AppState>) -> HttpResponse {
    let database = database(&arena).await;
    let snapshot = arena.workers.state();
    let workers: Vec<Worker> = snapshot.workers.iter().map(worker).collect();
    let mut models = Models::default();
    for model in &snapshot.models {
        match model.state {
            LoadState::Ready { .. } => models.ready += 1,
            LoadState::Waiting | LoadState::Loading { .. } => models.loading += 1,
            LoadState::Away => models.away += 1,
            LoadState::Unplaced { .. } if workers.is_empty() => models.elsewhere += 1,
            LoadState::Failed { .. } | LoadState::Unplaced { .. } => models.failed += 1,
        }
    }
    let battles = battles(&arena, &database).await;
    // An arena that has no models yet is well.
    let is_starved = battles.status == "no-models-reachable" && models.loading == 0;
    let is_ill = |worker: &Worker| matches!(worker.status, "crashed" | "silent");
    let amiss = models.failed > 0 || is_starved || workers.iter().any(is_ill);
    let status = match database.status {
        "ok" if amiss => "degraded",
        "ok" => "ok",
        _ => "down",
    };
    let health = Health { status, database, battles, workers, models };
    let mut response = HttpResponse::Ok();
    if status == "down" {
        response.status(StatusCode::SERVICE_UNAVAILABLE).insert_header(("retry-after", RETRY_SECONDS));
    }
    response.insert_header(("cache-control", "no-store")).json(health)
}

fn worker(view: &WorkerView) -> Worker {
    let status = match view.state {
        WorkerState::Idle => "idle",
        WorkerState::Starting => "starting",
        WorkerState::Running if view.is_silent => "silent",
        WorkerState::Running => "running",
        WorkerState::Crashed { .. } => "crashed",
        WorkerState::Stopped => "stopped",
    };
    Worker { device: view.device.clone(), status, restarts: view.restarts }
}

async fn database(arena: &AppState) -> Part {
    if let Some(free) = arena.config.data_free_bytes().filter(|free| *free < LEAST_FREE) {
        tracing::warn!(free, "the disk of the data folder is full");
        return Part { status: "disk-full", ms: None };
    }
    let Outcome { status, ms } = arena.writes.outcome(&arena.db).await;
    Part { status, ms }
}

/// Whether two models would answer now.
async fn battles(arena: &AppState, database: &Part) -> Battles {
    let none = Battles { status: "database", enabled: 0, reachable: 0 };
    if database.status != "ok" {
        return none;
    }
    let Ok(models) = store::models::list(&arena.db).await else { return none };
    let enabled: Vec<_> = models.into_iter().filter(|model| model.in_rotation()).collect();
    let reachable = enabled.iter().filter(|model| arena.streams.is_available(model)).count();
    let status = match (enabled.len(), reachable) {
        (0, _) => "no-models",
        (1, _) => "one-model",
        (_, 2..) => "ok",
        _ => "no-models-reachable",
    };
    Battles { status, enabled: enabled.len(), reachable }
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
        assert_eq!(ill.headers.get("retry-after").map(|seconds| seconds.as_bytes()), Some(&b"5"[..]));
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
