//! Where a page of a list ends, for the next request.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The place after which a list goes on. Its text means nothing to clients but this: the next page begins here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, pattern = "^[0-9a-f]{16}$")]
pub struct PageCursor(pub i64);

/// A text that no page gave.
#[derive(Debug, thiserror::Error)]
#[error("not a cursor of this list")]
pub struct UnknownCursor;

impl FromStr for PageCursor {
    type Err = UnknownCursor;

    fn from_str(text: &str) -> Result<Self, UnknownCursor> {
        let digits = text.len() == 16 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        let number = u64::from_str_radix(text, 16).ok().and_then(|number| i64::try_from(number).ok());
        number.filter(|_| digits).map(Self).ok_or(UnknownCursor)
    }
}

impl TryFrom<String> for PageCursor {
    type Error = UnknownCursor;

    fn try_from(text: String) -> Result<Self, UnknownCursor> {
        text.parse()
    }
}

impl From<PageCursor> for String {
    fn from(cursor: PageCursor) -> Self {
        format!("{:016x}", cursor.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        for place in [0, 1, 1_763_000_000_000_000, i64::MAX] {
            let text = String::from(PageCursor(place));
            assert_eq!(text.parse::<PageCursor>().map(|cursor| cursor.0).ok(), Some(place), "{text}");
        }
        for wrong in ["", "1", "000000000000000G", "00000000000000001", "ffffffffffffffff", "+000000000000001"] {
            assert!(wrong.parse::<PageCursor>().is_err(), "{wrong}");
        }
    }
}
