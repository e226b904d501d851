//! One set of prompts: its switches, its prompts, files that come in and go out.

use actix_multipart::Multipart;
use actix_web::http::header::{ContentDisposition, DispositionParam, DispositionType};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::list::{List, ListQuery, ROWS_TO_READ};
use super::prompt_sets::Prepared;
use super::upload::Upload;
use crate::actions::change_prompt_set::{
    ChangePromptSet, DeletePromptSet, DeletePrompts, ImportPrompts, ImportedPrompts, MAX_SET_NAME, RetryPrepared,
};
use crate::actions::prepare_answers::playing;
use crate::error::Error;
use crate::extract::{Admin, CsrfForm};
use crate::handlers::{NoFields, html, html_error, see_other};
use crate::i18n::error_text;
use crate::state::AppState;
use crate::store::prompt_sets::{self, PromptRow, PromptSet};
use crate::views::{Page, language_name};

/// The largest file that is taken.
pub(in crate::handlers) const MAX_FILE: u64 = 64 << 20;
/// Prompts that a download reads at once.
const CHUNK: i64 = 1000;
/// Characters of a prompt that its row shows.
const SHOWN: usize = 400;

/// The page.
#[derive(Debug, Template)]
#[template(path = "admin/prompt_set.html")]
struct PromptSetPage {
    page: Page,
    admin: Admin,
    set: PromptSet,
    prepared: Prepared,
    list: List,
    rows: Vec<PromptRow>,
    /// How many models play.
    models: usize,
    /// What became of prompts that were sent.
    imported: Option<ImportedPrompts>,
    /// Prompts that were written and not taken.
    written: String,
    /// Why something was not done.
    error: Option<String>,
}

impl PromptSetPage {
    async fn of(request: &HttpRequest, arena: &AppState, admin: Admin, id: Uuid) -> Result<Self, Error> {
        let (page, query) = (Page::of(request), ListQuery::of(request));
        let told = |name: &str| query.number(name).and_then(|count| u64::try_from(count).ok());
        let imported = told("added").map(|added| ImportedPrompts { added, known: told("known").unwrap_or(0) });
        // Told once: the list's own addresses say nothing of it.
        let query = ListQuery::parse(query.address("", &[("added", ""), ("known", "")]).trim_start_matches('?'));
        let set = prompt_sets::list(&arena.db, Some(id)).await?.pop().ok_or(Error::NotFound)?;
        let models = playing(arena).await?.len();
        let languages = ["zh", "en"].map(|code| (code.to_owned(), language_name(page.locale, code)));
        let list = List::new(format!("/admin/prompts/{id}"), &query, "after");
        let list = list.text(page.locale, &query, "q", "search");
        let list = list.choice(page.locale, &query, "language", "list-all", languages);
        let tags = set.tags.iter().map(|tag| (tag.clone(), tag.clone()));
        let mut list = list.choice(page.locale, &query, "tag", "list-all", tags);
        let after = query.number("after").unwrap_or(0);
        let (words, language, tag) = (query.get("q"), query.get("language"), query.get("tag"));
        let mut rows = prompt_sets::prompts(&arena.db, id, words, language, tag, after, ROWS_TO_READ).await?;
        list.cut(&query, "after", &mut rows, |row| row.position.to_string().into());
        let prepared = Prepared::of(&set, models);
        Ok(Self { page, admin, set, prepared, list, rows, models, imported, written: String::new(), error: None })
    }

    /// The beginning of a prompt.
    fn begin(prompt: &str) -> String {
        let mut begin: String = prompt.chars().take(SHOWN).collect();
        if begin.len() < prompt.len() {
            begin.push('…');
        }
        begin
    }

    /// The page with why something was not done.
    fn refused(mut self, error: Error) -> Result<HttpResponse, Error> {
        if !matches!(error, Error::Invalid { .. }) {
            return Err(error);
        }
        self.error = Some(error_text(&error, self.page.locale));
        html_error(&self, &error)
    }
}

/// To the set, which tells what was added.
fn imported(set: Uuid, done: ImportedPrompts) -> HttpResponse {
    see_other(&format!("/admin/prompts/{set}?added={}&known={}", done.added, done.known))
}

/// The set with its prompts.
pub async fn page(
    request: HttpRequest,
    arena: web::Data<AppState>,
    admin: Admin,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Error> {
    html(&PromptSetPage::of(&request, &arena, admin, *id).await?)
}

/// A set's name and switches.
#[derive(Debug, Deserialize)]
pub struct Switches {
    name: String,
    #[serde(default)]
    offered: String,
    #[serde(default)]
    prepared: String,
}

/// Changes name and switches.
pub async fn change(
    request: HttpRequest,
    arena: web::Data<AppState>,
    admin: Admin,
    id: web::Path<Uuid>,
    CsrfForm(form): CsrfForm<Switches>,
) -> Result<HttpResponse, Error> {
    let (is_offered, is_prepared) = (form.offered == "yes", form.prepared == "yes");
    let change = ChangePromptSet { admin: Some(admin.id), set: *id, name: form.name.clone(), is_offered, is_prepared };
    match change.run(&arena).await {
        Ok(()) => Ok(see_other(&format!("/admin/prompts/{id}"))),
        Err(error) => {
            let mut view = PromptSetPage::of(&request, &arena, admin, *id).await?;
            view.set = PromptSet { name: form.name, is_offered, is_prepared, ..view.set };
            view.refused(error)
        }
    }
}

/// Takes a file of prompts.
pub async fn take_file(
    request: HttpRequest,
    arena: web::Data<AppState>,
    admin: Admin,
    id: web::Path<Uuid>,
    parts: Multipart,
) -> Result<HttpResponse, Error> {
    let sent = Upload::of(&request, parts, MAX_FILE).await?;
    let bytes = tokio::fs::read(sent.file.path()).await.map_err(|cause| Error::Internal(cause.into()))?;
    let wanted = ImportPrompts { admin: Some(admin.id), set: *id, file: sent.name.clone(), bytes };
    match wanted.run(&arena).await {
        Ok(done) => Ok(imported(*id, done)),
        Err(error) => PromptSetPage::of(&request, &arena, admin, *id).await?.refused(error),
    }
}

/// Prompts as they were written, one a line.
#[derive(Debug, Deserialize)]
pub struct Written {
    prompts: String,
}

/// Takes written prompts.
pub async fn take_text(
    request: HttpRequest,
    arena: web::Data<AppState>,
    admin: Admin,
    id: web::Path<Uuid>,
    CsrfForm(form): CsrfForm<Written>,
) -> Result<HttpResponse, Error> {
    let bytes = form.prompts.clone().into_bytes();
    let wanted = ImportPrompts { admin: Some(admin.id), set: *id, file: "written.txt".to_owned(), bytes };
    match wanted.run(&arena).await {
        Ok(done) => Ok(imported(*id, done)),
        Err(error) => {
            let mut view = PromptSetPage::of(&request, &arena, admin, *id).await?;
            view.written = form.prompts;
            view.refused(error)
        }
    }
}

/// Prompts that were ticked.
#[derive(Debug, Deserialize)]
pub struct Ticked {
    #[serde(default)]
    prompt: Vec<Uuid>,
    /// What the list shows, to come back to.
    #[serde(default)]
    list: String,
}

/// Takes prompts out of the set.
pub async fn remove(
    arena: web::Data<AppState>,
    admin: Admin,
    id: web::Path<Uuid>,
    CsrfForm(form): CsrfForm<Ticked>,
) -> Result<HttpResponse, Error> {
    DeletePrompts { admin: Some(admin.id), set: *id, prompts: form.prompt }.run(&arena).await?;
    let back = ListQuery::parse(&form.list).address(&format!("/admin/prompts/{id}"), &[]);
    Ok(see_other(&back))
}

/// Has failed answers generated again.
pub async fn retry(
    arena: web::Data<AppState>,
    _: Admin,
    id: web::Path<Uuid>,
    _: CsrfForm<NoFields>,
) -> Result<HttpResponse, Error> {
    RetryPrepared { set: *id }.run(&arena).await?;
    Ok(see_other(&format!("/admin/prompts/{id}")))
}

/// Deletes the set.
pub async fn delete(
    arena: web::Data<AppState>,
    admin: Admin,
    id: web::Path<Uuid>,
    _: CsrfForm<NoFields>,
) -> Result<HttpResponse, Error> {
    DeletePromptSet { admin: Some(admin.id), set: *id }.run(&arena).await?;
    Ok(see_other("/admin/prompts"))
}

/// All prompts of the set, an object a line, as [`take_file`] reads them.
pub async fn download(arena: web::Data<AppState>, _: Admin, id: web::Path<Uuid>) -> Result<HttpResponse, Error> {
    let set = prompt_sets::list(&arena.db, Some(*id)).await?.pop().ok_or(Error::NotFound)?;
    let (mut lines, mut after) = (String::new(), 0);
    loop {
        let rows = prompt_sets::prompts(&arena.db, *id, "", "", "", after, CHUNK).await?;
        let Some(last) = rows.last() else { break };
        after = last.position;
        for row in &rows {
            lines.push_str(&json!({ "prompt": row.prompt, "language": row.language, "tags": row.tags }).to_string());
            lines.push('\n');
        }
    }
    let name = format!("{}.jsonl", set.name.replace(['/', '"', '\\'], "-"));
    let disposition = ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::Filename(name)],
    };
    Ok(HttpResponse::Ok().content_type("application/x-ndjson").insert_header(disposition).body(lines))
}
