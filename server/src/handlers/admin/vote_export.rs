//! The votes of a list as a file, sent while it is made; or a leaderboard with all its votes.

use std::io::{Read, Seek};

use actix_web::web::Bytes;
use actix_web::{HttpResponse, HttpResponseBuilder, web};
use futures_util::stream;
use serde::Deserialize;

use super::list::ListQuery;
use super::votes::{criteria, filter_of};
use crate::actions::export_votes::{Export, ExportVotes};
use crate::actions::publish_votes::PublishVotes;
use crate::domain::{AdminId, BattleKind, TieRule, VoteFilter, VoteState};
use crate::error::Error;
use crate::exchange::{Container, Shape};
use crate::extract::{Admin, CsrfForm};
use crate::state::AppState;
use crate::store::model_names;

/// What is wanted.
#[derive(Debug, Deserialize)]
pub struct Wanted {
    /// `fastchat`, `comparia`, `preferences`, `evidence` or `evidence-davidson`.
    columns: String,
    /// The ending of the file's name.
    format: String,
    /// Whether what people and models wrote is part of it.
    #[serde(default)]
    conversations: bool,
    /// What the list asks for.
    #[serde(default)]
    list: String,
}

/// Sends the file.
pub async fn export(
    arena: web::Data<AppState>,
    admin: Admin,
    CsrfForm(form): CsrfForm<Wanted>,
) -> Result<HttpResponse, Error> {
    let filter = filter_of(&ListQuery::parse(&form.list));
    let container = || {
        let container = Container::of(format!("votes.{}", form.format).as_ref());
        container.ok_or_else(|| Error::invalid("import-format", form.format.clone()))
    };
    let wanted = match form.columns.as_str() {
        "fastchat" => WantedFile::FastChat(container()?),
        "comparia" => WantedFile::Comparia(container()?),
        "preferences" => WantedFile::Preferences(container()?),
        "evidence" => WantedFile::Evidence(TieRule::Half),
        "evidence-davidson" => WantedFile::Evidence(TieRule::Davidson),
        _ => return Err(Error::invalid("form", "columns")),
    };
    file(&arena, admin.id, filter, wanted, form.conversations).await
}

/// A file of votes.
#[derive(Debug, Clone, Copy)]
pub enum WantedFile {
    FastChat(Container),
    Comparia(Container),
    /// Pairs of a chosen and a rejected answer, of blind battles.
    Preferences(Container),
    /// A leaderboard with the chain of all votes, and how ties count in it.
    Evidence(TieRule),
}

/// Sends a file of the votes that a filter finds. Where it asks for no state, counted votes are meant.
///
/// # Errors
/// When the filter cannot be read, or the database fails.
pub async fn file(
    arena: &AppState,
    admin: AdminId,
    mut filter: VoteFilter,
    wanted: WantedFile,
    with_conversations: bool,
) -> Result<HttpResponse, Error> {
    let (shape, container) = match wanted {
        WantedFile::FastChat(container) => (Shape::FastChat, container),
        WantedFile::Comparia(container) => (Shape::Comparia, container),
        WantedFile::Preferences(container) => (Shape::Preferences, container),
        WantedFile::Evidence(ties) => return publish(arena, admin, filter, ties).await,
    };
    if shape == Shape::Preferences {
        check_preferences(&mut filter, shape.fits(container), with_conversations)?;
    }
    if filter.state.is_empty() {
        filter.state = VoteState::Counted.to_string();
    }
    let filter = criteria(&filter, &model_names::all(&arena.db).await?)?;
    let export = ExportVotes { admin: Some(admin), filter, shape, container, with_conversations }.run(arena).await?;
    let next = async |mut export: Export| -> Result<Option<(Bytes, Export)>, actix_web::Error> {
        let bytes = export.next().await?;
        Ok(bytes.map(|bytes| (Bytes::from(bytes), export)))
    };
    let mut response = download(&format!("votes.{}", container.extension()), container.media_type());
    Ok(response.streaming(stream::try_unfold(export, next)))
}

/// Preferences are made of what was written, of blind battles: of named models, people prefer names.
fn check_preferences(filter: &mut VoteFilter, fits: bool, with_conversations: bool) -> Result<(), Error> {
    if !with_conversations {
        return Err(Error::invalid("export-preferences-texts", ""));
    }
    if !fits {
        return Err(Error::invalid("export-preferences-format", ""));
    }
    let blind = BattleKind::Battle.as_str();
    if filter.kind.is_empty() {
        filter.kind = blind.to_owned();
    }
    if filter.kind == blind { Ok(()) } else { Err(Error::invalid("export-preferences-kind", "")) }
}

/// The board of the list's kind and language, with the chain of all votes.
async fn publish(arena: &AppState, admin: AdminId, filter: VoteFilter, ties: TieRule) -> Result<HttpResponse, Error> {
    let kind: BattleKind = match filter.kind.as_str() {
        "" => BattleKind::Battle,
        name => name.parse().map_err(|_| Error::invalid("list-filter", "kind"))?,
    };
    let language = (!filter.language.is_empty()).then_some(filter.language);
    let (rules, elo) = (arena.boards.rules(), arena.config.elo);
    let wanted = PublishVotes { admin: Some(admin), kind, language, rules, ties, elo };
    let internal = |cause: std::io::Error| Error::Internal(cause.into());
    // All of it is of one moment, so it is made before it is sent.
    let mut file = tempfile::tempfile().map_err(internal)?;
    wanted.on(&arena.repairs, &arena.keys, std::io::BufWriter::new(&mut file)).await?;
    file.rewind().map_err(internal)?;
    let next = async |mut file: std::fs::File| -> std::io::Result<Option<(Bytes, std::fs::File)>> {
        let mut bytes = vec![0; 1 << 16];
        let read = file.read(&mut bytes)?;
        bytes.truncate(read);
        Ok((read > 0).then_some((Bytes::from(bytes), file)))
    };
    let mut response = download(&format!("votes-{kind}.evidence.jsonl"), Container::JsonLines.media_type());
    Ok(response.streaming(stream::try_unfold(file, next)))
}

fn download(name: &str, media_type: &str) -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response.content_type(media_type.to_owned());
    response.insert_header(("cache-control", "no-store"));
    response.insert_header(("content-disposition", format!("attachment; filename=\"{name}\"")));
    response
}
