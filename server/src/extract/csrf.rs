//! Forms that only our own pages can send.
//!
//! Three walls: cookies are SameSite, the browser's own word on where the request comes from (Sec-Fetch-Site, Origin),
//! and a token in the form that only the visitor's pages hold.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_TYPE, HOST, HeaderMap, ORIGIN};
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Visitor;
use crate::domain::MAX_PROMPT_CHARS;
use crate::error::Error;
use crate::state::AppState;

/// A form with a valid token. Lists are sent as repeated names.
#[derive(Debug)]
pub struct CsrfForm<T>(pub T);

/// The largest form: the longest message, each character four bytes, percent-encoded, and room for the rest.
pub const MAX_FORM_BYTES: usize = MAX_PROMPT_CHARS * 4 * 3 + 65_536;

#[derive(Deserialize)]
struct Token {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    prompt: String,
}

/// The message of a form that was not taken, for the page that says so: what somebody wrote is not lost.
#[derive(Debug, Clone)]
pub struct UnsentMessage(pub String);

impl<T: DeserializeOwned + 'static> FromRequest for CsrfForm<T> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let body = payload.take();
        Box::pin(async move {
            same_site(request.headers())?;
            let is_form = request
                .headers()
                .get(CONTENT_TYPE)
                .and_then(|value| value.to_str().ok())
                .is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"));
            if !is_form {
                return Err(Error::invalid("form-type", "application/x-www-form-urlencoded"));
            }
            let body = read(body, MAX_FORM_BYTES).await?;
            let token: Token = serde_html_form::from_bytes(&body).map_err(|_| Error::Csrf("unreadable form"))?;
            let visitor = Visitor::extract(&request).await?;
            let arena = web::Data::<AppState>::extract(&request)
                .await
                .map_err(|_| Error::Internal(anyhow::anyhow!("no arena in the request")))?;
            if visitor.is_new() || !arena.keys.csrf_matches(visitor.token(), &token.csrf) {
                if !token.prompt.trim().is_empty() {
                    request.extensions_mut().insert(UnsentMessage(token.prompt));
                }
                return Err(Error::Csrf("false token"));
            }
            let form = serde_html_form::from_bytes(&body).map_err(|cause| Error::invalid("form", cause.to_string()))?;
            Ok(Self(form))
        })
    }
}

/// The same check for forms that are read otherwise: of a file, say.
///
/// # Errors
/// When another site sent the form, or the token is not the visitor's.
pub async fn check_token(request: &HttpRequest, token: &str) -> Result<(), Error> {
    same_site(request.headers())?;
    let visitor = Visitor::extract(request).await?;
    let arena = request.app_data::<web::Data<AppState>>();
    let arena = arena.ok_or_else(|| Error::Internal(anyhow::anyhow!("no arena in the request")))?;
    if visitor.is_new() || !arena.keys.csrf_matches(visitor.token(), token) {
        return Err(Error::Csrf("false token"));
    }
    Ok(())
}

/// Refuses what the browser says another site sent.
///
/// # Errors
/// When it says so.
pub fn same_site(headers: &HeaderMap) -> Result<(), Error> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site")
        && !matches!(site, "same-origin" | "none")
    {
        return Err(Error::Csrf("sent by another site"));
    }
    if let (Some(origin), Some(host)) = (text(ORIGIN.as_str()), text(HOST.as_str())) {
        let origin_host = origin.split_once("://").map(|(_, host)| host);
        if origin_host != Some(host) {
            return Err(Error::Csrf("another origin"));
        }
    }
    Ok(())
}

async fn read(mut body: Payload, limit: usize) -> Result<web::BytesMut, Error> {
    use futures_util::StreamExt;
    let mut bytes = web::BytesMut::new();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|_| Error::Csrf("the form broke off"))?;
        if bytes.len() + chunk.len() > limit {
            return Err(Error::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
