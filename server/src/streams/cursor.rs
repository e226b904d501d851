//! Where a reader of a turn stands, as text that any server understands.

use std::fmt;
use std::str::FromStr;

/// What a reader has. Written `turn.SIDE.SIDE`, with both sides as [`Place`] writes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cursor {
    pub turn: i32,
    /// What it has of both sides.
    pub sides: [Place; 2],
}

/// What a reader has of a side. Written `attempt-chars-digest`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    pub attempt: i32,
    /// How many characters of it.
    pub chars: usize,
    /// Of these characters: what was shown may turn out to be no part of the answer, and be taken back while nobody is
    /// connected. Cursors of older servers have none.
    pub digest: Option<Digest>,
}

/// A digest of a text that is read piece by piece: FNV-1a with 32 bits (Fowler, Noll, Vo; draft-eastlake-fnv).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digest(u32);

impl Digest {
    /// The digest of a text.
    pub fn of(text: &str) -> Self {
        Self(0x811c_9dc5).then(text)
    }

    /// The digest of the same text with more behind it.
    #[must_use]
    pub fn then(self, more: &str) -> Self {
        Self(more.bytes().fold(self.0, |digest, byte| (digest ^ u32::from(byte)).wrapping_mul(0x0100_0193)))
    }
}

impl Place {
    /// How many bytes of a text that is as it stands now the reader has; nothing where it has another text.
    pub fn bytes_of(&self, text: &str) -> Option<usize> {
        let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        let bytes = ends.into_iter().nth(self.chars)?;
        self.digest.is_none_or(|digest| digest == Digest::of(&text[..bytes])).then_some(bytes)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.attempt, self.chars)?;
        self.digest.map_or(Ok(()), |Digest(digest)| write!(f, "-{digest:08x}"))
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b] = self.sides;
        write!(f, "{}.{a}.{b}", self.turn)
    }
}

impl FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.split('-');
        let attempt = parts.next().and_then(|part| part.parse().ok()).ok_or(())?;
        let chars = parts.next().and_then(|part| part.parse().ok()).ok_or(())?;
        let digest = parts.next().map(|part| u32::from_str_radix(part, 16).map(Digest)).transpose().map_err(|_| ())?;
        if parts.next().is_some() { Err(()) } else { Ok(Self { attempt, chars, digest }) }
    }
}

impl FromStr for Cursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.split('.');
        let turn = parts.next().and_then(|part| part.parse().ok()).ok_or(())?;
        let mut side = || parts.next().ok_or(())?.parse();
        let sides = [side()?, side()?];
        if parts.next().is_some() { Err(()) } else { Ok(Self { turn, sides }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written_and_nonsense_is_none() {
        let place = Place { attempt: 2, chars: 3, digest: Some(Digest::of("诗人x")) };
        let cursor = Cursor { turn: 1, sides: [place, Place::default()] };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        assert_eq!(
            "1.2-3.0-0".parse(),
            Ok(Cursor { turn: 1, sides: [Place { digest: None, ..place }, Place::default()] })
        );
        for nonsense in [
            "",
            "1",
            "1.2-3",
            "1.2-3.0",
            "a.1-2.3-4",
            "1.2-3.0-0.0-0",
            "1.-2.0-0",
            "1.2-3-xyz.0-0",
            "1.2-3-0-0.0-0",
            "1.2--3.0-0",
        ] {
            assert_eq!(nonsense.parse::<Cursor>(), Err(()), "{nonsense}");
        }
    }

    #[test]
    fn a_digest_is_that_of_the_whole_however_it_came() {
        // The values of draft-eastlake-fnv.
        assert_eq!((Digest::of(""), Digest::of("a")), (Digest(0x811c_9dc5), Digest(0xe40c_292c)));
        assert_eq!(Digest::of("foo").then("bar"), Digest::of("foobar"));
        assert_eq!(Digest::of("foobar"), Digest(0xbf9c_f968));
    }

    #[test]
    fn a_place_is_found_again_in_the_same_text_only() {
        let place = Place { attempt: 1, chars: 2, digest: Some(Digest::of("诗人")) };
        assert_eq!(place.bytes_of("诗人的"), Some(6));
        assert_eq!(place.bytes_of("诗人"), Some(6));
        assert_eq!(place.bytes_of("诗仙的"), None);
        assert_eq!(place.bytes_of("诗"), None);
        assert_eq!(Place { digest: None, ..place }.bytes_of("诗仙的"), Some(6));
    }
}
