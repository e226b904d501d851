//! Whether the service can do its work, for load balancers and watchers.

use std::time::Duration;

use actix_web::{HttpResponse, web};
use serde::Serialize;

use crate::app::Arena;
use crate::store;

/// How long the database may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

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
}

#[derive(Debug, Serialize)]
struct Part {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ms: Option<u64>,
}

/// The true state: a query that the database answers, and the workers as they are. 503 when visitors cannot be served.
pub async fn page(arena: web::Data<Arena>) -> HttpResponse {
    let database = database(&arena).await;
    let status = if database.status == "ok" { "ok" } else { "down" };
    let health = Health { status, database };
    let mut response = if status == "down" { HttpResponse::ServiceUnavailable() } else { HttpResponse::Ok() };
    response.insert_header(("cache-control", "no-store")).json(health)
}

async fn database(arena: &Arena) -> Part {
    let began = std::time::Instant::now();
    match tokio::time::timeout(PATIENCE, store::ping(&arena.db)).await {
        Ok(Ok(())) => Part { status: "ok", ms: u64::try_from(began.elapsed().as_millis()).ok() },
        Ok(Err(cause)) => {
            tracing::warn!(%cause, "the database does not answer");
            Part { status: "unreachable", ms: None }
        }
        Err(_) => Part { status: "timeout", ms: None },
    }
}
