//! Whether a file's votes are whole, and come to the board that its first line says.

use std::io::BufRead;

use super::{BoardLine, BoardVote, FORMAT, Snapshot, VoteLine, board_of, hash_of};
use crate::domain::{FIRST_HASH, VoteHash};

/// How far recomputed ratings may be from published ones: the order of sums differs.
const TOLERANCE: f64 = 1e-6;
/// Further problems are counted and not told.
const MAX_PROBLEMS: usize = 50;

/// What is wrong.
#[derive(Debug, Clone, PartialEq)]
pub enum Problem {
    /// A line cannot be read: its number, and why.
    Unreadable(u64, String),
    /// A vote is not what its hash was made of, or stands in another place: its number.
    Altered(i64),
    /// A vote is missing from the chain: its place.
    Missing(i64),
    /// The chain ends otherwise than the first line says.
    Head,
    /// So many votes are counted, and so many were published.
    Count { found: u64, published: u64 },
    /// The database counts other votes of a pair than there are: kind, language, both models.
    Pair { pair: String, published: i64, found: i64 },
    /// So many votes of the database have no hash.
    Unchained(u64),
    /// A model's figure is another.
    Differs { model: String, figure: &'static str, published: String, found: String },
}

impl Problem {
    /// The key of its text, and what the text names.
    #[must_use]
    pub fn told(&self) -> (&'static str, Vec<(&'static str, String)>) {
        match self {
            Self::Unreadable(line, why) => {
                ("problem-unreadable", vec![("line", line.to_string()), ("why", why.clone())])
            }
            Self::Altered(id) => ("problem-altered", vec![("vote", id.to_string())]),
            Self::Missing(seq) => ("problem-missing", vec![("seq", seq.to_string())]),
            Self::Head => ("problem-head", Vec::new()),
            Self::Unchained(votes) => ("problem-unchained", vec![("votes", votes.to_string())]),
            Self::Count { found, published } => {
                ("problem-count", vec![("found", found.to_string()), ("published", published.to_string())])
            }
            Self::Pair { pair, published, found } => {
                let figures = vec![("published", published.to_string()), ("found", found.to_string())];
                ("problem-pair", [vec![("pair", pair.clone())], figures].concat())
            }
            Self::Differs { model, figure, published, found } => {
                let figures = vec![("published", published.clone()), ("found", found.clone())];
                let of = vec![("model", model.clone()), ("figure", (*figure).to_owned())];
                ("problem-differs", [of, figures].concat())
            }
        }
    }
}

/// What a check came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Verdict {
    /// Votes in the file.
    pub votes: u64,
    /// Votes on the board.
    pub counted: u64,
    /// Models on the board.
    pub models: usize,
    /// The first problems; none where all is equal.
    pub problems: Vec<Problem>,
    /// How many there are.
    pub total: usize,
}

impl Verdict {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.total == 0
    }

    /// Notes a problem.
    pub fn add(&mut self, problem: Problem) {
        self.total += 1;
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(problem);
        }
    }
}

/// Checks a file, line by line: the chain, then the board.
///
/// # Errors
/// When it cannot be read, or its first line is not that of such a file.
pub fn verify(file: impl BufRead) -> std::io::Result<(Snapshot, Verdict)> {
    let mut lines = file.lines();
    let invalid = |why: String| std::io::Error::new(std::io::ErrorKind::InvalidData, why);
    let first = lines.next().ok_or_else(|| invalid("empty".into()))??;
    let snapshot: Snapshot = serde_json::from_str(&first).map_err(|why| invalid(why.to_string()))?;
    if snapshot.format != FORMAT {
        return Err(invalid(snapshot.format));
    }
    let mut verdict = Verdict::default();
    let mut before: VoteHash = FIRST_HASH;
    let mut votes = Vec::new();
    for (number, line) in (2..).zip(lines) {
        let line = line?;
        let vote: VoteLine = match serde_json::from_str(&line) {
            Ok(vote) => vote,
            Err(why) => {
                verdict.add(Problem::Unreadable(number, why.to_string()));
                continue;
            }
        };
        verdict.votes += 1;
        let expected = i64::try_from(verdict.votes).unwrap_or(i64::MAX);
        if vote.seq != expected {
            verdict.add(Problem::Missing(expected));
            // One gap is one problem: the count goes on from where the file does.
            verdict.votes = vote.seq.unsigned_abs();
        }
        let hash = hash_of(&vote.hash).unwrap_or(FIRST_HASH);
        if vote.chained(&snapshot.models).is_none_or(|chained| chained.hash(&before) != hash) {
            verdict.add(Problem::Altered(vote.id));
        }
        before = hash;
        if vote.is_on(snapshot.kind, snapshot.language.as_deref())
            && let Some(model_b) = vote.model_b
        {
            let models = [vote.model_a, model_b];
            votes.push(BoardVote { id: vote.id, models, choice: vote.choice, voter: vote.voter });
        }
    }
    if hex::encode(before) != snapshot.head || verdict.votes != snapshot.votes {
        verdict.add(Problem::Head);
    }
    verdict.counted = votes.len() as u64;
    if verdict.counted != snapshot.counted {
        verdict.add(Problem::Count { found: verdict.counted, published: snapshot.counted });
    }
    let board = board_of(votes, &snapshot.rules);
    verdict.models = board.len();
    compare(&snapshot.board, &board, &mut verdict);
    Ok((snapshot, verdict))
}

/// Notes each figure that is another.
pub fn compare(published: &[BoardLine], found: &[BoardLine], verdict: &mut Verdict) {
    let nothing = |model: &str| BoardLine {
        model: model.to_owned(),
        bradley_terry: None,
        standard_error: None,
        elo: None,
        wins: 0,
        losses: 0,
        ties: 0,
        both_bad: 0,
    };
    let mut models: Vec<&str> = published.iter().chain(found).map(|line| line.model.as_str()).collect();
    models.sort_unstable();
    models.dedup();
    for model in models {
        let line = |lines: &[BoardLine]| {
            lines.iter().find(|line| line.model == model).cloned().unwrap_or_else(|| nothing(model))
        };
        let (was, is) = (line(published), line(found));
        let rating = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.6}"));
        for (figure, was, is) in [
            ("bradley_terry", was.bradley_terry, is.bradley_terry),
            ("standard_error", was.standard_error, is.standard_error),
            ("elo", was.elo, is.elo),
        ] {
            let is_same = match (was, is) {
                (Some(was), Some(is)) => (was - is).abs() <= TOLERANCE * was.abs().max(1.0),
                (was, is) => was == is,
            };
            if !is_same {
                let (published, found) = (rating(was), rating(is));
                verdict.add(Problem::Differs { model: model.to_owned(), figure, published, found });
            }
        }
        for (figure, was, is) in [
            ("wins", was.wins, is.wins),
            ("losses", was.losses, is.losses),
            ("ties", was.ties, is.ties),
            ("both_bad", was.both_bad, is.both_bad),
        ] {
            if was != is {
                let (published, found) = (was.to_string(), is.to_string());
                verdict.add(Problem::Differs { model: model.to_owned(), figure, published, found });
            }
        }
    }
}
