//! Which battles and which deeds the administrators' lists show.

use serde::Serialize;
use uuid::Uuid;

use super::text_enum::text_enum;
use super::vote_filter::{day, like, part};
use super::{AdminId, BadFilter, BattleKind, ModelId};

text_enum!(
    /// What became of a battle.
    BattleOutcome, "outcome of a battle" {
        /// It has a vote.
        Voted = "voted",
        /// It has none.
        Unvoted = "unvoted",
        /// An answer failed.
        Failed = "failed",
        /// Its vote does not count.
        Excluded = "excluded",
    }
);

/// A checked filter of battles, as the database's function `battle_matches` takes it. Nothing stands for anything.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct BattleCriteria {
    /// A battle, or who began it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
    /// The code of a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<BattleKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<BattleOutcome>,
    /// The set that the prompt is of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set: Option<String>,
    /// Seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<i64>,
    /// Seconds since 1970; the end, which is not part of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
}

impl BattleCriteria {
    /// Reads every part, each by its name; models are named by their slugs.
    ///
    /// # Errors
    /// Names the first part that cannot be read.
    pub fn check<'a>(
        get: impl Fn(&str) -> &'a str,
        model_of: impl Fn(&str) -> Option<ModelId>,
    ) -> Result<Self, BadFilter> {
        let q = get("q").trim();
        let id: Option<Uuid> = q.parse().ok();
        Ok(Self {
            id,
            // What is no id is the code of a failure, which the list shows.
            code: (!q.is_empty() && id.is_none()).then(|| q.to_owned()),
            model: part(get("model"), "model", model_of)?,
            kind: part(get("kind"), "kind", |text| text.parse().ok())?,
            language: part(get("language"), "language", |text| (text.len() <= 16).then(|| text.to_owned()))?,
            state: part(get("state"), "state", |text| text.parse().ok())?,
            set: part(get("set"), "set", |text| Some(text.to_owned()))?,
            from: part(get("from"), "from", |text| day(text, 0))?,
            until: part(get("to"), "to", |text| day(text, 1))?,
        })
    }
}

/// A checked filter of deeds, as the database's function `deed_matches` takes it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct DeedCriteria {
    /// A part of the target or the details, as a pattern of LIKE.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub admin: Option<AdminId>,
    /// Deeds of nobody: the command line, or the service itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nobody: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// Seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<i64>,
    /// Seconds since 1970; the end, which is not part of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
}

/// What the filter of administrators calls nobody.
pub const NOBODY: &str = "nobody";

impl DeedCriteria {
    /// Reads every part, each by its name.
    ///
    /// # Errors
    /// Names the first part that cannot be read.
    pub fn check<'a>(get: impl Fn(&str) -> &'a str) -> Result<Self, BadFilter> {
        let q = get("q").trim();
        let is_nobody = get("admin") == NOBODY;
        Ok(Self {
            pattern: (!q.is_empty()).then(|| like(q)),
            admin: match is_nobody {
                true => None,
                false => part(get("admin"), "admin", |text| text.parse().ok().map(AdminId))?,
            },
            nobody: is_nobody.then_some(true),
            action: part(get("action"), "action", |text| (text.len() <= 64).then(|| text.to_owned()))?,
            from: part(get("from"), "from", |text| day(text, 0))?,
            until: part(get("to"), "to", |text| day(text, 1))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &'static [(&'static str, &'static str)]) -> impl Fn(&str) -> &'static str {
        move |name| pairs.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| *value)
    }

    #[test]
    fn filters_are_read_part_by_part_or_refused_by_name() {
        let model = ModelId(Uuid::from_u128(7));
        let model_of = |slug: &str| (slug == "mixtral").then_some(model);
        let read =
            BattleCriteria::check(of(&[("q", " timeout "), ("model", "mixtral"), ("to", "1970-01-01")]), model_of);
        let wanted = BattleCriteria { code: Some("timeout".into()), model: Some(model), ..BattleCriteria::default() };
        assert_eq!(read.unwrap(), BattleCriteria { until: Some(86_400), ..wanted });
        const ID: &str = "00000000-0000-0000-0000-000000000009";
        let read = BattleCriteria::check(of(&[("q", ID), ("state", "failed")]), model_of).unwrap();
        assert_eq!((read.id, read.code, read.state), (ID.parse().ok(), None, Some(BattleOutcome::Failed)));
        for bad in [&[("model", "x")], &[("kind", "x")], &[("state", "lost")], &[("from", "31.7.2026")]] {
            assert_eq!(BattleCriteria::check(of(bad), model_of).unwrap_err().0, bad[0].0);
        }
        let read = DeedCriteria::check(of(&[("q", "50%"), ("admin", "nobody"), ("action", "votes.import")])).unwrap();
        assert_eq!((read.pattern.as_deref(), read.nobody, read.admin), (Some("%50\\%%"), Some(true), None));
        assert_eq!(DeedCriteria::check(of(&[("admin", "x")])).unwrap_err().0, "admin");
        assert_eq!(DeedCriteria::check(of(&[])).unwrap(), DeedCriteria::default());
    }
}
