//! Loading and unloading, for the supervisor and for administrators. Progress is asked for, not
//! streamed: whoever looks again after a lost connection sees the same.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde_json::json;

use mixtral_engine::arch::RopeOptions;

use super::error::ApiError;
use super::options::{ModelSpec, is_name};
use super::protocol::{Fields, read_body};
use super::state::Worker;

/// `GET /admin/models`: all models with their states, and the memory that this process takes up.
pub(super) async fn list(worker: web::Data<Worker>) -> HttpResponse {
    HttpResponse::Ok().json(json!({
        "device": worker.host.status().device,
        "resident_bytes": resident_bytes(),
        "models": worker.host.slots(),
    }))
}

/// The memory of this process that is not swapped out.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// `GET /admin/models/NAME`: one model's state.
pub(super) async fn one(worker: web::Data<Worker>, name: web::Path<String>) -> Result<HttpResponse, ApiError> {
    let slot = worker.host.slots().into_iter().find(|slot| slot.name == *name);
    slot.map(|slot| HttpResponse::Ok().json(slot)).ok_or_else(|| ApiError::unknown_model(&name))
}

/// `POST /admin/models` with `{"name", "path", "base", "context", "cache_tokens"}`: begins to load.
pub(super) async fn load(worker: web::Data<Worker>, payload: web::Payload) -> Result<HttpResponse, ApiError> {
    let mut fields = Fields::new(read_body(payload).await?);
    let name = fields.required_text("name")?;
    if !is_name(&name) {
        return Err(ApiError::field("name", "must have 1 to 200 printable characters"));
    }
    let spec = ModelSpec {
        path: fields.required_text("path")?.into(),
        base: fields.text("base")?.map(Into::into),
        context: fields.count("context")?,
        cache_tokens: fields.count("cache_tokens")?,
        rope: RopeOptions::default(),
        name: name.clone(),
    };
    fields.refuse_rest()?;
    worker.host.load(spec)?;
    let slot = worker.host.slots().into_iter().find(|slot| slot.name == name);
    Ok(HttpResponse::build(StatusCode::ACCEPTED).json(slot))
}

/// `DELETE /admin/models/NAME`: unloads; answers that are under way end with an error.
pub(super) async fn unload(worker: web::Data<Worker>, name: web::Path<String>) -> Result<HttpResponse, ApiError> {
    worker.host.unload(&name).await?;
    Ok(HttpResponse::NoContent().finish())
}
