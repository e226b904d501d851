//! What a model is made of costs or gains, by the votes on all models that share it.

use crate::domain::ModelId;
use crate::findings::{FactorKind, Factors};
use arena_rating::{Effect, Scale};

/// An effect in points.
#[derive(Debug)]
pub struct Points {
    pub value: String,
    /// Half the width of the interval; nothing where too few people voted to tell.
    pub margin: Option<String>,
    /// Whether the interval leaves 0, and to which side.
    pub is_better: bool,
    pub is_worse: bool,
}

impl Points {
    /// Of an effect in units of strength.
    pub fn of(effect: Effect) -> Self {
        let factor = Scale::default().factor();
        let (value, margin) = (factor * effect.coefficient, factor * effect.margin);
        let value_text = format!("{value:+.0}").replace('-', "−");
        Self {
            value: if matches!(value_text.as_str(), "+0" | "−0") { "0".to_owned() } else { value_text },
            margin: margin.is_finite().then(|| format!("{:.0}", margin.ceil())),
            is_better: value - margin > 0.0,
            is_worse: value + margin < 0.0,
        }
    }
}

/// This model's quantisation against another one.
#[derive(Debug)]
pub(super) struct Against {
    /// The other, as the models' cards say it; empty where they say nothing.
    pub other: String,
    /// Nothing where no votes tell.
    pub points: Option<Points>,
}

/// This model's quantisation against all others; nothing where all rated models have the same, or this one is not rated.
pub(super) fn of_quantisation(factors: &Factors, model: ModelId) -> Option<(String, Vec<Against>)> {
    let own = factors.level(FactorKind::Quantisation, model)?;
    let others = factors.of(FactorKind::Quantisation)?.levels.iter().filter(|level| *level != own);
    let against =
        others.map(|other| Against { other: other.name.clone(), points: factors.against(own, other).map(Points::of) });
    Some((own.name.clone(), against.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_effect_says_its_sign_and_whether_it_is_certain() {
        let unit = 10_f64.ln() / 400.0;
        let of = |value: f64, margin: f64| {
            Points::of(Effect { coefficient: value * unit, standard_error: margin * unit / 2.0, margin: margin * unit })
        };
        let worse = of(-31.6, 20.2);
        assert_eq!((worse.value.as_str(), worse.margin.as_deref()), ("−32", Some("21")));
        assert!(worse.is_worse && !worse.is_better);
        let even = of(-0.3, 20.0);
        assert_eq!(even.value, "0");
        assert!(!even.is_worse && !even.is_better);
        assert_eq!(of(5.0, f64::INFINITY).margin, None);
    }
}
