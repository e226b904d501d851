//! What a visitor may choose of a board, and what is chosen.

use super::filter;
use super::view::{Column, View};
use crate::boards::BoardKey;
use crate::domain::{BattleKind, BoardCategory, SignIn, TieRule};
use crate::i18n::grouped;
use crate::views::{Page, language_name};

/// A choice of a filter.
pub(super) struct Choice {
    pub value: String,
    pub text: String,
    pub is_chosen: bool,
}

/// A column that may be shown.
pub(super) struct ColumnChoice {
    pub value: &'static str,
    pub text: String,
    pub is_chosen: bool,
    /// Whether it is shown to who has not chosen.
    pub is_usual: bool,
}

/// A category's tab.
pub(super) struct Tab {
    pub href: String,
    pub text: String,
    pub is_chosen: bool,
}

/// What chooses a board, and how it is shown.
pub(super) struct Filters {
    pub kinds: Vec<Choice>,
    pub languages: Vec<Choice>,
    /// Groups with a leaderboard of their own; empty where there are none.
    pub groups: Vec<Choice>,
    pub tabs: Vec<Tab>,
    pub columns: Vec<ColumnChoice>,
    pub category: String,
    pub from: String,
    pub to: String,
    pub style_control: bool,
    pub ties: Vec<Choice>,
    pub is_direct: bool,
    pub search: String,
    pub sort: String,
    pub compares_languages: bool,
    pub checks_intervals: bool,
    /// Whether anything but the kind is chosen.
    pub is_any: bool,
}

impl Filters {
    pub fn of(
        page: &Page,
        key: &BoardKey,
        view: &View,
        voted: Vec<(String, u64)>,
        filled: &[BattleKind],
        sign_in: &SignIn,
    ) -> Self {
        // Votes that visitors cannot cast are offered where there are any.
        let is_offered = |kind: &&BattleKind| {
            let is_of_visitors = !matches!(kind, BattleKind::Imported | BattleKind::Judge);
            is_of_visitors || **kind == key.kind || filled.contains(kind)
        };
        let kinds = BattleKind::ALL.iter().filter(is_offered).map(|kind| Choice {
            value: kind.to_string(),
            text: page.tn("board-kind-", kind),
            is_chosen: *kind == key.kind,
        });
        let chosen = key.language.as_deref();
        let all = Choice { value: "all".into(), text: page.t("board-language-all"), is_chosen: chosen.is_none() };
        // A language that was asked for by hand stays in the list, even without a vote.
        let asked =
            chosen.filter(|chosen| voted.iter().all(|(code, _)| code != chosen)).map(|code| (code.to_owned(), 0));
        let languages = voted.into_iter().chain(asked).map(|(code, votes)| Choice {
            text: format!("{} ({})", language_name(page.locale, &code), grouped(votes)),
            is_chosen: chosen == Some(code.as_str()),
            value: code,
        });
        let group = |group: Option<&str>| Choice {
            value: group.unwrap_or_default().to_owned(),
            text: group.map_or_else(|| page.t("board-voters-all"), str::to_owned),
            is_chosen: group == key.group.as_deref(),
        };
        let has_groups = sign_in.board_groups().next().is_some();
        let groups = std::iter::once(None).chain(sign_in.board_groups().map(Some)).filter(|_| has_groups).map(group);
        let tab = |category: Option<BoardCategory>| Tab {
            href: address(&BoardKey { category, ..key.clone() }, view),
            text: page.tn("board-category-", category.map_or("all", BoardCategory::as_str)),
            is_chosen: category == key.category,
        };
        let tabs = std::iter::once(None).chain(BoardCategory::ALL.iter().copied().map(Some)).map(tab);
        let ties = TieRule::ALL.iter().map(|rule| Choice {
            value: rule.to_string(),
            text: page.tn("board-ties-", rule),
            is_chosen: *rule == key.ties,
        });
        let columns = Column::ALL.into_iter().map(|column| ColumnChoice {
            value: column.name(),
            text: page.t(column.title()),
            is_chosen: view.columns.contains(&column),
            is_usual: column.is_usual(),
        });
        Self {
            kinds: kinds.collect(),
            languages: std::iter::once(all).chain(languages).collect(),
            groups: groups.collect(),
            tabs: tabs.collect(),
            columns: columns.collect(),
            category: key.category.map(|category| category.to_string()).unwrap_or_default(),
            from: filter::date(key.first_day),
            to: filter::date(key.last_day),
            style_control: key.style_control,
            ties: ties.collect(),
            is_direct: key.kind == BattleKind::Direct,
            search: view.search.clone(),
            sort: view.sort_value(),
            compares_languages: view.compares_languages,
            checks_intervals: view.checks_intervals,
            is_any: *key != BoardKey::of(key.kind) || !view.search.is_empty(),
        }
    }
}

fn address(key: &BoardKey, view: &View) -> String {
    format!("/leaderboard?{}{}", filter::query(key), view.query())
}
