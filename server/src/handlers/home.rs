//! The front page.

use actix_web::HttpResponse;

/// Sends the visitor to the battle.
pub async fn page() -> HttpResponse {
    HttpResponse::SeeOther().insert_header(("location", "/battle")).finish()
}
