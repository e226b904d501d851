//! The board that an address asks for, with the names of its models.

use std::sync::Arc;

use serde::Deserialize;

use crate::boards::{BoardKey, ReadBoard};
use crate::domain::{BattleKind, ModelState};
use crate::error::Error;
use crate::state::AppState;
use crate::store::model_names::{self, ModelName, ModelNames};

/// What the address asks for.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Filter {
    /// `battle` (the default) or `side_by_side`.
    #[serde(default)]
    kind: String,
    /// A language code, or `all` (the default).
    #[serde(default)]
    language: String,
}

impl Filter {
    /// The board that is asked for.
    pub(super) fn key(&self) -> Result<BoardKey, Error> {
        let kind = match self.kind.as_str() {
            "" => BattleKind::Battle,
            name => name.parse().map_err(|_| Error::invalid("board-kind", self.kind.clone()))?,
        };
        if kind == BattleKind::Direct {
            return Err(Error::invalid("board-kind", self.kind.clone()));
        }
        let language = match self.language.as_str() {
            "" | "all" => None,
            code if code.len() <= 16 && code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') => {
                Some(code.to_owned())
            }
            _ => return Err(Error::invalid("board-language", "")),
        };
        Ok(BoardKey { kind, language })
    }
}

/// A board with the names of its models.
pub(super) struct NamedBoard {
    pub key: BoardKey,
    pub read: Arc<ReadBoard>,
    pub models: ModelNames,
    /// Models with fewer votes are preliminary.
    pub min_votes: u64,
}

impl NamedBoard {
    pub async fn read(arena: &AppState, filter: &Filter) -> Result<Self, Error> {
        let key = filter.key()?;
        let read = arena.boards.read(&arena.db, &key).await?;
        let models = model_names::all(&arena.db).await?;
        Ok(Self { key, read, models, min_votes: arena.boards.rules().min_votes })
    }

    /// The models of the board's lines, in their order.
    pub fn in_order(&self) -> impl Iterator<Item = &ModelName> {
        self.read.board.entries.iter().filter_map(|entry| self.models.get(entry.id))
    }

    /// Enabled models that nobody has voted on here.
    pub fn without_votes(&self) -> impl Iterator<Item = &ModelName> {
        let has_votes = |model: &ModelName| self.read.board.entries.iter().any(|entry| entry.id == model.id);
        self.models.iter().filter(move |model| model.state == ModelState::Enabled && !has_votes(model))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_name_a_board_or_are_refused() {
        let key = |kind: &str, language: &str| Filter { kind: kind.into(), language: language.into() }.key();
        assert_eq!(key("", "").unwrap(), BoardKey { kind: BattleKind::Battle, language: None });
        assert_eq!(key("side_by_side", "all").unwrap(), BoardKey { kind: BattleKind::SideBySide, language: None });
        assert_eq!(key("battle", "zh").unwrap().language.as_deref(), Some("zh"));
        for (kind, language) in [("direct", ""), ("x", ""), ("", "*"), ("", "<b>"), ("", "a-very-long-language")] {
            assert!(key(kind, language).is_err(), "{kind} {language}");
        }
    }
}
