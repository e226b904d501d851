//! Where a reader of a turn stands, as text that any server understands.

use std::str::FromStr;

/// What a reader has: of each side the attempt and how many characters of it. Written `turn.attempt-chars.attempt-chars`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cursor {
    pub turn: i32,
    /// ReplyAttempt and characters of both sides.
    pub sides: [(i32, usize); 2],
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [a, b] = self.sides;
        write!(f, "{}.{}-{}.{}-{}", self.turn, a.0, a.1, b.0, b.1)
    }
}

impl FromStr for Cursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.split('.');
        let turn = parts.next().and_then(|part| part.parse().ok()).ok_or(())?;
        let mut side = || -> Result<(i32, usize), ()> {
            let (attempt, chars) = parts.next().and_then(|part| part.split_once('-')).ok_or(())?;
            Ok((attempt.parse().map_err(|_| ())?, chars.parse().map_err(|_| ())?))
        };
        let sides = [side()?, side()?];
        if parts.next().is_some() { Err(()) } else { Ok(Self { turn, sides }) }
    }
}
