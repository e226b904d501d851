//! An administrator keeps sets of prompts.

use serde_json::json;
use uuid::Uuid;

use crate::domain::{AdminId, is_invisible, language_of};
use crate::error::Error;
use crate::exchange::read_prompts;
use crate::state::AppState;
use crate::store::{audit, prepared_answers, prompt_sets};

/// The most prompts of a set.
pub const MAX_PROMPTS: usize = 20_000;
/// The longest name of a set in characters.
pub const MAX_SET_NAME: usize = 80;

/// A set is added, empty.
#[derive(Debug, Clone)]
pub struct AddPromptSet {
    pub admin: Option<AdminId>,
    pub name: String,
}

impl AddPromptSet {
    /// Adds it, and gives its id.
    ///
    /// # Errors
    /// There is one of this name, or the name is empty or too long.
    pub async fn run(self, arena: &AppState) -> Result<Uuid, Error> {
        let (id, name) = (Uuid::now_v7(), set_name(&self.name)?);
        let mut transaction = arena.db.begin().await?;
        if !prompt_sets::insert(&mut *transaction, id, &name).await? {
            return Err(Error::invalid("prompt-set-name-taken", name));
        }
        audit::record(&mut *transaction, self.admin, "prompts.add", &name, json!({})).await?;
        transaction.commit().await?;
        Ok(id)
    }
}

/// A set's name and switches are changed.
#[derive(Debug, Clone)]
pub struct ChangePromptSet {
    pub admin: Option<AdminId>,
    pub set: Uuid,
    pub name: String,
    /// Whether visitors are offered its prompts.
    pub is_offered: bool,
    /// Whether all models answer its prompts beforehand.
    pub is_prepared: bool,
}

impl ChangePromptSet {
    /// Changes it.
    ///
    /// # Errors
    /// There is no such set, another one of this name, or the name is empty or too long.
    pub async fn run(self, arena: &AppState) -> Result<(), Error> {
        let name = set_name(&self.name)?;
        let mut transaction = arena.db.begin().await?;
        let changed = prompt_sets::change(&mut transaction, self.set, &name, self.is_offered, self.is_prepared).await;
        match changed {
            Ok(true) => {}
            Ok(false) => return Err(Error::NotFound),
            Err(sqlx::Error::Database(bad)) if bad.is_unique_violation() => {
                return Err(Error::invalid("prompt-set-name-taken", name));
            }
            Err(error) => return Err(error.into()),
        }
        let detail = json!({ "offered": self.is_offered, "prepared": self.is_prepared });
        audit::record(&mut *transaction, self.admin, "prompts.change", &name, detail).await?;
        transaction.commit().await?;
        arena.prompts.changed();
        Ok(())
    }
}

/// Prompts of a file or of a text field go into a set.
#[derive(Debug, Clone)]
pub struct ImportPrompts {
    pub admin: Option<AdminId>,
    pub set: Uuid,
    /// The file's name; its ending tells CSV and text.
    pub file: String,
    pub bytes: Vec<u8>,
}

/// What became of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportedPrompts {
    pub added: u64,
    /// Those that the set had already.
    pub known: u64,
}

impl ImportPrompts {
    /// Adds those that the set does not have.
    ///
    /// # Errors
    /// There is no such set; the file cannot be read; the set would get too large.
    pub async fn run(self, arena: &AppState) -> Result<ImportedPrompts, Error> {
        let (file, bytes) = (self.file, self.bytes);
        let read = tokio::task::spawn_blocking(move || read_prompts(&file, &bytes)).await;
        let prompts = read.map_err(|panic| Error::Internal(panic.into()))?.map_err(|bad| {
            let (code, detail) = bad.told();
            Error::invalid(code, detail)
        })?;
        let set = prompt_sets::list(&arena.db, Some(self.set)).await?.pop().ok_or(Error::NotFound)?;
        let mut transaction = arena.db.begin().await?;
        let added = prompt_sets::add_prompts(&mut transaction, self.set, &prompts, language_of).await?;
        let all = prompt_sets::count(&mut *transaction, self.set).await?;
        if usize::try_from(all).unwrap_or(usize::MAX) > MAX_PROMPTS {
            return Err(Error::invalid("prompts-too-many", MAX_PROMPTS.to_string()));
        }
        let detail = json!({ "prompts": added });
        audit::record(&mut *transaction, self.admin, "prompts.import", &set.name, detail).await?;
        transaction.commit().await?;
        arena.prompts.changed();
        Ok(ImportedPrompts { added, known: prompts.len() as u64 - added })
    }
}

/// Prompts are taken out of a set.
#[derive(Debug, Clone)]
pub struct DeletePrompts {
    pub admin: Option<AdminId>,
    pub set: Uuid,
    pub prompts: Vec<Uuid>,
}

impl DeletePrompts {
    /// Deletes them with their prepared answers, and gives how many there were. Battles stay.
    ///
    /// # Errors
    /// There is no such set.
    pub async fn run(self, arena: &AppState) -> Result<u64, Error> {
        let set = prompt_sets::list(&arena.db, Some(self.set)).await?.pop().ok_or(Error::NotFound)?;
        let mut transaction = arena.db.begin().await?;
        let deleted = prompt_sets::delete_prompts(&mut transaction, self.set, &self.prompts).await?;
        if deleted > 0 {
            let detail = json!({ "prompts": deleted });
            audit::record(&mut *transaction, self.admin, "prompts.delete", &set.name, detail).await?;
        }
        transaction.commit().await?;
        Ok(deleted)
    }
}

/// A set is deleted with its prompts and prepared answers. Battles stay, and keep its name.
#[derive(Debug, Clone, Copy)]
pub struct DeletePromptSet {
    pub admin: Option<AdminId>,
    pub set: Uuid,
}

impl DeletePromptSet {
    /// Deletes it.
    ///
    /// # Errors
    /// There is no such set.
    pub async fn run(self, arena: &AppState) -> Result<(), Error> {
        let mut transaction = arena.db.begin().await?;
        let name = prompt_sets::delete(&mut *transaction, self.set).await?.ok_or(Error::NotFound)?;
        audit::record(&mut *transaction, self.admin, "prompts.delete-set", &name, json!({})).await?;
        Ok(transaction.commit().await?)
    }
}

/// Answers of a set that could not be generated are asked for again.
#[derive(Debug, Clone, Copy)]
pub struct RetryPrepared {
    pub set: Uuid,
}

impl RetryPrepared {
    /// Forgets that they failed.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn run(self, arena: &AppState) -> Result<u64, Error> {
        let failed = prepared_answers::retry_failed(&arena.db, self.set).await?;
        arena.prompts.changed();
        Ok(failed)
    }
}

fn set_name(name: &str) -> Result<String, Error> {
    let visible: String = name.chars().filter(|c| !is_invisible(*c)).collect();
    let name = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    match name.chars().count() {
        0 => Err(Error::invalid("prompt-set-name", "")),
        length if length > MAX_SET_NAME => Err(Error::invalid("prompt-set-name-long", MAX_SET_NAME.to_string())),
        _ => Ok(name),
    }
}
