//! What the visitor waits for, for the page that waits: those before in line, or models that are being loaded.

use actix_web::{HttpResponse, web};
use serde::Serialize;

use crate::domain::BattleId;
use crate::error::Error;
use crate::extract::Visitor;
use crate::i18n::Locale;
use crate::state::AppState;
use crate::store::battles::{self, QueuePlace};

/// A place in line.
#[derive(Debug, Serialize)]
struct Told {
    /// How many requests come first; nothing where none waits.
    ahead: Option<i32>,
    /// How many seconds it will still take, about, until the models are loaded.
    load_seconds: Option<i32>,
    /// The same in words; may be empty.
    text: String,
}

/// A place in words; empty where nobody waits. In a battle it is said of both sides together: which of them it is would tell.
pub fn queue_text(locale: Locale, place: QueuePlace) -> String {
    match (place.load_seconds, place.ahead) {
        (Some(seconds), _) => locale.text_with("queue-loading", &[("n", &seconds.to_string())]),
        (None, Some(0)) => locale.text("queue-next"),
        (None, Some(ahead)) => locale.text_with("queue-ahead", &[("n", &ahead.to_string())]),
        (None, None) => String::new(),
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
    let place = battles::place(&arena.db, id, visitor.id()).await?;
    let QueuePlace { ahead, load_seconds } = place;
    let told = Told { ahead, load_seconds, text: queue_text(locale, place) };
    Ok(HttpResponse::Ok().insert_header(("cache-control", "no-store")).json(told))
}
