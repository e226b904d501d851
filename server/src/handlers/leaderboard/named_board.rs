//! The board that an address asks for, with the names of its models.

use std::sync::Arc;

use super::filter::Filter;
use crate::boards::{BoardKey, ReadBoard};
use crate::domain::ModelState;
use crate::error::Error;
use crate::state::AppState;
use crate::store::model_names::{self, ModelName, ModelNames};

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

    /// The same with the scatter of ratings where votes are drawn anew.
    pub async fn read_redrawn(arena: &AppState, filter: &Filter) -> Result<Self, Error> {
        let key = filter.key()?;
        let read = arena.boards.read_redrawn(&arena.db, &key).await?;
        let models = model_names::all(&arena.db).await?;
        Ok(Self { key, read, models, min_votes: arena.boards.rules().min_votes })
    }

    /// What a file shows: the board with the intervals that it asks for.
    pub async fn for_file(arena: &AppState, filter: &Filter) -> Result<Self, Error> {
        if filter.is_redrawn()? { Self::read_redrawn(arena, filter).await } else { Self::read(arena, filter).await }
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
