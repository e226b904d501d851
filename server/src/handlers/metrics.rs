//! The counters, for Prometheus.

use actix_web::{FromRequest, HttpRequest, HttpResponse, web};

use crate::error::Error;
use crate::extract::{ApiAdmin, ClientAddress};
use crate::state::AppState;

/// OpenMetrics text. Only for this machine itself, or with an administrator's API token.
pub async fn page(request: HttpRequest, arena: web::Data<AppState>) -> Result<HttpResponse, Error> {
    if !ClientAddress::is_local(&request) {
        ApiAdmin::extract(&request).await?;
    }
    let text = arena.metrics.encode().map_err(|cause| Error::Internal(cause.into()))?;
    Ok(HttpResponse::Ok().content_type("application/openmetrics-text; version=1.0.0; charset=utf-8").body(text))
}
