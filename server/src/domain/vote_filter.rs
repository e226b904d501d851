//! Which votes a list shows, a change touches or a file holds.

use chrono::{Days, NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::text_enum::text_enum;
use super::{BattleKind, Choice, ModelId};

text_enum!(
    /// Where a vote stands.
    VoteState, "state of a vote" {
        /// On a leaderboard.
        Counted = "counted",
        /// Taken off by an administrator.
        Withdrawn = "withdrawn",
        /// Held until an administrator decides about its voter.
        Flagged = "flagged",
        /// Did not count when it was cast.
        Excluded = "excluded",
        /// Of a chat with one model.
        Unrated = "unrated",
    }
);

text_enum!(
    /// Why a vote was taken off the boards.
    Withdrawal, "reason of a withdrawal" {
        /// An administrator withdrew it.
        Admin = "admin",
        /// Its voter was flagged.
        Flagged = "flagged",
    }
);

text_enum!(
    /// What an administrator decided about a flagged voter.
    VoterDecision, "decision about a voter" {
        /// The voter's votes count.
        Accepted = "accepted",
        /// They do not, nor do those to come.
        Withdrawn = "withdrawn",
    }
);

/// What an address, a form or a command line asks for; empty where it asks for nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct VoteFilter {
    /// A word of the comment, or the id of a battle or a voter.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub q: String,
    /// The id of a voter.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub voter: String,
    /// The keyed hash of an address, in hexadecimal digits.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub address: String,
    /// The slug of a model on either side.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub model: String,
    /// The kind of battle.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// The code of a language.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub language: String,
    /// What was voted.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub choice: String,
    /// `counted`, `withdrawn`, `flagged`, `excluded` or `unrated`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub state: String,
    /// The name of the set that the prompt was of.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub set: String,
    /// The first day (UTC), as `2026-07-31`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub from: String,
    /// The last day (UTC).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub to: String,
    /// The number of a change of many votes.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub change: String,
}

/// A part of a filter that cannot be read, by its name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a filter: {0}")]
pub struct BadFilter(pub &'static str);

/// A checked filter, as the database's function `vote_matches` takes it. Nothing stands for anything.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct VoteCriteria {
    /// A part of the comment, as a pattern of LIKE.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub battle: Option<Uuid>,
    /// A voter, or the votes that were untied from one together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voter: Option<Uuid>,
    /// Hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<BattleKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub choice: Option<Choice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<VoteState>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set: Option<String>,
    /// Seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<i64>,
    /// Seconds since 1970; the end, which is not part of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<i64>,
}

impl VoteFilter {
    /// The votes of a voter.
    #[must_use]
    pub fn of_voter(voter: Uuid) -> Self {
        Self { voter: voter.to_string(), ..Self::default() }
    }

    /// The votes that a change touched last.
    #[must_use]
    pub fn of_change(change: i64) -> Self {
        Self { change: change.to_string(), ..Self::default() }
    }

    /// Whether it asks for nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Reads every part; models are named by their slugs.
    ///
    /// # Errors
    /// Names the first part that cannot be read.
    pub fn check(&self, model_of: impl Fn(&str) -> Option<ModelId>) -> Result<VoteCriteria, BadFilter> {
        let q = self.q.trim();
        let id: Option<Uuid> = q.parse().ok();
        Ok(VoteCriteria {
            pattern: (!q.is_empty() && id.is_none()).then(|| like(q)),
            // Voters' ids and battles' ids do not meet: the one that has it is asked for by its own link.
            battle: id,
            voter: part(&self.voter, "voter", |text| text.parse().ok())?,
            address: part(&self.address, "address", |text| {
                let is_hex = text.len() % 2 == 0 && text.bytes().all(|b| b.is_ascii_hexdigit());
                is_hex.then(|| text.to_owned())
            })?,
            model: part(&self.model, "model", model_of)?,
            kind: part(&self.kind, "kind", |text| text.parse().ok())?,
            language: part(&self.language, "language", |text| (text.len() <= 16).then(|| text.to_owned()))?,
            choice: part(&self.choice, "choice", |text| text.parse().ok())?,
            state: part(&self.state, "state", |text| text.parse().ok())?,
            set: part(&self.set, "set", |text| Some(text.to_owned()))?,
            from: part(&self.from, "from", |text| day(text, 0))?,
            until: part(&self.to, "to", |text| day(text, 1))?,
            change: part(&self.change, "change", |text| text.parse().ok())?,
        })
    }

    /// The parts that ask for something, by name.
    #[must_use]
    pub fn parts(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("q", &self.q),
            ("voter", &self.voter),
            ("address", &self.address),
            ("model", &self.model),
            ("kind", &self.kind),
            ("language", &self.language),
            ("choice", &self.choice),
            ("state", &self.state),
            ("set", &self.set),
            ("from", &self.from),
            ("to", &self.to),
            ("change", &self.change),
        ];
        all.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name, value.as_str())).collect()
    }
}

pub(super) fn part<T>(
    text: &str,
    name: &'static str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, BadFilter> {
    match text.trim() {
        "" => Ok(None),
        text => read(text).map(Some).ok_or(BadFilter(name)),
    }
}

/// The pattern of LIKE that finds this text anywhere.
pub(super) fn like(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// The beginning of a day, so many days later.
pub(super) fn day(text: &str, later: u64) -> Option<i64> {
    let day = text.parse::<NaiveDate>().ok()?.checked_add_days(Days::new(later))?;
    Some(day.and_time(NaiveTime::MIN).and_utc().timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_read_part_by_part_or_refused_by_name() {
        let model = ModelId(Uuid::from_u128(7));
        let model_of = |slug: &str| (slug == "mixtral").then_some(model);
        let filter = VoteFilter {
            q: " 50% _off_ ".into(),
            model: "mixtral".into(),
            kind: "battle".into(),
            from: "1970-01-02".into(),
            to: "1970-01-02".into(),
            ..VoteFilter::default()
        };
        let read = filter.check(model_of).unwrap();
        assert_eq!(read.pattern.as_deref(), Some("%50\\% \\_off\\_%"));
        assert_eq!((read.model, read.kind), (Some(model), Some(BattleKind::Battle)));
        assert_eq!((read.from, read.until), (Some(86_400), Some(172_800)), "the last day is part of it");
        assert_eq!(VoteFilter::default().check(model_of).unwrap(), VoteCriteria::default());
        let by_id = VoteFilter { q: Uuid::from_u128(9).to_string(), ..VoteFilter::default() }.check(model_of).unwrap();
        assert_eq!((by_id.battle, by_id.pattern), (Some(Uuid::from_u128(9)), None));
        type Spoil = fn(&mut VoteFilter);
        let spoilt: [(&str, Spoil); 6] = [
            ("voter", |f| f.voter = "x".into()),
            ("address", |f| f.address = "abc".into()),
            ("model", |f| f.model = "gpt".into()),
            ("state", |f| f.state = "gone".into()),
            ("from", |f| f.from = "31.7.2026".into()),
            ("change", |f| f.change = "first".into()),
        ];
        for (name, spoil) in spoilt {
            let mut filter = VoteFilter::default();
            spoil(&mut filter);
            assert_eq!(filter.check(model_of).unwrap_err().0, name);
        }
    }
}
