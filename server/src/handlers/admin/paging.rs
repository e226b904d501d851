//! Long lists page by page, newest first: each page tells from where the next goes on.

use serde::Deserialize;

/// Rows a page.
const ROWS: usize = 50;

/// How many rows to read: one more than is shown tells whether there are older ones.
pub const ROWS_TO_READ: i64 = ROWS as i64 + 1;

/// From where to go on.
#[derive(Debug, Deserialize)]
pub struct Before {
    /// The place of the last row shown; nothing for the newest page.
    pub before: Option<i64>,
}

/// Cuts what was read down to a page, and gives the place of its last row where there are older ones.
pub fn cut<T>(rows: &mut Vec<T>, place: impl Fn(&T) -> i64) -> Option<i64> {
    let more = rows.len() > ROWS;
    rows.truncate(ROWS);
    if more { rows.last().map(place) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_row_too_many_tells_of_older_ones() {
        let mut rows: Vec<i64> = (1..=ROWS_TO_READ).rev().collect();
        assert_eq!(cut(&mut rows, |row| *row), Some(2), "the last row shown, not the one too many");
        assert_eq!(rows.len(), ROWS);
        assert_eq!(cut(&mut rows, |row| *row), None);
        assert_eq!(cut(&mut Vec::new(), |row| *row), None);
    }
}
