//! How much another message may say before a model's context is full: an estimate, for the page to tell beforehand.

use super::{Battle, Side};
use crate::domain::is_empty_answer;

/// The least of a context that is kept for the answer, where the longest answer is longer than that: a quarter.
const ANSWER_SHARE: i64 = 4;

impl Battle {
    /// How many characters of another message fit into every side's context, roughly: the least of both, rounded down to
    /// 1, 2 or 5 times a power of ten, so that it tells the models apart as little as possible. `contexts` are the sides'
    /// contexts in tokens. `None` where nothing is known.
    pub fn room(&self, contexts: [Option<i64>; 2]) -> Option<u64> {
        let sides = self.kind.sides().iter();
        sides.filter_map(|side| self.room_of(*side, contexts[side.index()]?)).min().map(round_down)
    }

    /// The tokens that are left, in characters of this conversation.
    fn room_of(&self, side: Side, context: i64) -> Option<u64> {
        let counted = |turn: &super::Turn| {
            let reply = turn.reply(side)?;
            Some(i64::from(reply.prompt_tokens?) + i64::from(reply.completion_tokens?))
        };
        let (at, used) = self.turns.iter().enumerate().rev().find_map(|(at, turn)| Some((at, counted(turn)?)))?;
        let chars: usize = self.turns[..=at]
            .iter()
            .map(|turn| {
                let answer = turn.reply(side).map_or("", |reply| reply.content.as_str());
                turn.prompt.chars().count() + if is_empty_answer(answer) { 0 } else { answer.chars().count() }
            })
            .sum();
        let answer = i64::from(self.parameters.max_tokens).min(context / ANSWER_SHARE);
        let left = (context - used - answer).max(0);
        // A template's own tokens make short conversations look dense.
        let chars_per_token = (chars as f64 / used.max(1) as f64).clamp(0.5, 4.0);
        Some((left as f64 * chars_per_token) as u64)
    }
}

/// The largest of 0, 1, 2, 5, 10, 20, 50 … that is not above.
fn round_down(number: u64) -> u64 {
    let Some(digits) = number.checked_ilog10() else { return 0 };
    let unit = 10_u64.pow(digits);
    match number / unit {
        1 => unit,
        2..=4 => 2 * unit,
        _ => 5 * unit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::battle::tests::battle;
    use crate::domain::{BattleKind, Parameters};

    #[test]
    fn the_room_is_the_lesser_of_both_sides_and_rounded() {
        for (number, rounded) in [(0, 0), (1, 1), (9, 5), (19, 10), (20, 20), (49, 20), (50, 50), (7999, 5000)] {
            assert_eq!(round_down(number), rounded);
        }
        let mut battle = battle(BattleKind::Battle, None, 2, ['d', 'd']);
        assert_eq!(battle.room([Some(1000), Some(1000)]), None, "nothing was counted");
        for turn in &mut battle.turns {
            turn.prompt = "x".repeat(95);
            for reply in turn.replies.iter_mut().flatten() {
                reply.content = "whole".to_owned();
                (reply.prompt_tokens, reply.completion_tokens) = (Some(45 * turn.number), Some(5));
            }
        }
        battle.parameters = Parameters { max_tokens: 100, ..Parameters::BATTLE };
        // 200 characters are 95 tokens; 1000 - 95 - 100 tokens are left on a side, 500 - 95 - 100 on the other.
        assert_eq!(battle.room([Some(1000), None]), Some(1000));
        assert_eq!(battle.room([Some(1000), Some(500)]), Some(500));
        assert_eq!(battle.room([Some(100), Some(500)]), Some(0));
        assert_eq!(battle.room([None, None]), None);
        // The newest turn has failed, and counted nothing: what is known is from before.
        let failed = battle.turns[1].replies[0].as_mut().expect("asked");
        (failed.prompt_tokens, failed.completion_tokens) = (None, None);
        assert_eq!(battle.room([Some(1000), None]), Some(1000));
    }
}
