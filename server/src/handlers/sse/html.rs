//! A turn as server-sent events of HTML, for pages. They are idempotent and carry their own place, so that any server can go on after any
//! of them: an event says which blocks of a side are replaced from which one on, and its id says how much of each side
//! the reader then has.

use std::fmt::Write as _;

use serde_json::json;

use super::TurnEvents;
use crate::domain::{BattleStatus, Refusal, Side};
use crate::i18n::Locale;
use crate::streams::{Cursor, SideView, View, prefix};
use crate::views::markdown::{Rendered, may_shift};
use crate::views::replies;

/// Turns views into events for one reader.
pub struct HtmlEvents {
    locale: Locale,
    battle: BattleStatus,
    cursor: Cursor,
    sides: [SideState; 2],
}

#[derive(Default)]
struct SideState {
    rendered: Rendered,
    /// What was last said of it.
    said: Option<String>,
    is_begun: bool,
    restarts: u32,
}

impl TurnEvents for HtmlEvents {
    fn new(locale: Locale, battle: BattleStatus, turn: i32, after: Option<Cursor>) -> Self {
        let cursor = after.filter(|cursor| cursor.turn == turn).unwrap_or(Cursor { turn, ..Cursor::default() });
        Self { locale, battle, cursor, sides: [SideState::default(), SideState::default()] }
    }

    fn of(&mut self, view: &View, has_ended: bool) -> String {
        let mut out = String::new();
        let battle = view.status_of(&self.battle);
        for side in [Side::A, Side::B] {
            if let Some(now) = &view.sides[side.index()] {
                self.side(&mut out, side, now, battle.may_retry_at(self.cursor.turn, side), has_ended);
            }
        }
        if has_ended {
            let _ = write!(out, "id: {}\nevent: ended\ndata: {}\n\n", self.cursor, json!({ "turn": self.cursor.turn }));
        }
        out
    }
}

impl HtmlEvents {
    fn side(&mut self, out: &mut String, side: Side, now: &SideView, retry: Result<(), Refusal>, has_ended: bool) {
        let place = side.index();
        let state = &mut self.sides[place];
        let (attempt, chars) = self.cursor.sides[place];
        let mut all = false;
        if attempt != now.attempt || (state.is_begun && state.restarts != now.restarts) {
            *state = SideState { is_begun: true, restarts: now.restarts, ..SideState::default() };
            all = true;
        } else if !state.is_begun {
            (state.is_begun, state.restarts) = (true, now.restarts);
            let had = prefix(&now.text, chars);
            if had.chars().count() == chars {
                state.rendered.grow(had);
            } else {
                // More than there is: not from here.
                all = true;
            }
        }
        let length = now.text.chars().count();
        let is_grown = all || self.cursor.sides[place] != (now.attempt, length);
        let mut from = state.rendered.grow(&now.text);
        if has_ended && may_shift(&now.text) {
            state.rendered = Rendered::default();
            from = state.rendered.grow(&now.text);
            all = true;
        }
        if is_grown || all {
            self.cursor.sides[place] = (now.attempt, length);
            let data = json!({ "side": side, "from": from, "blocks": &state.rendered.blocks()[from..] });
            let _ = write!(out, "id: {}\nevent: blocks\ndata: {data}\n\n", self.cursor);
        }
        let said = replies::status_json(self.locale, side, now, retry).to_string();
        if state.said.as_ref() != Some(&said) {
            let _ = write!(out, "id: {}\nevent: status\ndata: {said}\n\n", self.cursor);
            state.said = Some(said);
        }
    }
}
