//! How answers are sampled, within checked ranges.

use serde::{Deserialize, Serialize};

use super::text_enum::text_enum;

/// What a battle says of the sampling of its answers: both sides get the same. What is not said is up to the contestant, whose own
/// settings are part of it, else as usual.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Parameters {
    /// 0 (always the likeliest token) to 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f32>,
    /// 0.01 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f32>,
    /// Only so many of the likeliest tokens; 0 for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_k: Option<u32>,
    /// Only tokens at least this likely relative to the likeliest, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_p: Option<f32>,
    /// Weakens what was said already, 0.5 to 2; 1 does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repetition_penalty: Option<f32>,
    /// For repeatable answers; drawn where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u32>,
    /// The longest answer in tokens.
    pub max_tokens: u32,
}

/// What a row or a message says, before the ranges are checked.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub struct Unchecked {
    pub temperature: Option<f32>,
    pub top_p: Option<f32>,
    pub top_k: Option<u32>,
    pub min_p: Option<f32>,
    pub repetition_penalty: Option<f32>,
    pub seed: Option<u32>,
    pub max_tokens: Option<u32>,
}

impl TryFrom<Unchecked> for Parameters {
    type Error = ParameterError;

    fn try_from(given: Unchecked) -> Result<Self, ParameterError> {
        let max_tokens = given.max_tokens.ok_or(ParameterError("max_tokens"))?;
        Self::checked(given, max_tokens)
    }
}

/// A parameter out of its range: which one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is out of its range")]
pub struct ParameterError(pub &'static str);

impl Parameters {
    /// The most tokens that may be asked for.
    pub const MAX_TOKENS: u32 = 4096;

    /// The highest temperature; the lowest is 0.
    pub const MAX_TEMPERATURE: f32 = 2.0;

    /// The lowest top-p; the highest is 1.
    pub const MIN_TOP_P: f32 = 0.01;

    /// The highest top-k.
    pub const MAX_TOP_K: u32 = 1000;

    /// The lowest and the highest repetition penalty.
    pub const REPETITION_PENALTY: [f32; 2] = [0.5, 2.0];

    /// The highest seed: 31 bits, because servers differ in the widest one that they take.
    pub const MAX_SEED: u32 = u32::MAX >> 1;

    /// The temperature where neither the battle nor the contestant says one, as FastChat's arena.
    pub const USUAL_TEMPERATURE: f32 = 0.7;

    /// The same of top-p.
    pub const USUAL_TOP_P: f32 = 1.0;

    /// What blind battles use: nothing is said, but for the longest answer.
    pub const BATTLE: Self = Self::up_to(2000);

    /// What named chats begin with.
    pub const NAMED: Self = Self::up_to(1024);

    const fn up_to(max_tokens: u32) -> Self {
        Self {
            temperature: None,
            top_p: None,
            top_k: None,
            min_p: None,
            repetition_penalty: None,
            seed: None,
            max_tokens,
        }
    }

    /// Checks the ranges.
    ///
    /// # Errors
    /// The first one that is out of its range.
    pub fn checked(given: Unchecked, max_tokens: u32) -> Result<Self, ParameterError> {
        let max_tokens = given.max_tokens.unwrap_or(max_tokens);
        // Written so that NaN fails.
        let fits = |value: Option<f32>, [min, max]: [f32; 2]| value.is_none_or(|value| (min..=max).contains(&value));
        let checks = [
            (fits(given.temperature, [0.0, Self::MAX_TEMPERATURE]), "temperature"),
            (fits(given.top_p, [Self::MIN_TOP_P, 1.0]), "top_p"),
            (given.top_k.is_none_or(|top_k| top_k <= Self::MAX_TOP_K), "top_k"),
            (fits(given.min_p, [0.0, 1.0]), "min_p"),
            (fits(given.repetition_penalty, Self::REPETITION_PENALTY), "repetition_penalty"),
            (given.seed.is_none_or(|seed| seed <= Self::MAX_SEED), "seed"),
            ((1..=Self::MAX_TOKENS).contains(&max_tokens), "max_tokens"),
        ];
        match checks.into_iter().find(|(fits, _)| !fits) {
            Some((_, name)) => Err(ParameterError(name)),
            None => {
                let Unchecked { temperature, top_p, top_k, min_p, repetition_penalty, seed, .. } = given;
                Ok(Self { temperature, top_p, top_k, min_p, repetition_penalty, seed, max_tokens })
            }
        }
    }
}

text_enum!(
    /// Settings that belong together, for whoever does not want to think of each.
    Preset, "preset" {
        /// What Chinese-Mixtral's own programs begin with.
        ChineseMixtral = "chinese-mixtral",
        /// The likeliest token each time.
        Precise = "precise",
        /// More surprising.
        Creative = "creative",
    }
);

impl Preset {
    /// What it says. Chinese-Mixtral's defaults: temperature 0.2, top-k 40, top-p 0.9, repetition penalty 1.1, 512 tokens (its
    /// `inference_hf.py`).
    pub fn parameters(self) -> Unchecked {
        let none = Unchecked::default();
        match self {
            Self::ChineseMixtral => Unchecked {
                temperature: Some(0.2),
                top_k: Some(40),
                top_p: Some(0.9),
                repetition_penalty: Some(1.1),
                max_tokens: Some(512),
                ..none
            },
            Self::Precise => Unchecked { temperature: Some(0.0), top_p: Some(1.0), ..none },
            Self::Creative => Unchecked { temperature: Some(1.0), top_p: Some(0.95), min_p: Some(0.02), ..none },
        }
    }
}

impl Unchecked {
    /// These, and where they say nothing, the others.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            temperature: self.temperature.or(other.temperature),
            top_p: self.top_p.or(other.top_p),
            top_k: self.top_k.or(other.top_k),
            min_p: self.min_p.or(other.min_p),
            repetition_penalty: self.repetition_penalty.or(other.repetition_penalty),
            seed: self.seed.or(other.seed),
            max_tokens: self.max_tokens.or(other.max_tokens),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(given: Unchecked) -> Result<Parameters, ParameterError> {
        Parameters::checked(given, 100)
    }

    #[test]
    fn ranges_are_checked_and_nan_is_out_of_all() {
        let none = Unchecked::default();
        assert_eq!(checked(none), Ok(Parameters { max_tokens: 100, ..Parameters::NAMED }));
        assert!(checked(Unchecked { temperature: Some(0.0), top_k: Some(0), seed: Some(7), ..none }).is_ok());
        let bad = [
            (Unchecked { temperature: Some(f32::NAN), ..none }, "temperature"),
            (Unchecked { temperature: Some(2.1), ..none }, "temperature"),
            (Unchecked { top_p: Some(0.0), ..none }, "top_p"),
            (Unchecked { top_p: Some(f32::NAN), ..none }, "top_p"),
            (Unchecked { top_k: Some(1001), ..none }, "top_k"),
            (Unchecked { min_p: Some(-0.1), ..none }, "min_p"),
            (Unchecked { repetition_penalty: Some(0.4), ..none }, "repetition_penalty"),
            (Unchecked { seed: Some(u32::MAX), ..none }, "seed"),
            (Unchecked { max_tokens: Some(0), ..none }, "max_tokens"),
            (Unchecked { max_tokens: Some(5000), ..none }, "max_tokens"),
        ];
        for (given, name) in bad {
            assert_eq!(checked(given), Err(ParameterError(name)));
        }
    }

    #[test]
    fn what_was_stored_is_checked_when_it_is_read() {
        let stored = serde_json::to_value(Parameters::BATTLE).expect("JSON");
        assert_eq!(stored, serde_json::json!({ "max_tokens": 2000 }));
        assert_eq!(serde_json::from_value::<Parameters>(stored).ok(), Some(Parameters::BATTLE));
        // As rows were written before contestants had settings of their own.
        let old = serde_json::from_str::<Parameters>(r#"{"temperature":0.7,"top_p":1.0,"max_tokens":1024}"#).unwrap();
        assert_eq!((old.temperature, old.top_p, old.top_k), (Some(0.7), Some(1.0), None));
        for bad in ["{}", r#"{"temperature":9,"max_tokens":1}"#, r#"{"temperature":1,"top_p":1}"#] {
            assert!(serde_json::from_str::<Parameters>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn presets_are_within_the_ranges_and_what_is_typed_goes_before_them() {
        for preset in Preset::ALL {
            assert!(checked(preset.parameters()).is_ok(), "{preset}");
        }
        let typed = Unchecked { temperature: Some(0.5), ..Unchecked::default() };
        let both = typed.or(Preset::ChineseMixtral.parameters());
        assert_eq!((both.temperature, both.top_k, both.max_tokens), (Some(0.5), Some(40), Some(512)));
    }
}
