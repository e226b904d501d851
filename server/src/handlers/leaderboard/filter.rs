//! Which board an address asks for, and the address of a board.

use chrono::NaiveDate;
use serde::Deserialize;
use url::form_urlencoded::byte_serialize;

use crate::boards::BoardKey;
use crate::domain::{BattleKind, BoardCategory, TieRule};
use crate::error::Error;

/// What the address asks for. Pages, files and the API take the same.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Filter {
    /// `battle` (the default), `side_by_side` or `direct`.
    kind: String,
    /// A language code, or `all` (the default).
    language: String,
    /// A group that has a leaderboard of its own, or all voters (the default).
    group: String,
    /// A category, or `all` (the default).
    category: String,
    /// The first day, as `2026-01-31` (UTC).
    from: String,
    /// The last day; its votes are in.
    to: String,
    /// `on`, or `off` (the default).
    style: String,
    /// `half` (the default) or `davidson`.
    ties: String,
    /// `formula` (the default) or `bootstrap`. Only files and the API ask so; a page shows both.
    intervals: String,
}

impl Filter {
    /// The board that is asked for.
    pub(super) fn key(&self) -> Result<BoardKey, Error> {
        let kind = match self.kind.as_str() {
            "" => BattleKind::Battle,
            name => name.parse().map_err(|_| Error::invalid("board-kind", self.kind.clone()))?,
        };
        let language = match self.language.as_str() {
            "" | "all" => None,
            code if code.len() <= 16 && code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') => {
                Some(code.to_owned())
            }
            _ => return Err(Error::invalid("board-language", "")),
        };
        let group = Some(self.group.trim()).filter(|group| !group.is_empty()).map(str::to_owned);
        let category = match self.category.as_str() {
            "" | "all" => None,
            name => Some(name.parse::<BoardCategory>().map_err(|_| Error::invalid("board-category", name.to_owned()))?),
        };
        let style_control = match self.style.as_str() {
            "" | "off" => false,
            "on" => true,
            other => return Err(Error::invalid("board-style", other.to_owned())),
        };
        let (first_day, last_day) = (day(&self.from)?, day(&self.to)?);
        // A direct chat has one side: there is no style to take out.
        let style_control = style_control && kind != BattleKind::Direct;
        let ties = match self.ties.as_str() {
            "" => TieRule::Half,
            name => name.parse().map_err(|_| Error::invalid("board-ties", name.to_owned()))?,
        };
        // A direct chat has no ties, and the fit with style counts them half.
        let ties = if style_control || kind == BattleKind::Direct { TieRule::Half } else { ties };
        Ok(BoardKey { kind, language, group, category, first_day, last_day, style_control, ties })
    }

    /// Whether intervals are to be found by drawing the votes anew.
    pub(super) fn is_redrawn(&self) -> Result<bool, Error> {
        let key = self.key()?;
        match self.intervals.as_str() {
            "" | "formula" => Ok(false),
            "bootstrap" if can_be_redrawn(&key) => Ok(true),
            "bootstrap" => Err(Error::invalid("board-intervals-here", "")),
            other => Err(Error::invalid("board-intervals", other.to_owned())),
        }
    }
}

/// Whether a board's votes can be drawn anew: its ratings must be plain Bradley-Terry.
pub(super) fn can_be_redrawn(key: &BoardKey) -> bool {
    key.kind != BattleKind::Direct && !key.style_control && key.ties == TieRule::Half
}

/// Days since 1970.
fn day(text: &str) -> Result<Option<i32>, Error> {
    if text.is_empty() {
        return Ok(None);
    }
    let date =
        NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| Error::invalid("board-date", text.to_owned()))?;
    Ok(Some(date.to_epoch_days()))
}

/// A day as addresses and date fields have it; nothing where there is none.
pub(super) fn date(day: Option<i32>) -> String {
    day.and_then(NaiveDate::from_epoch_days).map(|date| date.format("%Y-%m-%d").to_string()).unwrap_or_default()
}

/// The board's address, without what is so by default.
pub(super) fn query(key: &BoardKey) -> String {
    let mut query = format!("kind={}", key.kind);
    let mut add = |name: &str, value: &str| {
        if !value.is_empty() {
            query.push_str(&format!("&{name}={value}"));
        }
    };
    let group: String = key.group.iter().flat_map(|group| byte_serialize(group.as_bytes())).collect();
    add("language", key.language.as_deref().unwrap_or_default());
    add("group", &group);
    add("category", key.category.map(BoardCategory::as_str).unwrap_or_default());
    add("from", &date(key.first_day));
    add("to", &date(key.last_day));
    add("style", if key.style_control { "on" } else { "" });
    add("ties", if key.ties == TieRule::Half { "" } else { key.ties.as_str() });
    query
}

/// What tells a board's files apart, in a file's name.
pub(super) fn file_name(name: &str, key: &BoardKey, extension: &str) -> String {
    let parts = [
        Some(name.to_owned()),
        Some(key.kind.to_string()),
        Some(key.language.clone().unwrap_or_else(|| "all".into())),
        key.group.as_deref().map(file_word),
        key.category.map(|category| category.to_string()),
        key.first_day.map(|_| format!("from-{}", date(key.first_day))),
        key.last_day.map(|_| format!("to-{}", date(key.last_day))),
        key.style_control.then(|| "style".into()),
        (key.ties != TieRule::Half).then(|| key.ties.to_string()),
    ];
    format!("{}.{extension}", parts.into_iter().flatten().collect::<Vec<_>>().join("-"))
}

/// A group's name as a file's name may hold it.
fn file_word(group: &str) -> String {
    group.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(query: &str) -> Result<BoardKey, Error> {
        serde_html_form::from_str::<Filter>(query).unwrap().key()
    }

    #[test]
    fn filters_name_a_board_or_are_refused() {
        assert_eq!(key("").unwrap(), BoardKey::of(BattleKind::Battle));
        assert_eq!(key("kind=side_by_side&language=all").unwrap(), BoardKey::of(BattleKind::SideBySide));
        assert_eq!(key("kind=battle&language=zh").unwrap().language.as_deref(), Some("zh"));
        assert_eq!(key("category=coding").unwrap().category, Some(BoardCategory::Coding));
        assert_eq!(key("from=1970-01-02&to=").unwrap().first_day, Some(1));
        assert_eq!(key("ties=davidson").unwrap().ties, TieRule::Davidson);
        assert_eq!(key("ties=davidson&style=on").unwrap().ties, TieRule::Half, "the fit with style counts ties half");
        assert!(key("style=on").unwrap().style_control && !key("style=on&kind=direct").unwrap().style_control);
        for bad in [
            "kind=x",
            "language=*",
            "language=<b>",
            "language=a-very-long-language",
            "category=refusal",
            "from=yesterday",
            "to=2026-02-30",
            "style=maybe",
            "ties=third",
        ] {
            assert!(key(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_plain_ratings_have_votes_drawn_anew() {
        let redrawn = |query: &str| serde_html_form::from_str::<Filter>(query).unwrap().is_redrawn();
        assert!(redrawn("intervals=bootstrap&language=zh&category=math").unwrap());
        assert!(!redrawn("intervals=formula&style=on").unwrap() && !redrawn("").unwrap());
        for bad in ["intervals=x", "intervals=bootstrap&style=on", "intervals=bootstrap&ties=davidson"] {
            assert!(redrawn(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_address_of_a_board_leads_to_it() {
        for address in [
            "kind=battle",
            "kind=direct&language=en",
            "kind=battle&ties=davidson",
            "kind=battle&language=zh&group=%2Fstaff%2F%E6%96%87",
            "kind=side_by_side&language=zh&category=multi_turn&from=2026-01-31&to=2026-02-28&style=on",
        ] {
            assert_eq!(query(&key(address).unwrap()), address);
        }
        let group = key("kind=battle&group=%2Fstaff%2F%E6%96%87").unwrap();
        assert_eq!(group.group.as_deref(), Some("/staff/文"));
        assert_eq!(file_name("chart", &group, "svg"), "chart-battle-all-_staff_文.svg");
        let all = key("language=zh&category=math&from=2026-01-31&style=on").unwrap();
        assert_eq!(file_name("leaderboard", &all, "csv"), "leaderboard-battle-zh-math-from-2026-01-31-style.csv");
    }
}
