//! How answers are sampled, within checked ranges.

use serde::{Deserialize, Serialize};

/// Sampling parameters of a battle: both sides get the same.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Parameters {
    /// 0 (always the likeliest token) to 2.
    pub temperature: f32,
    /// 0.01 to 1.
    pub top_p: f32,
    /// The longest answer in tokens.
    pub max_tokens: u32,
}

/// What a row or a message says, before the ranges are checked.
#[derive(Deserialize)]
struct Unchecked {
    temperature: f32,
    top_p: f32,
    max_tokens: u32,
}

impl TryFrom<Unchecked> for Parameters {
    type Error = ParameterError;

    fn try_from(given: Unchecked) -> Result<Self, ParameterError> {
        Self::checked(given.temperature, given.top_p, given.max_tokens)
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

    /// What blind battles use, as FastChat's arena.
    pub const BATTLE: Self = Self { temperature: 0.7, top_p: 1.0, max_tokens: 2000 };

    /// What named chats begin with.
    pub const NAMED: Self = Self { temperature: 0.7, top_p: 1.0, max_tokens: 1024 };

    /// Checks the ranges.
    pub fn checked(temperature: f32, top_p: f32, max_tokens: u32) -> Result<Self, ParameterError> {
        // Written so that NaN fails.
        if !(0.0..=Self::MAX_TEMPERATURE).contains(&temperature) {
            return Err(ParameterError("temperature"));
        }
        if !(Self::MIN_TOP_P..=1.0).contains(&top_p) {
            return Err(ParameterError("top_p"));
        }
        if !(1..=Self::MAX_TOKENS).contains(&max_tokens) {
            return Err(ParameterError("max_tokens"));
        }
        Ok(Self { temperature, top_p, max_tokens })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_checked_and_nan_is_out_of_all() {
        assert!(Parameters::checked(0.0, 1.0, 1).is_ok());
        assert_eq!(Parameters::checked(f32::NAN, 1.0, 1), Err(ParameterError("temperature")));
        assert_eq!(Parameters::checked(2.1, 1.0, 1), Err(ParameterError("temperature")));
        assert_eq!(Parameters::checked(1.0, 0.0, 1), Err(ParameterError("top_p")));
        assert_eq!(Parameters::checked(1.0, f32::NAN, 1), Err(ParameterError("top_p")));
        assert_eq!(Parameters::checked(1.0, 1.0, 0), Err(ParameterError("max_tokens")));
        assert_eq!(Parameters::checked(1.0, 1.0, 5000), Err(ParameterError("max_tokens")));
    }

    #[test]
    fn what_was_stored_is_checked_when_it_is_read() {
        let stored = serde_json::to_value(Parameters::BATTLE).expect("JSON");
        assert_eq!(serde_json::from_value::<Parameters>(stored).ok(), Some(Parameters::BATTLE));
        for bad in ["{}", r#"{"temperature":9,"top_p":1,"max_tokens":1}"#, r#"{"temperature":1,"top_p":1}"#] {
            assert!(serde_json::from_str::<Parameters>(bad).is_err(), "{bad}");
        }
    }
}
