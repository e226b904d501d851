//! Turns an [`Error`] into what its reader understands: a page in the visitor's language, or JSON for programs.

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, ResponseError};
use askama::Template;
use serde_json::json;

use crate::error::Error;
use crate::extract::UnsentMessage;
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

/// In which form an error is told to whoever sent a request: as a page to those who ask for pages, else as JSON.
#[derive(Debug, Clone)]
pub(super) struct ErrorForm {
    locale: Locale,
    page: Option<Page>,
    unsent: Option<String>,
}

impl ErrorForm {
    pub(super) fn of(request: &HttpRequest) -> Self {
        let accept = request.headers().get("accept").and_then(|value| value.to_str().ok());
        let wants_page =
            !request.path().starts_with("/api/") && accept.is_some_and(|accept| accept.contains("text/html"));
        let unsent = request.extensions().get::<UnsentMessage>().map(|message| message.0.clone());
        Self { locale: Locale::of(request), page: wants_page.then(|| Page::of(request)), unsent }
    }

    /// The response that says so.
    pub(super) fn tell(self, error: &Error) -> HttpResponse {
        let page = self.page.map(|page| ErrorPage {
            page,
            code: error.code(),
            status: error.status(),
            text: error_text(error, self.locale),
            unsent: self.unsent,
        });
        let mut response = match page.map(|page| page.render()) {
            Some(Ok(html)) => {
                HttpResponse::build(error.status_code()).content_type("text/html; charset=utf-8").body(html)
            }
            _ => json_body(error, self.locale),
        };
        if let Some(after) = error.retry_after_seconds() {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(after));
        }
        response
    }
}

/// Where somebody is led who has to sign in or show a code first, and from there to what was asked for.
fn to_the_door(request: &HttpRequest, door: &str, otherwise: &str) -> HttpResponse {
    let next: String = match *request.method() {
        actix_web::http::Method::GET => {
            url::form_urlencoded::byte_serialize(request.uri().to_string().as_bytes()).collect()
        }
        // What a form would have done has to be asked for again.
        _ => otherwise.to_owned(),
    };
    HttpResponse::SeeOther().insert_header(("location", format!("{door}?next={next}"))).finish()
}

/// Answers errors in the form and language that the request asks for, and logs the cause of internal ones once.
pub async fn render_errors(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    // Where middleware further in failed there is no response.
    let response = next.call(request).await?;
    let Some(error) = response.response().error().and_then(|error| error.as_error::<Error>()) else {
        return Ok(response);
    };
    let request = response.request();
    // In an address it names nothing that there is.
    let unknown = Error::NotFound;
    let error = match error {
        Error::Invalid { code: "text-nul", .. } if request.uri().path().contains("%00") => &unknown,
        error => error,
    };
    if let Error::Internal(cause) = error {
        tracing::error!(cause = format!("{cause:#}"), route = super::request::route(request), "internal error");
    }
    let form = ErrorForm::of(request);
    let told = match error {
        Error::SignInRequired if form.page.is_some() && request.path().starts_with("/admin") => {
            to_the_door(request, "/admin/sign-in", "/admin")
        }
        Error::AccessRequired if form.page.is_some() => to_the_door(request, "/access", "/"),
        error => form.tell(error),
    };
    let request = request.clone();
    Ok(ServiceResponse::new(request, told))
}
