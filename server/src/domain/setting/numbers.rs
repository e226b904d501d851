//! Rules for settings that are numbers.

use super::rules::{Mistake, Rule, Shape, mistake};

/// A number that may have decimals.
pub(in crate::domain) struct Decimal {
    pub min: f64,
    pub max: f64,
}

impl Rule for Decimal {
    type Value = f64;

    fn check(&self, text: &str) -> Result<f64, Mistake> {
        match text.parse() {
            // NaN is within nothing.
            Ok(number) if (self.min..=self.max).contains(&number) => Ok(number),
            _ => mistake("field-number", format!("{}–{}", self.min, self.max)),
        }
    }

    fn show(&self, value: &f64) -> String {
        value.to_string()
    }

    fn shape(&self) -> Shape {
        Shape::Decimal { min: self.min, max: self.max }
    }
}

/// A whole number, or a short one such as 32k or 467 亿.
pub(in crate::domain) struct Whole {
    pub min: i64,
    pub max: i64,
}

impl Rule for Whole {
    type Value = i64;

    fn check(&self, text: &str) -> Result<i64, Mistake> {
        let text = text.replace([',', ' ', '_'], "");
        let (digits, scale) = match text.char_indices().last() {
            Some((at, 'k' | 'K')) => (&text[..at], 1e3),
            Some((at, 'm' | 'M')) => (&text[..at], 1e6),
            Some((at, 'b' | 'B')) => (&text[..at], 1e9),
            Some((at, '万')) => (&text[..at], 1e4),
            Some((at, '亿')) => (&text[..at], 1e8),
            _ => (text.as_str(), 1.0),
        };
        let number = digits.parse::<f64>().map_or(f64::NAN, |number| number * scale);
        let whole = number.round();
        // 46.7 × 10⁹ is whole but for the last bits; 2.5 is not.
        if (number - whole).abs() < 1e-3 && (self.min as f64..=self.max as f64).contains(&whole) {
            return Ok(whole as i64);
        }
        mistake("field-number", format!("{}–{}", self.min, self.max))
    }

    fn show(&self, value: &i64) -> String {
        value.to_string()
    }

    fn shape(&self) -> Shape {
        Shape::Whole { min: self.min, max: self.max }
    }
}

/// A whole number from 1 that is often so large that people shorten it: 46.7B.
pub(in crate::domain) struct Count {
    pub max: i64,
}

impl Rule for Count {
    type Value = i64;

    fn check(&self, text: &str) -> Result<i64, Mistake> {
        Whole { min: 1, max: self.max }.check(text)
    }

    fn show(&self, value: &i64) -> String {
        value.to_string()
    }

    fn shape(&self) -> Shape {
        Shape::Count { max: self.max }
    }
}
