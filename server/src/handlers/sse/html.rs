//! A turn as server-sent events of HTML, for pages.
//!
//! The first one, and the first after a gap, has an id and brings the whole; those that follow bring edits of both columns, as
//! [`News`] describes them. They have neither id nor name: there are ten a second, and a browser keeps the id that it had. A
//! `status` event says how a side stands, `ended` closes the turn.

use std::fmt::Write as _;

use serde_json::json;

use crate::domain::{BattleStatus, Side};
use crate::i18n::Locale;
use crate::streams::{Cursor, View};
use crate::views::replies;
use crate::views::turns::{News, TurnReader};

use super::EventWriter;

/// Writes what is new for one reader.
pub struct HtmlEvents {
    locale: Locale,
    battle: BattleStatus,
    turn: i32,
    /// What was last said of each side.
    said: [Option<String>; 2],
    /// The view that it was said of.
    view: View,
}

impl HtmlEvents {
    pub fn new(locale: Locale, battle: BattleStatus, turn: i32) -> Self {
        Self { locale, battle, turn, said: [None, None], view: View::default() }
    }

    /// The events that bring the reader there.
    pub fn of(&mut self, news: &News) -> String {
        let mut out = String::with_capacity(news.edits.iter().map(|edits| edits.len() + 8).sum());
        if news.is_whole {
            let _ = writeln!(out, "id: {}", Cursor { turn: self.turn, ..Cursor::default() });
        }
        for edits in &news.edits {
            let _ = write!(out, "data: {edits}\n\n");
        }
        if !self.view.reads_like(&news.view) {
            self.say(&mut out, &news.view);
            self.view = (*news.view).clone();
        }
        if news.has_ended {
            let _ = write!(out, "event: ended\ndata: {}\n\n", json!({ "turn": self.turn }));
        }
        out
    }

    fn say(&mut self, out: &mut String, view: &View) {
        let battle = view.status_of(&self.battle);
        for side in [Side::A, Side::B] {
            let Some(now) = &view.sides[side.index()] else { continue };
            let retry = battle.may_retry_at(self.turn, side);
            let said = replies::status_json(self.locale, side, now, retry).to_string();
            if self.said[side.index()].as_ref() != Some(&said) {
                let _ = write!(out, "event: status\ndata: {said}\n\n");
                self.said[side.index()] = Some(said);
            }
        }
    }
}

/// A reader's events.
pub struct HtmlStream {
    pub reader: TurnReader,
    pub events: HtmlEvents,
}

impl EventWriter for HtmlStream {
    async fn next(&mut self) -> Option<String> {
        let news = self.reader.next().await?;
        Some(self.events.of(&news))
    }
}
