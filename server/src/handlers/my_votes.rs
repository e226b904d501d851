//! What a visitor's own votes say: the ranking they make, what the last one did, and whether small models please.

use std::collections::HashMap;

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::battle::effect::{VoteEffect, effect};
use super::html;
use crate::actions::read_battle::ReadBattle;
use crate::boards::{BoardKey, OwnBoard, OwnVote};
use crate::domain::{BattleKind, Choice};
use crate::error::Error;
use crate::extract::Visitor;
use crate::i18n::percent;
use crate::state::AppState;
use crate::store::{models, own_votes};
use crate::views::{Page, rank_range, unrated_reason, voted_text};

/// Of a visitor the newest so many votes are looked at.
const MAX_VOTES: i64 = 5000;

/// A model on the visitor's own board.
#[derive(Debug)]
struct Line {
    slug: String,
    name: String,
    /// Rating with its interval, or why there is none.
    rating: String,
    is_rated: bool,
    won: u64,
    lost: u64,
    tied: u64,
    /// Its rank on the board of all votes.
    rank: Option<String>,
}

/// The vote before all others.
#[derive(Debug)]
struct Last {
    battle: String,
    choice: Choice,
    effect: Option<VoteEffect>,
}

#[derive(Debug, Template)]
#[template(path = "my_votes.html")]
struct MyVotesPage {
    page: Page,
    votes: usize,
    lines: Vec<Line>,
    last: Option<Last>,
    /// How often the smaller one was preferred, of how many, and the share with its interval.
    smaller: Option<(u64, u64, String)>,
}

impl MyVotesPage {
    fn said(&self, choice: &Choice) -> String {
        voted_text(self.page.locale, *choice)
    }
}

/// The visitor's own board.
pub async fn page(request: HttpRequest, arena: web::Data<AppState>, visitor: Visitor) -> Result<HttpResponse, Error> {
    let page = Page::of(&request);
    let rows = own_votes::blind(&arena.db, visitor.id(), MAX_VOTES).await?;
    let models = models::list(&arena.db).await?;
    let sizes: HashMap<_, _> = models.iter().filter_map(|model| Some((model.id, model.card().parameters?))).collect();
    let votes: Vec<OwnVote> =
        rows.iter().map(|row| OwnVote { a: row.model_a, b: row.model_b, choice: row.choice }).collect();
    let own = OwnBoard::of(&votes, &sizes, arena.boards.rules().center);
    let all = arena.boards.read(&arena.db, &BoardKey::of(BattleKind::Battle)).await?;
    let line = |entry: &arena_rating::Entry<crate::domain::ModelId>| {
        let model = models.iter().find(|model| model.id == entry.id)?;
        let rating = match entry.standing {
            arena_rating::Standing::Rated(rated) if rated.margin.is_finite() => {
                format!("{:.0} ± {:.0}", rated.rating, rated.margin.ceil())
            }
            arena_rating::Standing::Rated(rated) => format!("{:.0} ± ?", rated.rating),
            arena_rating::Standing::Unrated(why) => page.t(unrated_reason(why)),
        };
        let everybody = all.board.entries.iter().find(|other| other.id == entry.id);
        Some(Line {
            slug: model.slug.clone(),
            name: model.name().to_owned(),
            rating,
            is_rated: entry.standing.rated().is_some(),
            won: entry.tally.wins,
            lost: entry.tally.losses,
            tied: entry.tally.halves(),
            rank: everybody.and_then(|entry| entry.rank).map(rank_range),
        })
    };
    let lines = own.board.entries.iter().filter_map(line).collect();
    let smaller = own.smaller.map(|smaller| {
        let share = smaller.share;
        let text = format!("{}% ({}–{}%)", percent(share.share), percent(share.lower), percent(share.upper));
        (smaller.preferred, smaller.of, text)
    });
    let last = match rows.first() {
        Some(row) => {
            let shown = ReadBattle { battle: row.battle, voter: visitor.id() }.run(&arena).await?;
            let (_, effect) = effect(&arena, &shown.battle, page.locale).await?;
            Some(Last { battle: row.battle.to_string(), choice: row.choice, effect })
        }
        None => None,
    };
    html(&MyVotesPage { page, votes: rows.len(), lines, last, smaller })
}
