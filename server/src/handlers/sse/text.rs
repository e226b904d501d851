//! A turn as server-sent events of plain text, for programs: characters where pages get blocks of HTML.

use std::sync::Arc;

use serde_json::json;

use super::EventWriter;
use crate::domain::{BattleStatus, Refusal, Side};
use crate::i18n::Locale;
use crate::streams::{Cursor, Digest, Place, Reader, SideView, View};
use crate::views::replies;

/// Turns views into events: what is new since what the reader has.
pub struct TextEvents {
    locale: Locale,
    battle: BattleStatus,
    cursor: Cursor,
    said: [Option<String>; 2],
    /// What the reader has, as far as it came from here.
    had: [Option<Had>; 2],
}

impl TextEvents {
    /// Goes on where a reader of this battle is. A place in another turn is no place in this one.
    pub fn new(locale: Locale, battle: BattleStatus, turn: i32, after: Option<Cursor>) -> Self {
        let cursor = after.filter(|cursor| cursor.turn == turn).unwrap_or(Cursor { turn, ..Cursor::default() });
        Self { locale, battle, cursor, said: [None, None], had: Default::default() }
    }

    /// The events that bring the reader from its last view to this one. `has_ended` closes the turn.
    fn of(&mut self, view: &View, has_ended: bool) -> String {
        let mut out = String::new();
        let battle = view.status_of(&self.battle);
        for side in [Side::A, Side::B] {
            if let Some(now) = &view.sides[side.index()] {
                self.side(&mut out, side, now, battle.may_retry_at(self.cursor.turn, side));
            }
        }
        if has_ended {
            self.event(&mut out, "ended", &json!({ "turn": self.cursor.turn }));
        }
        out
    }

    fn side(&mut self, out: &mut String, side: Side, now: &SideView, retry: Result<(), Refusal>) {
        let at = side.index();
        let place = self.cursor.sides[at];
        // Another attempt, another text or more than there is: from the beginning.
        let bytes = match &self.had[at] {
            _ if place.attempt != now.attempt => None,
            Some(had) => had.goes_on_in(now).then_some(had.text.len()),
            None => place.bytes_of(&now.text),
        };
        let (from, digest) = match (bytes, place.digest) {
            (Some(_), Some(digest)) => (place.chars, digest),
            (Some(bytes), None) => (place.chars, Digest::of(&now.text[..bytes])),
            (None, _) => (0, Digest::of("")),
        };
        let text = &now.text[bytes.unwrap_or(0)..];
        if !text.is_empty() || (from == 0 && place.chars > 0) {
            let chars = from + text.chars().count();
            self.cursor.sides[at] = Place { attempt: now.attempt, chars, digest: Some(digest.then(text)) };
            self.event(out, "text", &json!({ "side": side, "attempt": now.attempt, "from": from, "text": text }));
        }
        self.had[at] = Some(Had::of(now));
        let mut said = replies::status_json(self.locale, side, now, retry);
        said["attempt"] = json!(now.attempt);
        let text = said.to_string();
        if self.said[at].as_ref() != Some(&text) {
            self.event(out, "status", &said);
            self.said[at] = Some(text);
        }
    }

    fn event(&self, out: &mut String, name: &str, data: &serde_json::Value) {
        use std::fmt::Write as _;
        // Writing to a String cannot fail.
        let _ = write!(out, "id: {}\nevent: {name}\ndata: {data}\n\n", self.cursor);
    }
}

/// What a reader has of a side.
struct Had {
    restarts: u32,
    text: Arc<str>,
}

impl Had {
    fn of(view: &SideView) -> Self {
        Self { restarts: view.restarts, text: view.text.clone() }
    }

    /// Another server's row says nothing of restarts: there the text itself tells.
    fn goes_on_in(&self, now: &SideView) -> bool {
        self.restarts == now.restarts && now.text.starts_with(&*self.text)
    }
}

/// A reader's events.
pub struct TextStream {
    pub reader: Reader,
    pub events: TextEvents,
}

impl EventWriter for TextStream {
    async fn next(&mut self) -> Option<String> {
        self.reader.touch();
        match self.reader.next().await {
            Ok(view) => Some(self.events.of(&view?, self.reader.has_ended())),
            Err(error) => {
                tracing::warn!(%error, "a stream broke off; its reader comes again");
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{BattleKind, ReplyId, ReplyStatus, VoteStatus};

    const BATTLE: BattleStatus = BattleStatus {
        kind: BattleKind::Battle,
        vote: VoteStatus::None,
        turns: 1,
        judged: 0,
        has_complete_turn: false,
        sides: [None, None],
    };

    fn view(text: &str, attempt: i32) -> View {
        let side = SideView::new(ReplyId(uuid::Uuid::nil()), attempt, ReplyStatus::Streaming, text, None);
        View { sides: [Some(side), None] }
    }

    /// From where on what was sent, of the left answer.
    fn sent(events: &str) -> Option<(u64, String)> {
        let data = events.lines().filter_map(|line| line.strip_prefix("data: "));
        let mut objects = data.filter_map(|data| serde_json::from_str::<serde_json::Value>(data).ok());
        let text = objects.find(|object| object["side"] == "a")?;
        Some((text["from"].as_u64()?, text["text"].as_str()?.to_owned()))
    }

    #[test]
    fn only_what_is_new_is_sent_and_a_new_attempt_begins_anew() {
        let mut events = TextEvents::new(Locale::En, BATTLE, 1, None);
        assert_eq!(sent(&events.of(&view("诗", 1), false)), Some((0, "诗".to_owned())));
        let second = events.of(&view("诗人", 1), false);
        assert_eq!(sent(&second), Some((1, "人".to_owned())));
        assert!(!second.contains("event: status"), "{second}");
        assert_eq!(events.of(&view("诗人", 1), false), "");
        let again = events.of(&view("x", 2), true);
        assert_eq!(sent(&again), Some((0, "x".to_owned())));
        assert!(again.contains(r#""attempt":2"#) && again.contains("event: ended"), "{again}");
    }

    #[test]
    fn a_reader_who_comes_again_after_its_text_was_taken_back_begins_anew() {
        let mut events = TextEvents::new(Locale::En, BATTLE, 1, None);
        events.of(&view("Let me see: ", 1), false);
        events.of(&view("Let me see: the moon", 1), false);
        let again = |text: &str| TextEvents::new(Locale::En, BATTLE, 1, Some(events.cursor)).of(&view(text, 1), false);
        assert_eq!(sent(&again("Let me see: the moon is up")), Some((20, " is up".to_owned())));
        let taken_back = "The moon, said the poet, is an old friend.";
        assert_eq!(sent(&again(taken_back)), Some((0, taken_back.to_owned())));
        assert_eq!(sent(&again("")), Some((0, String::new())), "there is nothing in its place yet");
    }

    #[test]
    fn a_reader_goes_on_from_its_cursor() {
        let cursor: Cursor = "1.1-2.0-0".parse().expect("a cursor");
        let mut events = TextEvents::new(Locale::En, BATTLE, 1, Some(cursor));
        assert_eq!(sent(&events.of(&view("abcd", 1), false)), Some((2, "cd".to_owned())));
        let cursor: Cursor = "1.1-9.0-0".parse().expect("a cursor");
        let mut events = TextEvents::new(Locale::En, BATTLE, 1, Some(cursor));
        assert_eq!(sent(&events.of(&view("abcd", 1), false)), Some((0, "abcd".to_owned())));
    }
}
