//! What a judge's reply says.

use regex::Regex;

use super::record::{Outcome, Score};

/// Why a reply holds no verdict.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// An answer has no score: its number, from 1.
    #[error("no score for answer {0}")]
    NoScore(usize),
    /// A score lies outside 1 to 10: what was said.
    #[error("the score {0} is not one of 1 to 10")]
    Range(String),
    /// No `[[A]]`, `[[B]]` or `[[C]]`.
    #[error("no verdict")]
    NoVerdict,
}

/// The patterns, compiled.
#[derive(Debug)]
pub struct Reader {
    thought: Regex,
    head: Regex,
    rated: Regex,
    bare: Regex,
    verdict: Regex,
}

impl Reader {
    /// Compiles them.
    ///
    /// # Errors
    /// A pattern is none: a fault of this crate, which its tests would find.
    pub fn new() -> Result<Self, regex::Error> {
        Ok(Self {
            thought: Regex::new(r"(?s)^\s*<think>.*?</think>")?,
            // At the beginning of a line, or a reason's “compared to System 1” would be one.
            head: Regex::new(
                r"(?mi)^[\s>*#_\-•\d.)(（]*(?:System|系统|Assistant|助手|Answer|回答)\s*(\d+)(?:['’]s answer)?\s*[*_]*\s*[:：]",
            )?,
            rated: Regex::new(r"(\d+(?:\.\d+)?)\s*(?:/|／|out of|分\s*/)\s*10\b")?,
            bare: Regex::new(r"^[\s*_]*(?:(?i:score|rating)|评分|得分|分数)?[\s*_:：]*(\d+(?:\.\d+)?)\s*分?")?,
            verdict: Regex::new(r"\[\[\s*([ABC])\s*\]\]")?,
        })
    }

    /// The scores of `count` answers, in the order in which the judge read them. Where an answer has several, as after a
    /// draft, its last one stands.
    ///
    /// # Errors
    /// One has none, or one outside of 1 to 10.
    pub fn scores(&self, reply: &str, count: usize) -> Result<Vec<Score>, Unread> {
        let reply = self.thought.replace(reply, "");
        let heads: Vec<_> = self.head.captures_iter(&reply).collect();
        let mut scores: Vec<Option<Score>> = vec![None; count];
        for (at, head) in heads.iter().enumerate() {
            let Some(number) = head[1].parse::<usize>().ok().filter(|number| (1..=count).contains(number)) else {
                continue;
            };
            let from = head.get(0).map_or(0, |head| head.end());
            let until = heads.get(at + 1).and_then(|next| next.get(0)).map_or(reply.len(), |next| next.start());
            let part = &reply[from..until];
            let Some(found) = self.rated.captures(part).or_else(|| self.bare.captures(part)) else { continue };
            let score: f64 = found[1].parse().map_err(|_| Unread::Range(found[1].to_owned()))?;
            if !(1.0..=10.0).contains(&score) {
                return Err(Unread::Range(found[1].to_owned()));
            }
            let end = found.get(0).map_or(0, |whole| whole.end());
            let is_mark = |c: char| c.is_whitespace() || ".,;:，。；：*_-–—)）".contains(c);
            let reason = part[end..].trim_start_matches(is_mark).trim();
            scores[number - 1] = Some(Score { score, reason: reason.to_owned() });
        }
        let missing = scores.iter().position(Option::is_none);
        missing.map_or_else(|| Ok(scores.into_iter().flatten().collect()), |at| Err(Unread::NoScore(at + 1)))
    }

    /// Which of two answers won, and why: the last `[[A]]`, `[[B]]` or `[[C]]`.
    ///
    /// # Errors
    /// There is none.
    pub fn pair(&self, reply: &str) -> Result<(Outcome, String), Unread> {
        let reply = self.thought.replace(reply, "");
        let found = self.verdict.captures_iter(&reply).last().ok_or(Unread::NoVerdict)?;
        let outcome = match &found[1] {
            "A" => Outcome::First,
            "B" => Outcome::Second,
            _ => Outcome::Tie,
        };
        let before = found.get(0).map_or("", |whole| &reply[..whole.start()]);
        Ok((outcome, before.trim().to_owned()))
    }
}
