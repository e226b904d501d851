//! The board of direct chats: how often a model's answers were rated good.

use serde::Serialize;
use utoipa::ToSchema;

use super::filter::Filter;
use super::view::View;
use crate::boards::{BoardKey, DirectBoard};
use crate::domain::BattleKind;
use crate::error::Error;
use crate::i18n::{grouped, percent};
use crate::state::AppState;
use crate::store::model_names::{self, ModelNames};
use std::sync::Arc;

/// The board of direct chats with the names of its models.
pub(super) struct NamedDirectBoard {
    pub key: BoardKey,
    pub read: Arc<DirectBoard>,
    pub models: ModelNames,
}

/// One model on a page.
pub(super) struct DirectLine {
    pub slug: String,
    pub name: String,
    /// In percent.
    pub share: String,
    pub lower: String,
    pub upper: String,
    /// The interval on a line from 0 to 100.
    pub from: f64,
    pub to: f64,
    pub at: f64,
    pub up: String,
    pub down: String,
    pub voters: String,
}

/// Ratings of direct chats as a file.
#[derive(Debug, Serialize, ToSchema)]
pub struct DirectFile {
    /// Always `direct`.
    pub kind: BattleKind,
    /// A language code, or nothing for all languages.
    pub language: Option<String>,
    /// The group that voters must be in, or nothing for everybody.
    pub group: Option<String>,
    /// Changes whenever a rating does.
    pub version: i64,
    pub votes: u64,
    /// The highest share first.
    pub models: Vec<DirectModel>,
}

/// One model's answers in direct chats.
#[derive(Debug, Serialize, ToSchema)]
pub struct DirectModel {
    /// Its name in addresses.
    pub slug: String,
    /// Its name on pages.
    pub name: String,
    /// Chats rated good.
    pub good: u64,
    /// Chats rated bad.
    pub bad: u64,
    pub good_share: f64,
    /// Lower end of the 95 % interval, which knows that one person's votes share one taste.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
    pub voters: u64,
}

impl NamedDirectBoard {
    pub async fn read(arena: &AppState, filter: &Filter) -> Result<Self, Error> {
        let key = filter.key()?;
        let read = arena.boards.read_direct(&arena.db, &key).await?;
        Ok(Self { key, read, models: model_names::all(&arena.db).await? })
    }

    pub fn lines(&self, view: &View) -> Vec<DirectLine> {
        let line = |one: &crate::boards::Approval| {
            let (model, share) = (self.models.get(one.model)?, one.sum.share()?);
            let [part, lower, upper] = [share.share, share.lower, share.upper];
            view.finds(&model.display_name, &model.slug).then(|| DirectLine {
                slug: model.slug.clone(),
                name: model.display_name.clone(),
                share: percent(part),
                lower: percent(lower),
                upper: percent(upper),
                from: 100.0 * lower,
                to: 100.0 * upper,
                at: 100.0 * part,
                up: grouped(one.up),
                down: grouped(one.down),
                voters: grouped(one.voters),
            })
        };
        self.read.models.iter().filter_map(line).collect()
    }

    pub fn file(&self) -> DirectFile {
        let rounded = |share: f64| (share * 1e4).round() / 1e4;
        let line = |one: &crate::boards::Approval| {
            let (model, share) = (self.models.get(one.model)?, one.sum.share()?);
            Some(DirectModel {
                slug: model.slug.clone(),
                name: model.display_name.clone(),
                good: one.up,
                bad: one.down,
                good_share: rounded(share.share),
                lower: rounded(share.lower),
                upper: rounded(share.upper),
                voters: one.voters,
            })
        };
        DirectFile {
            kind: BattleKind::Direct,
            language: self.key.language.clone(),
            group: self.key.group.clone(),
            version: self.read.version,
            votes: self.read.votes,
            models: self.read.models.iter().filter_map(line).collect(),
        }
    }
}
