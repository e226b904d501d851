//! Files that browsers load: embedded in the binary, cached for ever under a name with their hash.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use actix_web::{HttpRequest, HttpResponse, web};

use crate::error::Error;
use crate::views::{StaticFiles, asset_hash};

/// A file of `static/`. With the right hash in `?v=` it never changes; without, the browser asks each time.
pub async fn file(request: HttpRequest, path: web::Path<String>) -> Result<HttpResponse, Error> {
    let file = StaticFiles::get(&path).ok_or(Error::NotFound)?;
    let tag = format!("\"{}\"", asset_hash(&file));
    let cached = if request.query_string() == format!("v={}", asset_hash(&file)) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    if request.headers().get(IF_NONE_MATCH).is_some_and(|value| value.as_bytes() == tag.as_bytes()) {
        return Ok(HttpResponse::NotModified().insert_header((ETAG, tag)).finish());
    }
    let kind = match file.metadata.mimetype() {
        text if text.starts_with("text/") => format!("{text}; charset=utf-8"),
        other => other.to_owned(),
    };
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, kind))
        .insert_header((CACHE_CONTROL, cached))
        .insert_header((ETAG, tag))
        .body(file.data.into_owned()))
}

/// The icon that browsers ask for by themselves.
pub async fn favicon() -> HttpResponse {
    HttpResponse::MovedPermanently().insert_header(("location", "/static/icon.svg")).finish()
}

/// What search engines may read: what everybody may, and nothing that costs an answer or is one visitor's.
pub async fn robots() -> HttpResponse {
    let text =
        "User-agent: *\nDisallow: /admin\nDisallow: /api/v1/\nDisallow: /battle/\nDisallow: /history\nAllow: /\n";
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(text)
}
