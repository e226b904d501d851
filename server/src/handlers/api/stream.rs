//! The newest turn as server-sent events of plain text, for programs. The pages' stream carries HTML instead.

use actix_web::{HttpRequest, HttpResponse, get, web};

use super::battles::id_of;
use super::body::ErrorBody;
use super::visitor::ApiVisitor;
use crate::actions::read_battle::ReadBattle;
use crate::domain::BattleId;
use crate::error::Error;
use crate::handlers::sse;
use crate::handlers::sse::text::{TextEvents, TextStream};
use crate::i18n::Locale;
use crate::state::AppState;
use crate::streams::Reader;

/// The newest turn, until both sides have ended. Events: `text` (`side`, `attempt`, `from`, `text`: replace everything
/// from the character `from` on), `status` (`side`, `status`, `message`, `retry`), `ended` (`turn`). Send the last `id`
/// as `Last-Event-ID` to go on after a cut.
#[utoipa::path(
    operation_id = "readStream", tag = "battles",
    params(("id" = BattleId, Path, description = "The battle.")),
    responses((status = 200, body = serde_json::Value, content_type = "text/event-stream"), (status = 404, body = ErrorBody)),
    security(("visitor" = []))
)]
#[get("/battles/{id}/stream")]
pub async fn read(
    request: HttpRequest,
    arena: web::Data<AppState>,
    visitor: ApiVisitor,
    locale: Locale,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let id = id_of(&id)?;
    let permit = arena.streams.reader_permit()?;
    let battle = ReadBattle { battle: id, voter: visitor.0.id() }.run(&arena).await?.battle;
    let after = sse::cursor(&request, "");
    let turn = sse::turn(&battle, after);
    let reader = Reader::new(arena.streams.clone(), id, battle.kind, turn);
    Ok(sse::respond(TextStream { reader, events: TextEvents::new(locale, battle.status(), turn, after) }, permit))
}
