//! The chain of votes: each vote's hash holds what the vote says and the hash before it.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{BattleKind, Choice, ModelId, Reason};

/// The hash of a vote.
pub type VoteHash = [u8; 32];

/// The hash that stands before the first vote.
pub const FIRST_HASH: VoteHash = [0; 32];

/// What of a vote can never change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainedVote {
    /// The vote's number.
    pub id: i64,
    pub battle: Uuid,
    pub kind: BattleKind,
    pub language: String,
    /// The left model.
    pub model_a: ModelId,
    /// The right model, where there was one.
    pub model_b: Option<ModelId>,
    pub choice: Choice,
    pub reasons: Vec<Reason>,
    pub turns: i32,
    /// Why it did not count when it was cast.
    pub exclusion_reason: Option<String>,
    pub created_at: DateTime<Utc>,
}

impl ChainedVote {
    /// SHA-256 over the hash before and a line of text:
    /// `vote 1|number|battle|kind|language|left|right|choice|reasons|turns|excluded|microseconds since 1970`.
    #[must_use]
    pub fn hash(&self, before: &VoteHash) -> VoteHash {
        let model_b = self.model_b.map(|id| id.to_string()).unwrap_or_default();
        let reasons = self.reasons.iter().map(|reason| reason.as_str()).collect::<Vec<_>>().join(",");
        let excluded = self.exclusion_reason.as_deref().unwrap_or_default();
        let line = format!(
            "vote 1|{}|{}|{}|{}|{}|{model_b}|{}|{reasons}|{}|{excluded}|{}",
            self.id,
            self.battle,
            self.kind,
            self.language,
            self.model_a,
            self.choice,
            self.turns,
            self.created_at.timestamp_micros()
        );
        let mut hash = Sha256::new();
        hash.update(before);
        hash.update(line.as_bytes());
        hash.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vote() -> ChainedVote {
        ChainedVote {
            id: 1,
            battle: Uuid::from_u128(1),
            kind: BattleKind::Battle,
            language: "zh".into(),
            model_a: ModelId(Uuid::from_u128(2)),
            model_b: Some(ModelId(Uuid::from_u128(3))),
            choice: Choice::A,
            reasons: vec![Reason::Accuracy, Reason::Clarity],
            turns: 1,
            exclusion_reason: None,
            created_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_hash_is_what_any_other_program_makes_of_the_same_line() {
        // printf of 32 zero bytes and the line, through sha256sum.
        let line = "vote 1|1|00000000-0000-0000-0000-000000000001|battle|zh|00000000-0000-0000-0000-000000000002|\
            00000000-0000-0000-0000-000000000003|a|accuracy,clarity|1||0";
        let expected: VoteHash = Sha256::digest([&[0; 32], line.as_bytes()].concat()).into();
        assert_eq!(vote().hash(&FIRST_HASH), expected);
    }

    #[test]
    fn each_part_and_the_hash_before_change_the_hash() {
        let hash = vote().hash(&FIRST_HASH);
        assert_ne!(vote().hash(&hash), hash);
        let changes: [fn(&mut ChainedVote); 8] = [
            |vote| vote.id = 2,
            |vote| vote.choice = Choice::B,
            |vote| std::mem::swap(&mut vote.model_a.0, &mut vote.battle),
            |vote| vote.language = "en".into(),
            |vote| vote.kind = BattleKind::SideBySide,
            |vote| vote.reasons.clear(),
            |vote| vote.turns = 2,
            |vote| vote.exclusion_reason = Some("identity".into()),
        ];
        for change in changes {
            let mut altered = vote();
            change(&mut altered);
            assert_ne!(altered.hash(&FIRST_HASH), hash, "{altered:?}");
        }
    }
}
