//! What somebody says of the rotary angles instead of the file: how a model is used for contexts longer than it was made for.

use std::str::FromStr;

use super::config::{Config, RopeScaling};
use crate::error::{Error, RequestFault, Result};

/// A way to stretch rotary angles, as llama.cpp's `--rope-scaling` names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RopeScalingType {
    None,
    Linear,
    Yarn,
}

impl FromStr for RopeScalingType {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "none" => Ok(Self::None),
            "linear" => Ok(Self::Linear),
            "yarn" => Ok(Self::Yarn),
            _ => Err(Error::Request(RequestFault::RopeScaling { text: text.to_owned() })),
        }
    }
}

/// Overrides of a model's rotary angles; what is not said stays as the file has it. The names are llama.cpp's.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RopeOptions {
    /// `--rope-scaling`; with a scale alone, the file's own way, or linear where it has none.
    pub scaling: Option<RopeScalingType>,
    /// `--rope-scale`: the context after stretching, over the context before.
    pub scale: Option<f32>,
    /// `--rope-freq-base`.
    pub theta: Option<f32>,
    /// `--yarn-orig-ctx`: tokens of the context before stretching; without it the file's.
    pub original: Option<usize>,
}

impl RopeOptions {
    /// Whether nothing is said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The shape with these angles.
    ///
    /// # Errors
    /// A number is not positive, or a way to stretch has no scale.
    pub fn apply(&self, config: &Config) -> Result<Config> {
        let positive = |name: &str, value: Option<f32>| match value {
            Some(value) if !(value.is_finite() && value > 0.0) => {
                Err(Error::Request(RequestFault::NotPositive { name: name.to_owned(), value: value.to_string() }))
            }
            value => Ok(value),
        };
        let mut config = config.clone();
        config.rope_theta = positive("--rope-freq-base", self.theta)?.unwrap_or(config.rope_theta);
        if self.original == Some(0) {
            let (name, value) = ("--yarn-orig-ctx".to_owned(), "0".to_owned());
            return Err(Error::Request(RequestFault::NotPositive { name, value }));
        }
        let told = positive("--rope-scale", self.scale)?;
        let (kind, own, original) = match config.rope_scaling {
            RopeScaling::None => (RopeScalingType::None, None, config.max_context),
            RopeScaling::Linear { factor } => (RopeScalingType::Linear, Some(factor), config.max_context),
            RopeScaling::Yarn { factor, original } => (RopeScalingType::Yarn, Some(factor), original),
        };
        let original = self.original.unwrap_or(original);
        let kind = match (self.scaling, kind) {
            (Some(kind), _) => kind,
            (None, RopeScalingType::None) if told.is_some() => RopeScalingType::Linear,
            (None, kind) => kind,
        };
        let factor = || told.or(own).ok_or(Error::Request(RequestFault::NoRopeScale));
        config.rope_scaling = match kind {
            RopeScalingType::None => RopeScaling::None,
            RopeScalingType::Linear => RopeScaling::Linear { factor: factor()? },
            RopeScalingType::Yarn => RopeScaling::Yarn { factor: factor()?, original },
        };
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(rope_scaling: RopeScaling) -> Config {
        Config {
            hidden_size: 64,
            layers: 1,
            heads: 4,
            kv_heads: 2,
            head_dim: 16,
            intermediate_size: 96,
            num_experts: 4,
            experts_per_token: 2,
            vocab_size: 100,
            max_context: 32_768,
            norm_eps: 1e-5,
            rope_theta: 1e6,
            rope_scaling,
        }
    }

    #[test]
    fn what_is_not_said_stays_as_the_file_has_it() {
        let own = RopeScaling::Yarn { factor: 4.0, original: 8_192 };
        let scaled = |options: RopeOptions, own| options.apply(&config(own)).map(|config| config.rope_scaling);
        let options = RopeOptions { scale: Some(2.0), ..RopeOptions::default() };
        for (options, own, wanted) in [
            (RopeOptions::default(), own, own),
            (RopeOptions::default(), RopeScaling::None, RopeScaling::None),
            (options, RopeScaling::None, RopeScaling::Linear { factor: 2.0 }),
            (options, own, RopeScaling::Yarn { factor: 2.0, original: 8_192 }),
            (
                RopeOptions { scaling: Some(RopeScalingType::Yarn), scale: Some(4.0), ..RopeOptions::default() },
                RopeScaling::None,
                RopeScaling::Yarn { factor: 4.0, original: 32_768 },
            ),
            (RopeOptions { scaling: Some(RopeScalingType::None), ..RopeOptions::default() }, own, RopeScaling::None),
            (
                RopeOptions { scaling: Some(RopeScalingType::Linear), ..RopeOptions::default() },
                own,
                RopeScaling::Linear { factor: 4.0 },
            ),
            (
                RopeOptions { original: Some(4_096), ..RopeOptions::default() },
                own,
                RopeScaling::Yarn { factor: 4.0, original: 4_096 },
            ),
        ] {
            assert_eq!(scaled(options, own).expect("possible"), wanted, "{options:?} {own:?}");
        }
        let base = RopeOptions { theta: Some(5e5), ..RopeOptions::default() };
        assert_eq!(base.apply(&config(own)).expect("possible").rope_theta, 5e5);
    }

    #[test]
    fn impossible_numbers_are_refused_by_their_option() {
        for (options, named) in [
            (RopeOptions { scale: Some(0.0), ..RopeOptions::default() }, "--rope-scale"),
            (RopeOptions { scale: Some(f32::NAN), ..RopeOptions::default() }, "--rope-scale"),
            (RopeOptions { theta: Some(-1.0), ..RopeOptions::default() }, "--rope-freq-base"),
            (RopeOptions { original: Some(0), ..RopeOptions::default() }, "--yarn-orig-ctx"),
            (RopeOptions { scaling: Some(RopeScalingType::Yarn), ..RopeOptions::default() }, "--rope-scale"),
        ] {
            let error = options.apply(&config(RopeScaling::None)).expect_err(named).to_string();
            assert!(error.contains(named), "{error}");
        }
        assert!("longrope".parse::<RopeScalingType>().expect_err("unknown").to_string().contains("longrope"));
    }
}
