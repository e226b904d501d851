//! What a long run leaves in its folder: its setup and a JSON line for each record at once, so that it can go on where it was
//! interrupted, and its results at the end.

use std::fs::{File, OpenOptions};
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::i18n::Language;

/// Why a file is not gone on with, each in words that name it.
pub struct Refusals {
    /// It is none of this kind.
    pub foreign: fn(&Path, Language) -> String,
    /// It is of another setup.
    pub other: fn(&Path, Language) -> String,
}

/// Begins a file, or opens one of the same setup to go on with: the file to append to, and its records.
///
/// # Errors
/// The file is foreign or of another setup, or cannot be read or written.
pub fn open<S, R>(file: &Path, setup: &S, refusals: &Refusals, language: Language) -> anyhow::Result<(File, Vec<R>)>
where
    S: Serialize + DeserializeOwned + PartialEq,
    R: Serialize + DeserializeOwned,
{
    let records = if file.exists() { read(file, setup, refusals, language)? } else { Vec::new() };
    // Without the half of a line that an interruption may have left.
    rewrite(file, setup, &records)?;
    let opened = OpenOptions::new().append(true).open(file).with_context(|| file.display().to_string())?;
    Ok((opened, records))
}

fn read<S: DeserializeOwned + PartialEq, R: DeserializeOwned>(
    file: &Path,
    setup: &S,
    refusals: &Refusals,
    language: Language,
) -> anyhow::Result<Vec<R>> {
    let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
    // A torn last line may end inside a character.
    let text = String::from_utf8_lossy(&bytes);
    let mut lines = text.lines();
    let Ok(found) = serde_json::from_str::<S>(lines.next().unwrap_or_default()) else {
        bail!((refusals.foreign)(file, language))
    };
    ensure!(found == *setup, (refusals.other)(file, language));
    // Only the last line can be broken, where writing it was interrupted.
    Ok(lines.map_while(|line| serde_json::from_str(line).ok()).collect())
}

/// Writes a file anew, whole or not at all: the setup, and a line for each record.
///
/// # Errors
/// The disk is full, or the folder is gone.
pub fn rewrite(file: &Path, setup: &impl Serialize, records: &[impl Serialize]) -> anyhow::Result<()> {
    let mut content = line(setup)?;
    for record in records {
        content.extend(line(record)?);
    }
    let shown = || file.display().to_string();
    let new = file.with_extension("new");
    std::fs::write(&new, content).with_context(shown)?;
    std::fs::rename(&new, file).with_context(shown)
}

/// A record as it is appended.
///
/// # Errors
/// It has no form in JSON.
pub fn line(value: &impl Serialize) -> anyhow::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(line)
}

/// Writes a file of results.
///
/// # Errors
/// The disk is full, or the folder is gone.
pub fn write(folder: &Path, name: &str, content: String) -> anyhow::Result<()> {
    let file = folder.join(name);
    std::fs::write(&file, content).with_context(|| file.display().to_string())
}
