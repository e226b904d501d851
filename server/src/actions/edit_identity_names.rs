//! An administrator edits the names that give a model away.

use serde_json::json;

use crate::domain::{AdminId, NameLists};
use crate::error::Error;
use crate::state::AppState;
use crate::store::{audit, identity};

/// The most names of one list.
const MAX_NAMES: usize = 2000;
/// The longest name, in characters.
const MAX_NAME_CHARS: usize = 120;

/// The lists are edited; each has one name a line.
#[derive(Debug, Clone)]
pub struct EditIdentityNames {
    pub by: AdminId,
    pub models: String,
    pub words: String,
    pub makers: String,
}

impl EditIdentityNames {
    /// Keeps the lists. One that is empty, or as built in, is the built-in one from now on.
    ///
    /// # Errors
    /// Invalid where a list or a name in it is too long.
    pub async fn run(self, arena: &AppState) -> Result<(), Error> {
        let built_in = NameLists::default();
        let lists = [
            ("models", names(&self.models)?, built_in.models),
            ("words", names(&self.words)?, built_in.words),
            ("makers", names(&self.makers)?, built_in.makers),
        ];
        let mut transaction = arena.db.begin().await?;
        let mut counts = serde_json::Map::new();
        for (list, names, built_in) in lists {
            let kept: &[String] = if names == built_in { &[] } else { &names };
            identity::set_list(&mut *transaction, list, kept).await?;
            counts.insert(list.to_owned(), if kept.is_empty() { json!("built-in") } else { json!(kept.len()) });
        }
        audit::record(&mut *transaction, Some(self.by), "identity.names", "", counts.into()).await?;
        Ok(transaction.commit().await?)
    }
}

fn names(text: &str) -> Result<Vec<String>, Error> {
    let mut names: Vec<String> = Vec::new();
    for name in text.replace('\0', "").lines().map(str::trim).filter(|name| !name.is_empty()) {
        if name.chars().count() > MAX_NAME_CHARS || !name.chars().any(char::is_alphanumeric) {
            return Err(Error::invalid("identity-name", name.chars().take(MAX_NAME_CHARS).collect::<String>()));
        }
        if names.iter().all(|known| known != name) {
            names.push(name.to_owned());
        }
    }
    if names.len() > MAX_NAMES {
        return Err(Error::invalid("identity-names", MAX_NAMES.to_string()));
    }
    Ok(names)
}
