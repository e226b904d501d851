//! The limits in force: what administrators say, else what the program was started with.

use std::num::NonZeroU32;
use std::time::Duration;

use super::SiteSettings;
use crate::domain::PairSettings;

/// The limits in force.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SiteRules {
    /// Messages, and votes, of one visitor in a minute.
    pub voter_per_minute: NonZeroU32,
    /// Messages, and votes, from one address in a minute.
    pub address_per_minute: NonZeroU32,
    /// How long a vote can be taken back on its page; nothing for never.
    pub vote_undo: Duration,
    /// After how many days conversations are deleted, if ever.
    pub keep_days: Option<NonZeroU32>,
    /// Models with fewer votes are preliminary: rated, but not ranked.
    pub min_votes: u64,
    /// How pairs are drawn.
    pub pairs: PairSettings,
    /// At most this share of the voters who vote as others do is flagged; 0 for nobody.
    pub flag_rate: f64,
}

/// What the command line starts with when nothing is said.
impl Default for SiteRules {
    fn default() -> Self {
        let by_voter = NonZeroU32::new(20).expect("not zero");
        let by_address = NonZeroU32::new(60).expect("not zero");
        Self {
            voter_per_minute: by_voter,
            address_per_minute: by_address,
            vote_undo: Duration::from_secs(5),
            keep_days: None,
            min_votes: 30,
            pairs: PairSettings::default(),
            flag_rate: 0.01,
        }
    }
}

impl SiteRules {
    /// These, but for what administrators say.
    #[must_use]
    pub fn with(self, settings: &SiteSettings) -> Self {
        let said = &settings.limits;
        let count = |said: Option<i64>| said.and_then(|number| u32::try_from(number).ok());
        let many = |said: Option<i64>| said.and_then(|number| u64::try_from(number).ok());
        Self {
            voter_per_minute: count(said.voter_per_minute).and_then(NonZeroU32::new).unwrap_or(self.voter_per_minute),
            address_per_minute: count(said.address_per_minute)
                .and_then(NonZeroU32::new)
                .unwrap_or(self.address_per_minute),
            vote_undo: many(said.vote_undo_seconds).map_or(self.vote_undo, Duration::from_secs),
            keep_days: count(said.keep_days).map_or(self.keep_days, NonZeroU32::new),
            min_votes: many(said.min_votes).unwrap_or(self.min_votes),
            pairs: PairSettings {
                even_share: said.even_share.unwrap_or(self.pairs.even_share),
                new_below: many(said.new_model_votes).unwrap_or(self.pairs.new_below),
                new_boost: said.new_model_boost.unwrap_or(self.pairs.new_boost),
            },
            flag_rate: said.flag_rate.unwrap_or(self.flag_rate),
        }
    }

    /// A limit by the name of its setting, as it would be typed.
    #[must_use]
    pub fn text(&self, setting: &str) -> Option<String> {
        Some(match setting {
            "voter_per_minute" => self.voter_per_minute.to_string(),
            "address_per_minute" => self.address_per_minute.to_string(),
            "vote_undo_seconds" => self.vote_undo.as_secs().to_string(),
            "keep_days" => self.keep_days.map_or(0, NonZeroU32::get).to_string(),
            "min_votes" => self.min_votes.to_string(),
            "even_share" => self.pairs.even_share.to_string(),
            "new_model_votes" => self.pairs.new_below.to_string(),
            "new_model_boost" => self.pairs.new_boost.to_string(),
            "flag_rate" => self.flag_rate.to_string(),
            _ => return None,
        })
    }
}
