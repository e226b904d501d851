//! Turns an [`Error`] into what its reader understands: a page in the visitor's language, or JSON for programs.

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER};
use actix_web::middleware::Next;
use actix_web::{HttpResponse, ResponseError};
use askama::Template;
use serde_json::json;

use crate::error::Error;
use crate::i18n::{Locale, error_text};
use crate::views::{ErrorPage, Page};

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        json_body(self, Locale::En)
    }
}

fn json_body(error: &Error, locale: Locale) -> HttpResponse {
    HttpResponse::build(error.status_code()).json(json!({
        "error": {
            "code": error.code(),
            "message": error_text(error, locale),
            "detail": error.detail(),
            "retry_after": error.retry_after_seconds(),
        }
    }))
}

/// Answers errors in the form and language that the request asks for, and logs the cause of internal ones once.
pub async fn render_errors(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<EitherBody<impl MessageBody, BoxBody>>, actix_web::Error> {
    let response = next.call(request).await;
    let response = match response {
        Ok(response) => response,
        Err(error) => {
            // Middleware further in failed before there was a response.
            return Err(error);
        }
    };
    let Some(error) = response.response().error().and_then(|error| error.as_error::<Error>()) else {
        return Ok(response.map_into_left_body());
    };
    // In an address it names nothing that there is.
    let unknown = Error::NotFound;
    let error = match error {
        Error::Invalid { code: "text-nul", .. } if response.request().uri().path().contains("%00") => &unknown,
        error => error,
    };
    if let Error::Internal(cause) = error {
        tracing::error!(
            cause = format!("{cause:#}"),
            route = super::request::route(response.request()),
            "internal error"
        );
    }
    let request = response.request();
    let locale = Locale::of(request);
    let wants_page = !request.path().starts_with("/api/")
        && request
            .headers()
            .get("accept")
            .and_then(|value| value.to_str().ok())
            .is_some_and(|accept| accept.contains("text/html"));
    let leads_to_sign_in = matches!(error, Error::SignInRequired) && wants_page && request.path().starts_with("/admin");
    let mut body = if leads_to_sign_in {
        let next: String = match *request.method() {
            actix_web::http::Method::GET => {
                url::form_urlencoded::byte_serialize(request.uri().to_string().as_bytes()).collect()
            }
            // What a form would have done has to be asked for again.
            _ => "/admin".to_owned(),
        };
        HttpResponse::SeeOther().insert_header(("location", format!("/admin/sign-in?next={next}"))).finish()
    } else if wants_page {
        let page = ErrorPage {
            page: Page::of(request),
            code: error.code(),
            status: error.status(),
            text: error_text(error, locale),
        };
        match page.render() {
            Ok(html) => HttpResponse::build(error.status_code()).content_type("text/html; charset=utf-8").body(html),
            Err(_) => json_body(error, locale),
        }
    } else {
        json_body(error, locale)
    };
    if let Some(after) = error.retry_after_seconds() {
        body.headers_mut().insert(RETRY_AFTER, HeaderValue::from(after));
    }
    let request = request.clone();
    Ok(ServiceResponse::new(request, body).map_into_right_body())
}
