//! What visitors take with them: a message or an answer as it was written, a battle, and all of theirs, as files.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::{Stream, stream};

use crate::actions::read_battle::ReadBattle;
use crate::domain::{BattleId, Side};
use crate::error::Error;
use crate::extract::Visitor;
use crate::handlers::api::state::BattleState;
use crate::i18n::Locale;
use crate::state::AppState;
use crate::store::battles::{self, HistoryFilter};
use crate::store::model_names;
use crate::views::conversation;

/// Battles are read so many at a time, however many there are.
const BATCH: i64 = 50;

/// A message (`prompt`) or an answer (`a`, `b`) of a turn, as it was written.
pub async fn source(
    arena: web::Data<AppState>,
    visitor: Visitor,
    path: web::Path<(String, i32, String)>,
) -> Result<HttpResponse, Error> {
    let (id, number, part) = path.into_inner();
    let id: BattleId = id.parse().map_err(|_| Error::NotFound)?;
    let shown = ReadBattle { battle: id, voter: visitor.id() }.run(&arena).await?;
    let turn = shown.battle.turns.iter().find(|turn| turn.number == number).ok_or(Error::NotFound)?;
    let text = if part == "prompt" {
        turn.prompt.clone()
    } else {
        let side: Side = part.parse().map_err(|_| Error::NotFound)?;
        shown.side(turn, side).ok_or(Error::NotFound)?.text.to_string()
    };
    Ok(HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(text))
}

/// The battle as Markdown.
pub async fn battle_markdown(
    arena: web::Data<AppState>,
    visitor: Visitor,
    locale: Locale,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let id: BattleId = id.parse().map_err(|_| Error::NotFound)?;
    let text = read_markdown(&arena, &visitor, locale, id).await?;
    Ok(file("text/markdown; charset=utf-8", &format!("battle-{id}.md")).body(text))
}

/// The battle as JSON: what the API says of it.
pub async fn battle_json(
    arena: web::Data<AppState>,
    visitor: Visitor,
    locale: Locale,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let id: BattleId = id.parse().map_err(|_| Error::NotFound)?;
    let state = BattleState::read(&arena, locale, &visitor, id).await?;
    Ok(file("application/json", &format!("battle-{id}.json")).json(state))
}

/// All battles of the visitor as Markdown, the newest first.
pub async fn all_markdown(arena: web::Data<AppState>, visitor: Visitor, locale: Locale) -> HttpResponse {
    let each = async move |arena: &AppState, visitor: &Visitor, id| {
        let text = read_markdown(arena, visitor, locale, id).await?;
        Ok::<_, Error>(Bytes::from(text + "\n\n"))
    };
    file("text/markdown; charset=utf-8", "battles.md").streaming(All::stream(arena, visitor, each))
}

/// All battles of the visitor, the newest first: one JSON object a line.
pub async fn all_json(arena: web::Data<AppState>, visitor: Visitor, locale: Locale) -> HttpResponse {
    let each = async move |arena: &AppState, visitor: &Visitor, id| {
        let state = BattleState::read(arena, locale, visitor, id).await?;
        let mut line = serde_json::to_vec(&state).map_err(|error| Error::Internal(error.into()))?;
        line.push(b'\n');
        Ok::<_, Error>(Bytes::from(line))
    };
    file("application/jsonl", "battles.jsonl").streaming(All::stream(arena, visitor, each))
}

/// A walk through the battles of a visitor.
struct All {
    arena: web::Data<AppState>,
    visitor: Visitor,
    before: Option<DateTime<Utc>>,
}

impl All {
    /// A file with all of them, as it is read.
    fn stream(
        arena: web::Data<AppState>,
        visitor: Visitor,
        each: impl AsyncFn(&AppState, &Visitor, BattleId) -> Result<Bytes, Error> + Copy,
    ) -> impl Stream<Item = Result<Bytes, Error>> {
        stream::unfold(Some(Self { arena, visitor, before: None }), move |all| async move { all?.next(&each).await })
    }

    /// The next part of a file with all of them.
    async fn next(
        mut self,
        each: &impl AsyncFn(&AppState, &Visitor, BattleId) -> Result<Bytes, Error>,
    ) -> Option<(Result<Bytes, Error>, Option<Self>)> {
        let filter = HistoryFilter { before: self.before, ..HistoryFilter::default() };
        let entries = match battles::history(&self.arena.db, self.visitor.id(), &filter, BATCH).await {
            Ok(entries) => entries,
            Err(error) => return Some((Err(error.into()), None)),
        };
        self.before = Some(entries.last()?.created_at);
        let mut part = Vec::new();
        for entry in entries {
            match each(&self.arena, &self.visitor, entry.id).await {
                Ok(text) => part.extend_from_slice(&text),
                // Deleted meanwhile.
                Err(Error::NotFound) => {}
                Err(error) => return Some((Err(error), None)),
            }
        }
        Some((Ok(part.into()), Some(self)))
    }
}

async fn read_markdown(arena: &AppState, visitor: &Visitor, locale: Locale, id: BattleId) -> Result<String, Error> {
    let shown = ReadBattle { battle: id, voter: visitor.id() }.run(arena).await?;
    let names = model_names::of_battle(&arena.db, &shown.battle).await?;
    Ok(conversation::markdown(locale, &shown, &names))
}

/// A file that a browser saves under this name.
fn file(content_type: &str, name: &str) -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response
        .content_type(content_type)
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")));
    response
}
