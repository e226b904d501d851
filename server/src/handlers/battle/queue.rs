//! How many stand before the visitor in line, for the page that waits.

use actix_web::{HttpResponse, web};
use serde::Serialize;

use crate::domain::BattleId;
use crate::error::Error;
use crate::extract::Visitor;
use crate::i18n::Locale;
use crate::state::AppState;
use crate::store::battles;

/// A place in line.
#[derive(Debug, Serialize)]
struct QueuePlace {
    /// How many requests come first; nothing where none waits.
    ahead: Option<i32>,
    /// The same in words; may be empty.
    text: String,
}

/// A place in words; empty where nobody waits.
pub fn queue_text(locale: Locale, ahead: Option<i32>) -> String {
    match ahead {
        Some(0) => locale.text("queue-next"),
        Some(ahead) => locale.text_with("queue-ahead", &[("n", &ahead.to_string())]),
        None => String::new(),
    }
}

/// The place of the visitor's own battle.
pub async fn page(
    arena: web::Data<AppState>,
    visitor: Visitor,
    locale: Locale,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let id: BattleId = id.parse().map_err(|_| Error::NotFound)?;
    let ahead = battles::queue_ahead(&arena.db, id, visitor.id()).await?;
    let place = QueuePlace { ahead, text: queue_text(locale, ahead) };
    Ok(HttpResponse::Ok().insert_header(("cache-control", "no-store")).json(place))
}
