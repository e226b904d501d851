//! What a worker says about itself: models, health, metrics.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde_json::{Value, json};

use super::error::ApiError;
use super::host::{SlotState, SlotView};
use super::state::Worker;

/// `GET /v1/models`: the models that answer.
pub(super) async fn models(worker: web::Data<Worker>) -> HttpResponse {
    let slots = worker.host.slots();
    let ready = slots.iter().filter(|slot| slot.state == SlotState::Ready);
    let ready: Vec<Value> = ready.map(|slot| listed(&worker, slot)).collect();
    HttpResponse::Ok().json(json!({"object": "list", "data": ready}))
}

/// `GET /v1/models/NAME`.
pub(super) async fn model(worker: web::Data<Worker>, name: web::Path<String>) -> Result<HttpResponse, ApiError> {
    let slots = worker.host.slots();
    let slot = slots.iter().find(|slot| slot.name == *name && slot.state == SlotState::Ready);
    slot.map(|slot| HttpResponse::Ok().json(listed(&worker, slot))).ok_or_else(|| ApiError::unknown_model(&name))
}

/// OpenAI's shape; `max_model_len` as vLLM adds it, the fingerprint of answers, and the card for who wants more.
fn listed(worker: &Worker, slot: &SlotView) -> Value {
    let context = slot.card.as_ref().and_then(|card| card.get("context").cloned());
    json!({
        "id": slot.name,
        "object": "model",
        "created": slot.created,
        "owned_by": "mixtral-arena",
        "max_model_len": context,
        "system_fingerprint": worker.host.weights(&slot.name).map(|weights| weights.fingerprint()),
        "card": slot.card,
    })
}

/// `GET /health`: 200 while it can answer, 503 while it cannot; the word says why.
pub(super) async fn health(worker: web::Data<Worker>) -> HttpResponse {
    let engine = worker.host.status();
    let slots = worker.host.slots();
    let count = |state| slots.iter().filter(|slot| slot.state == state).count();
    let (ready, loading, failed) = (count(SlotState::Ready), count(SlotState::Loading), count(SlotState::Failed));
    let (status, word) = match (engine.alive, worker.host.is_draining()) {
        (_, true) => (StatusCode::SERVICE_UNAVAILABLE, "draining"),
        (false, _) => (StatusCode::SERVICE_UNAVAILABLE, "engine dead"),
        _ if ready > 0 => (StatusCode::OK, "ready"),
        _ if loading > 0 => (StatusCode::SERVICE_UNAVAILABLE, "loading"),
        _ if failed > 0 => (StatusCode::SERVICE_UNAVAILABLE, "no model could be loaded"),
        _ => (StatusCode::OK, "no models"),
    };
    HttpResponse::build(status).json(json!({
        "status": word,
        "device": engine.device,
        "ready": ready,
        "loading": loading,
        "failed": failed,
        "models": engine.models,
    }))
}

/// `GET /metrics`, for Prometheus.
pub(super) async fn metrics(worker: web::Data<Worker>) -> HttpResponse {
    match worker.metrics.text() {
        Ok(text) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            HttpResponse::Ok().content_type(kind).body(text)
        }
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}
