//! Rules for settings of which there are few values: one of some names, or a box to tick.

use super::rules::{Mistake, Rule, Shape, mistake};

/// One value of an enumeration, by its name.
pub(in crate::domain) struct Choice<T> {
    names: &'static [&'static str],
    name_of: fn(T) -> &'static str,
}

impl<T> Choice<T> {
    pub const fn new(names: &'static [&'static str], name_of: fn(T) -> &'static str) -> Self {
        Self { names, name_of }
    }
}

impl<T: Copy + std::str::FromStr> Rule for Choice<T> {
    type Value = T;

    fn check(&self, text: &str) -> Result<T, Mistake> {
        text.parse().or_else(|_| mistake("field-choice", self.names.join(", ")))
    }

    fn show(&self, value: &T) -> String {
        (self.name_of)(*value).to_owned()
    }

    fn shape(&self) -> Shape {
        Shape::Choice(self.names)
    }
}

/// A box to tick.
pub(in crate::domain) struct Flag;

impl Rule for Flag {
    type Value = bool;

    fn check(&self, text: &str) -> Result<bool, Mistake> {
        if text == "yes" { Ok(true) } else { mistake("field-choice", "yes") }
    }

    fn show(&self, value: &bool) -> String {
        if *value { "yes".to_owned() } else { String::new() }
    }

    fn shape(&self) -> Shape {
        Shape::Flag
    }
}
