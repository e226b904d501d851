//! The top of the board, for those who have just come.

use crate::boards::BoardKey;
use crate::domain::BattleKind;
use crate::error::Error;
use crate::i18n::grouped;
use crate::state::AppState;
use crate::store::model_names;

/// So many lines are shown.
const LINES: usize = 5;

/// The beginning of the board of blind battles.
#[derive(Debug)]
pub struct Standings {
    /// Votes that count.
    pub count: u64,
    /// The same for people.
    pub votes: String,
    pub lines: Vec<Line>,
}

/// A model that has a rating.
#[derive(Debug)]
pub struct Line {
    /// From 1.
    pub place: usize,
    pub slug: String,
    pub name: String,
    pub rating: String,
}

impl Standings {
    /// As the votes stand now.
    pub async fn read(arena: &AppState) -> Result<Self, Error> {
        let key = BoardKey::of(BattleKind::Battle);
        let read = arena.boards.read(&arena.db, &key).await?;
        let (count, votes) = (read.board.votes, grouped(read.board.votes));
        let ranked = read.board.entries.iter().filter(|entry| !entry.is_preliminary);
        let top: Vec<_> = ranked.filter_map(|entry| Some((entry.id, entry.standing.rated()?))).take(LINES).collect();
        if top.is_empty() {
            return Ok(Self { count, votes, lines: Vec::new() });
        }
        let names = model_names::of(&arena.db, &top.iter().map(|(id, _)| *id).collect::<Vec<_>>()).await?;
        let line = |(place, (id, rated)): (usize, (_, arena_rating::Rated))| {
            let model = names.get(id)?;
            let rating = format!("{:.0}", rated.rating);
            Some(Line { place: place + 1, slug: model.slug.clone(), name: model.display_name.clone(), rating })
        };
        Ok(Self { count, votes, lines: top.into_iter().enumerate().filter_map(line).collect() })
    }
}
