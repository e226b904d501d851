//! Administration with a bearer token: votes out of files, and into them.
#![expect(unused_qualifications, reason = "utoipa's macro repeats the parameter's type with its path")]

use std::sync::Arc;

use actix_web::web::{self, Query};
use actix_web::{HttpRequest, HttpResponse, get, post};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::body::ErrorBody;
use crate::actions::import_votes::{ImportReport, ImportVotes};
use crate::domain::{TieRule, VoteFilter};
use crate::error::Error;
use crate::exchange::Container;
use crate::extract::ApiAdmin;
use crate::handlers::admin::upload::{map_of, received};
use crate::handlers::admin::vote_export::{self, WantedFile};
use crate::handlers::admin::vote_import::MAX_FILE;
use crate::i18n::Locale;
use crate::state::AppState;

/// How the file is imported.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    /// What the file is called: its ending (`.json`, `.jsonl`, `.csv`, `.parquet`) says what it is made of.
    name: String,
    /// Whether one bad row is enough to take nothing.
    #[serde(default)]
    #[param(value_type = Option<bool>)]
    strict: bool,
    /// Whether what people and models wrote is kept, where the file has it.
    #[serde(default)]
    #[param(value_type = Option<bool>)]
    conversations: bool,
    /// Names in the file that stand for models of this arena: `NAME = SLUG`, one a line.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    map: String,
}

/// What came of an import.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportedFile {
    /// Rows of the file.
    pub rows: u64,
    /// New votes.
    pub votes: u64,
    /// Votes that were there already.
    pub known: u64,
    /// Rows about something else than a vote.
    pub others: u64,
    /// Rows that hold no vote that can be taken.
    pub bad: u64,
    /// The first of them.
    pub bad_rows: Vec<BadRowFile>,
    /// Conversations that are kept from now on.
    pub conversations: u64,
    /// Models that are known by their names alone from now on.
    pub models: Vec<String>,
}

/// A row that was not taken.
#[derive(Debug, Serialize, ToSchema)]
pub struct BadRowFile {
    /// Its number, from 1: that of the line, or of the object in an array.
    pub number: u64,
    /// Why, in the language of `Accept-Language`.
    pub reason: String,
}

impl ImportedFile {
    fn of(report: ImportReport, locale: Locale) -> Self {
        let bad_rows = report.told.into_iter().map(|(number, bad)| {
            let (key, detail) = bad.told();
            BadRowFile { number, reason: locale.text_with(key, &[("detail", detail)]) }
        });
        Self {
            rows: report.rows,
            votes: report.votes,
            known: report.known,
            others: report.others,
            bad: report.bad,
            bad_rows: bad_rows.collect(),
            conversations: report.conversations,
            models: report.models,
        }
    }
}

/// Imports votes: the body is the file itself, of at most 2 GiB. All of it or nothing; the same file twice adds nothing.
#[utoipa::path(
    operation_id = "adminImportVotes", tag = "admin", params(ImportQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, body = ImportedFile), (status = 413, body = ErrorBody)), security(("admin" = []))
)]
#[post("/admin/votes/import")]
pub async fn import(
    request: HttpRequest,
    admin: ApiAdmin,
    arena: web::Data<AppState>,
    query: Query<ImportQuery>,
    body: web::Payload,
) -> Result<HttpResponse, Error> {
    let map = map_of(&query.map)?;
    if Container::of(query.name.as_ref()).is_none() {
        return Err(Error::invalid("import-format", query.name.clone()));
    }
    let file = received(body, MAX_FILE).await?;
    let wanted = ImportVotes {
        admin: Some(admin.id),
        file: file.path().to_owned(),
        name: query.name.clone(),
        container: None,
        map,
        is_strict: query.strict,
        with_conversations: query.conversations,
        progress: Arc::new(|_| {}),
    };
    let report = wanted.run(&arena).await?;
    Ok(HttpResponse::Ok().json(ImportedFile::of(report, Locale::of(&request))))
}

/// Whose columns a file has.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportColumns {
    /// FastChat's, which LMArena's tools and arena-rank read, too.
    #[default]
    Fastchat,
    /// ComparIA's.
    Comparia,
    /// Pairs of a chosen and a rejected answer of blind battles, for DPO; as JSON or JSON lines, and only with conversations.
    Preferences,
    /// A leaderboard with the chain of all votes, for `arena verify`; of one kind and language, as JSON lines.
    Evidence,
}

/// What a file is made of.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    Json,
    #[default]
    Jsonl,
    Csv,
    Parquet,
}

/// Which file is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// Whose columns; FastChat's where nothing is said.
    #[param(inline)]
    columns: Option<ExportColumns>,
    /// What the file is made of; JSON lines where nothing is said.
    #[param(inline)]
    format: Option<ExportFormat>,
    /// Whether what people and models wrote is part of it.
    #[serde(default)]
    #[param(value_type = Option<bool>)]
    conversations: bool,
    /// How ties count in the ratings of `evidence`.
    #[param(inline)]
    ties: Option<TieRule>,
}

/// Exports votes: the filter's, and where it names no state, those that count. Voters are keyed hashes.
#[utoipa::path(
    operation_id = "adminExportVotes", tag = "admin", params(ExportQuery, VoteFilter),
    responses((status = 200, description = "The file.", body = Vec<u8>, content_type = "application/octet-stream")),
    security(("admin" = []))
)]
#[get("/admin/votes/export")]
pub async fn export(
    admin: ApiAdmin,
    arena: web::Data<AppState>,
    query: Query<ExportQuery>,
    filter: Query<VoteFilter>,
) -> Result<HttpResponse, Error> {
    let container = match query.format.unwrap_or_default() {
        ExportFormat::Json => Container::Json,
        ExportFormat::Jsonl => Container::JsonLines,
        ExportFormat::Csv => Container::Csv,
        ExportFormat::Parquet => Container::Parquet,
    };
    let file = match query.columns.unwrap_or_default() {
        ExportColumns::Fastchat => WantedFile::FastChat(container),
        ExportColumns::Comparia => WantedFile::Comparia(container),
        ExportColumns::Preferences => WantedFile::Preferences(container),
        ExportColumns::Evidence => WantedFile::Evidence(query.ties.unwrap_or_default()),
    };
    vote_export::file(&arena, admin.id, filter.into_inner(), file, query.conversations).await
}
