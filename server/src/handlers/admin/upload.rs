//! A form with a file.

use std::collections::BTreeMap;

use actix_multipart::{Multipart, MultipartError};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, web};
use futures_util::{Stream, StreamExt};
use tokio::io::{AsyncWriteExt, BufWriter};

use crate::error::Error;
use crate::extract::check_token;

/// The longest text field beside the file.
const MAX_FIELD: usize = 64 << 10;

/// Bytes that go to the disk together.
const WRITTEN_AT_ONCE: usize = 1 << 18;

/// What the form brought.
pub struct Upload {
    pub file: tempfile::NamedTempFile,
    /// What the file is called where it comes from.
    pub name: String,
    /// The other fields.
    pub fields: BTreeMap<String, String>,
}

impl Upload {
    /// Reads the form; the file may have so many bytes. The token must come before the file, so that a forged form brings none.
    ///
    /// # Errors
    /// No token, no file, or too much.
    pub async fn of(request: &HttpRequest, mut parts: Multipart, max_file: u64) -> Result<Self, Error> {
        let unreadable = |cause: MultipartError| Error::invalid("form", cause.to_string());
        let mut sent = None;
        let (mut fields, mut is_ours) = (BTreeMap::new(), false);
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
                if name == "csrf" {
                    check_token(request, &text).await?;
                    is_ours = true;
                } else {
                    fields.insert(name, text);
                }
                continue;
            }
            if !is_ours {
                return Err(Error::Csrf("no token before the file"));
            }
            let given = part.content_disposition().and_then(|disposition| disposition.get_filename());
            let given = given.unwrap_or_default().to_owned();
            let file = written(part, max_file, unreadable).await?;
            sent = Some((file, given));
        }
        let (file, name) =
            sent.filter(|(_, name)| !name.is_empty()).ok_or_else(|| Error::invalid("import-none", ""))?;
        Ok(Self { file, name, fields })
    }

    /// A field's text; empty where it was not sent.
    pub fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    /// Names that stand for models here: the field `map`, one `NAME = SLUG` a line.
    ///
    /// # Errors
    /// A line is none.
    pub fn map(&self) -> Result<BTreeMap<String, String>, Error> {
        map_of(self.field("map"))
    }
}

/// Names that stand for models here, one `NAME = SLUG` a line.
///
/// # Errors
/// A line is none.
pub fn map_of(text: &str) -> Result<BTreeMap<String, String>, Error> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let (name, slug) =
                line.rsplit_once('=').ok_or_else(|| Error::invalid("import-map-line", line.to_owned()))?;
            Ok((name.trim().to_owned(), slug.trim().to_owned()))
        })
        .collect()
}

/// A body that is a file itself; it may have so many bytes.
///
/// # Errors
/// It does not come, or has more.
pub async fn received(body: web::Payload, max_file: u64) -> Result<tempfile::NamedTempFile, Error> {
    written(body, max_file, |cause| Error::invalid("form", cause.to_string())).await
}

/// Writes what comes into a file, on threads that may wait for the disk: the one that is here serves others meanwhile.
async fn written<E>(
    mut pieces: impl Stream<Item = Result<Bytes, E>> + Unpin,
    most: u64,
    unreadable: impl Fn(E) -> Error,
) -> Result<tempfile::NamedTempFile, Error> {
    let internal = |cause: std::io::Error| Error::Internal(cause.into());
    let file = tempfile::NamedTempFile::new().map_err(internal)?;
    let opened = tokio::fs::File::from_std(file.reopen().map_err(internal)?);
    let mut out = BufWriter::with_capacity(WRITTEN_AT_ONCE, opened);
    let mut length = 0;
    while let Some(bytes) = pieces.next().await {
        let bytes = bytes.map_err(&unreadable)?;
        length += bytes.len() as u64;
        if length > most {
            return Err(Error::TooLarge);
        }
        out.write_all(&bytes).await.map_err(internal)?;
    }
    out.flush().await.map_err(internal)?;
    Ok(file)
}
