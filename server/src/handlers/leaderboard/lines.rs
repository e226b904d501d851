//! The lines of the table, as text.

use std::collections::BTreeMap;

use super::named_board::NamedBoard;
use super::scale::Span;
use super::view::{Column, SortBy, View};
use crate::domain::{BattleKind, ModelId, ModelState};
use crate::i18n::{Locale, grouped, percent};
use crate::store::model_names::ModelName;
use crate::store::models::Model;
use crate::views::{parameters, rank_range, unrated_reason};
use arena_rating::{Entry, Standing, Tally, Unrated};

/// What is known of models beside their votes.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub models: BTreeMap<ModelId, Model>,
    /// Tokens a second.
    pub speeds: BTreeMap<ModelId, f64>,
    /// The longest conversation in tokens.
    pub contexts: BTreeMap<ModelId, i64>,
}

/// Lines that belong together: models ranked among each other, or those without a rank.
pub(super) struct Block {
    /// What they have in common; the only block of a board needs no title.
    pub title: Option<String>,
    pub lines: Vec<Line>,
}

/// One model.
pub(super) struct Line {
    pub slug: String,
    pub name: String,
    /// The ranks that it may have, such as 2–5.
    pub rank: Option<String>,
    /// Bradley-Terry.
    pub rating: Option<String>,
    /// Half the width of its interval; nothing where too few people voted to tell.
    pub margin: Option<String>,
    /// Its interval among all, from 0 to 100.
    pub bar: Option<Bar>,
    /// Why there is no rating.
    pub why: Option<String>,
    /// The chosen columns.
    pub cells: Vec<Cell>,
    place: usize,
}

/// Where a model's interval begins and ends, and where its rating is.
pub(super) struct Bar {
    pub from: String,
    pub to: String,
    pub at: String,
    pub is_cut: bool,
}

/// What stands in a column.
pub(super) struct Cell {
    pub text: String,
    pub is_number: bool,
    /// What it is ordered by; cells without anything come last.
    order: Option<Order>,
}

#[derive(PartialEq)]
enum Order {
    Number(f64),
    Text(String),
}

/// What lines have in common.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Ranked(usize),
    Preliminary(usize),
    Unrated,
    WithoutVotes,
    Inactive,
}

/// The table's blocks, in their order.
pub(super) fn blocks(named: &NamedBoard, view: &View, facts: &Facts, locale: Locale) -> Vec<Block> {
    let board = &named.read.board;
    let is_of_here = matches!(named.key.kind, BattleKind::Battle | BattleKind::SideBySide);
    let span = Span::of(board.entries.iter().filter_map(|entry| entry.standing.rated()));
    let mut parts: BTreeMap<Part, Vec<Line>> = BTreeMap::new();
    for (place, entry) in board.entries.iter().enumerate() {
        let Some(model) = named.models.get(entry.id) else { continue };
        let part = match entry.standing.rated() {
            // Elsewhere people voted, or judges did: whether a model answers here says nothing.
            _ if is_of_here && model.state != ModelState::Enabled => Part::Inactive,
            None => Part::Unrated,
            Some(rated) if entry.is_preliminary => Part::Preliminary(rated.group),
            Some(rated) => Part::Ranked(rated.group),
        };
        parts.entry(part).or_default().push(Line::of(model, entry, place, span, view, facts, locale));
    }
    for model in named.without_votes() {
        let line = Line::without_votes(model, board.entries.len(), view, facts, locale);
        parts.entry(Part::WithoutVotes).or_default().push(line);
    }
    let is_alone = parts.len() == 1 && parts.contains_key(&Part::Ranked(0));
    let blocks = parts.into_iter().map(|(part, mut lines)| {
        lines.retain(|line| view.finds(&line.name, &line.slug));
        sort(&mut lines, view);
        let title = title(locale, part, board.groups, named.min_votes);
        Block { title: (!is_alone).then_some(title), lines }
    });
    blocks.filter(|block| !block.lines.is_empty()).collect()
}

fn sort(lines: &mut [Line], view: &View) {
    match view.sort {
        SortBy::Rating => lines.sort_by_key(|line| line.place),
        SortBy::Name => lines.sort_by_key(|line| line.name.to_lowercase()),
        SortBy::Column(column) => {
            // A column that is not shown has no cells to order by.
            let Some(at) = view.columns.iter().position(|shown| *shown == column) else { return };
            lines.sort_by(|a, b| {
                let (a, b) = (&a.cells[at].order, &b.cells[at].order);
                let order = match (a, b) {
                    (Some(Order::Number(a)), Some(Order::Number(b))) => a.total_cmp(b),
                    (Some(Order::Text(a)), Some(Order::Text(b))) => a.cmp(b),
                    // Last in either direction.
                    (a, b) => return b.is_some().cmp(&a.is_some()),
                };
                if view.descending { order.reverse() } else { order }
            });
            return;
        }
    }
    if view.descending != (view.sort == SortBy::Rating) {
        lines.reverse();
    }
}

fn title(locale: Locale, part: Part, groups: usize, min_votes: u64) -> String {
    match part {
        Part::Ranked(_) if groups < 2 => locale.text("board-ranked"),
        Part::Ranked(group) => locale.text_with("board-group", &[("number", &(group + 1).to_string())]),
        Part::Preliminary(_) => locale.text_with("board-preliminary", &[("votes", &grouped(min_votes))]),
        Part::Unrated => locale.text("board-not-ranked"),
        Part::WithoutVotes => locale.text("board-without-votes"),
        Part::Inactive => locale.text("board-retired"),
    }
}

impl Line {
    fn of(
        model: &ModelName,
        entry: &Entry<ModelId>,
        place: usize,
        span: Option<Span>,
        view: &View,
        facts: &Facts,
        locale: Locale,
    ) -> Self {
        let rated = entry.standing.rated();
        let margin = rated.map(|rated| rated.margin).filter(|margin| margin.is_finite());
        let why = match entry.standing {
            Standing::Rated(_) => None,
            Standing::Unrated(why) => Some(locale.text(unrated_reason(why))),
        };
        let bar = span.zip(rated).map(|(span, rated)| {
            let (from, to) = rated.interval();
            let x = |rating: f64| format!("{:.1}", 100.0 * span.share(rating));
            Bar { from: x(from), to: x(to), at: x(rated.rating), is_cut: span.cuts(from) || span.cuts(to) }
        });
        Self {
            rank: entry.rank.map(rank_range),
            rating: rated.map(|rated| format!("{:.0}", rated.rating)),
            margin: margin.map(|margin| format!("{:.0}", margin.ceil())),
            bar,
            why,
            cells: cells(model.id, Some(entry), view, facts, locale),
            ..Self::bare(model, place)
        }
    }

    fn without_votes(model: &ModelName, place: usize, view: &View, facts: &Facts, locale: Locale) -> Self {
        let why = Some(locale.text(unrated_reason(Unrated::NoBattles)));
        Self { why, cells: cells(model.id, None, view, facts, locale), ..Self::bare(model, place) }
    }

    fn bare(model: &ModelName, place: usize) -> Self {
        Self {
            slug: model.slug.clone(),
            name: model.display_name.clone(),
            rank: None,
            rating: None,
            margin: None,
            bar: None,
            why: None,
            cells: Vec::new(),
            place,
        }
    }
}

fn cells(id: ModelId, entry: Option<&Entry<ModelId>>, view: &View, facts: &Facts, locale: Locale) -> Vec<Cell> {
    view.columns.iter().map(|column| Cell::of(*column, id, entry, facts, locale)).collect()
}

impl Cell {
    fn of(column: Column, id: ModelId, entry: Option<&Entry<ModelId>>, facts: &Facts, locale: Locale) -> Self {
        let tally = entry.map_or_else(Tally::default, |entry| entry.tally);
        let count = |count: u64| Some((grouped(count), Order::Number(count as f64)));
        let share = |share: f64| (format!("{}%", percent(share)), Order::Number(share));
        let card = || facts.models.get(&id).map(Model::card);
        let text = |text: &String| (!text.is_empty()).then(|| (text.clone(), Order::Text(text.to_lowercase())));
        let found = match column {
            Column::Elo => entry.and_then(|entry| entry.elo).map(|elo| (format!("{elo:.0}"), Order::Number(elo))),
            Column::WinRate => tally.win_rate().map(share),
            Column::AverageWinRate => entry.and_then(|entry| entry.average_win_rate).map(share),
            Column::Wins => count(tally.wins),
            Column::Losses => count(tally.losses),
            Column::Ties => count(tally.ties),
            Column::BothBad => tally.both_bad_share().map(share),
            Column::Votes => count(tally.battles()),
            Column::Licence => card().and_then(|card| text(&card.licence)),
            Column::Quantisation => card().and_then(|card| text(&card.quantisation)),
            Column::Parameters => {
                card().and_then(|card| card.parameters).map(|n| (parameters(&n, &locale), Order::Number(n as f64)))
            }
            Column::Context => facts.contexts.get(&id).map(|n| (grouped(n.unsigned_abs()), Order::Number(*n as f64))),
            Column::Speed => facts.speeds.get(&id).map(|speed| (format!("{speed:.1}"), Order::Number(*speed))),
            Column::Added => facts.models.get(&id).map(|model| {
                let at = model.created_at;
                (at.format("%Y-%m-%d").to_string(), Order::Number(at.timestamp() as f64))
            }),
        };
        let (text, order) = found.map_or_else(|| ("–".to_owned(), None), |(text, order)| (text, Some(order)));
        Self { text, is_number: column.is_number(), order }
    }
}
