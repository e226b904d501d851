//! What readers of a turn are told, step by step.

use super::*;
use crate::domain::{ReplyId, ReplyStatus};
use crate::streams::{SideView, View, prefix};
use crate::views::markdown;
use crate::views::markdown::testing::EditedBlocks;

fn side(text: &str, status: ReplyStatus) -> Option<SideView> {
    Some(SideView::new(ReplyId(uuid::Uuid::nil()), 1, status, text, None))
}

fn view(a: &str, b: &str) -> View {
    View { sides: [side(a, ReplyStatus::Streaming), side(b, ReplyStatus::Streaming)] }
}

#[derive(Default)]
struct Reader {
    sides: [EditedBlocks; 2],
    at: Option<u64>,
    wholes: usize,
}

impl Reader {
    fn read(&mut self, turn: &mut RenderedTurn) {
        let Some(news) = turn.since(self.at) else { return };
        self.at = Some(news.step);
        self.wholes += usize::from(news.is_whole);
        for edits in &news.edits {
            let edits: serde_json::Value = serde_json::from_str(edits).expect("JSON");
            for (side, edit) in edits.as_object().expect("sides") {
                self.sides[usize::from(side == "b")].take_json(edit);
            }
        }
    }

    fn html(&self, side: usize) -> String {
        self.sides[side].blocks.concat()
    }
}

#[test]
fn a_step_of_both_columns_is_one_edit() {
    let mut turn = RenderedTurn::default();
    turn.take(view("one", "two"), false);
    turn.take(view("one more", "two more"), false);
    let news = turn.since(Some(1)).expect("a step");
    assert_eq!(news.edits.len(), 1);
    assert_eq!(&*news.edits[0], r#"{"a":" more","b":" more"}"#);
}

#[test]
fn whoever_comes_late_or_has_fallen_behind_gets_the_whole_and_then_edits() {
    let mut turn = RenderedTurn::default();
    let (mut steady, mut late, mut slow) = (Reader::default(), Reader::default(), Reader::default());
    assert!(turn.since(None).is_none(), "nothing is known yet");
    let text = "床前明月光，**疑是**地上霜。\n\n".repeat(400);
    let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).skip(1).step_by(37).chain([text.len()]).collect();
    for (step, end) in ends.iter().enumerate() {
        turn.take(view(&text[..*end], prefix(&text, step * 20)), false);
        steady.read(&mut turn);
        if step >= 100 {
            late.read(&mut turn);
        }
        if step == 0 {
            slow.read(&mut turn);
        }
    }
    turn.take(View { sides: [side(&text, ReplyStatus::Done), side("x", ReplyStatus::Stopped)] }, true);
    for (name, reader, wholes) in [("steady", &mut steady, 1), ("late", &mut late, 1), ("slow", &mut slow, 2)] {
        reader.read(&mut turn);
        assert_eq!((reader.html(0), reader.html(1)), (markdown::html(&text), markdown::html("x")), "{name}");
        assert_eq!(reader.wholes, wholes, "{name}");
    }
    assert!(turn.has_ended() && turn.since(steady.at).is_none());
}

#[test]
fn a_text_that_was_retracted_goes_also_where_only_its_row_is_known() {
    let mut turn = RenderedTurn::default();
    let mut reader = Reader::default();
    for (text, shown) in [
        ("thoughts", "<p dir=\"auto\">thoughts</p>"),
        ("", ""),
        ("said", "<p dir=\"auto\">said</p>"),
        ("no", "<p dir=\"auto\">no</p>"),
    ] {
        turn.take(view(text, "x"), false);
        reader.read(&mut turn);
        assert_eq!(reader.html(0), shown);
    }
}
