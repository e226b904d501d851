//! The counters, for Prometheus.

use actix_web::{FromRequest, HttpRequest, HttpResponse, web};

use crate::config::MetricsAccess;
use crate::error::Error;
use crate::extract::{ApiAdmin, ClientAddress};
use crate::state::AppState;

/// OpenMetrics text, for those whom `--metrics` lets read it.
pub async fn page(request: HttpRequest, arena: web::Data<AppState>) -> Result<HttpResponse, Error> {
    match arena.config.metrics {
        MetricsAccess::Off => return Err(Error::NotFound),
        MetricsAccess::Open => {}
        MetricsAccess::Local if ClientAddress::is_local(&request) => {}
        MetricsAccess::Local | MetricsAccess::Token => _ = ApiAdmin::extract(&request).await?,
    }
    let text = arena.metrics.encode().map_err(|cause| Error::Internal(cause.into()))?;
    Ok(HttpResponse::Ok().content_type("application/openmetrics-text; version=1.0.0; charset=utf-8").body(text))
}
