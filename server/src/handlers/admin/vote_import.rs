//! Votes out of a file that an administrator sends.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use actix_multipart::Multipart;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use futures_util::StreamExt;

use crate::actions::import_votes::{ImportReport, ImportVotes};
use crate::error::Error;
use crate::exchange::BadRow;
use crate::extract::{Admin, check_token};
use crate::handlers::{html, html_error};
use crate::i18n::error_text;
use crate::state::AppState;
use crate::views::Page;

/// The page.
#[derive(Debug, Template)]
#[template(path = "admin/vote_import.html")]
struct VoteImportPage {
    page: Page,
    admin: Admin,
    report: Option<ImportReport>,
    /// Why nothing was imported.
    error: Option<String>,
}

/// The largest file that is taken by the browser; larger ones by `arena import`.
const MAX_FILE: u64 = 2 << 30;
/// The longest text field beside it.
const MAX_FIELD: usize = 64 << 10;

/// The form.
pub async fn page(request: HttpRequest, admin: Admin) -> Result<HttpResponse, Error> {
    html(&VoteImportPage { page: Page::of(&request), admin, report: None, error: None })
}

/// Takes the file, and tells what came of it.
pub async fn import(
    request: HttpRequest,
    arena: web::Data<AppState>,
    admin: Admin,
    parts: Multipart,
) -> Result<HttpResponse, Error> {
    let sent = Sent::of(&request, parts).await?;
    let wanted = ImportVotes {
        admin: Some(admin.id),
        file: sent.file.path().to_owned(),
        name: sent.name,
        container: None,
        map: map_of(&sent.map)?,
        is_strict: sent.is_strict,
        progress: Arc::new(|_| {}),
    };
    let (report, error) = match wanted.run(&arena).await {
        Ok(report) => (Some(report), None),
        Err(error @ Error::Invalid { .. }) => (None, Some(error)),
        Err(error) => return Err(error),
    };
    let page = Page::of(&request);
    let text = error.as_ref().map(|error| error_text(error, page.locale));
    let view = VoteImportPage { page, admin, report, error: text };
    match error {
        Some(error) => html_error(&view, &error),
        None => html(&view),
    }
}

/// What the form brought. The token comes before the file, so that a forged form brings none.
struct Sent {
    file: tempfile::NamedTempFile,
    name: String,
    map: String,
    is_strict: bool,
}

impl Sent {
    async fn of(request: &HttpRequest, mut parts: Multipart) -> Result<Self, Error> {
        let unreadable = |cause: actix_multipart::MultipartError| Error::invalid("form", cause.to_string());
        let internal = |cause: std::io::Error| Error::Internal(cause.into());
        let mut sent: Option<Self> = None;
        let (mut map, mut is_strict, mut is_ours) = (String::new(), false, false);
        while let Some(part) = parts.next().await {
            let mut part = part.map_err(unreadable)?;
            let name = part.name().unwrap_or_default().to_owned();
            if name != "file" {
                let mut text = Vec::new();
                while let Some(bytes) = part.next().await {
                    text.extend_from_slice(&bytes.map_err(unreadable)?);
                    if text.len() > MAX_FIELD {
                        return Err(Error::TooLarge);
                    }
                }
                let text = String::from_utf8_lossy(&text).into_owned();
                match name.as_str() {
                    "csrf" => {
                        check_token(request, &text).await?;
                        is_ours = true;
                    }
                    "map" => map = text,
                    "strict" => is_strict = text == "true",
                    _ => {}
                }
                continue;
            }
            if !is_ours {
                return Err(Error::Csrf("no token before the file"));
            }
            let given = part.content_disposition().and_then(|disposition| disposition.get_filename());
            let given = given.unwrap_or_default().to_owned();
            let mut file = tempfile::NamedTempFile::new().map_err(internal)?;
            let mut length = 0;
            while let Some(bytes) = part.next().await {
                let bytes = bytes.map_err(unreadable)?;
                length += bytes.len() as u64;
                if length > MAX_FILE {
                    return Err(Error::TooLarge);
                }
                file.write_all(&bytes).map_err(internal)?;
            }
            sent = Some(Self { file, name: given, map: String::new(), is_strict: false });
        }
        let sent = sent.filter(|sent| !sent.name.is_empty()).ok_or_else(|| Error::invalid("import-none", ""))?;
        Ok(Self { map, is_strict, ..sent })
    }
}

/// Names that stand for models here, one `NAME = SLUG` a line.
fn map_of(text: &str) -> Result<BTreeMap<String, String>, Error> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let (name, slug) =
                line.rsplit_once('=').ok_or_else(|| Error::invalid("import-map-line", line.to_owned()))?;
            Ok((name.trim().to_owned(), slug.trim().to_owned()))
        })
        .collect()
}

impl VoteImportPage {
    /// Why a row was not taken.
    fn bad_text(&self, bad: &BadRow) -> String {
        let (key, detail) = bad.told();
        self.page.t1(key, "detail", detail)
    }
}
