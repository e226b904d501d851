//! The terminal's language and everything that is said in it: Fluent files in `locales/en` and `locales/zh`.
//!
//! Numbers that are given as numbers choose the plural and are shown with thousands separators; what must be shown as it is
//! (a seed, a version) is given as text.

/// A text of a language, with arguments: `t!(language, "chat-usage", tokens = 3)`.
macro_rules! t {
    ($language:expr, $key:expr $(, $name:ident = $value:expr)* $(,)?) => {
        $language.text($key, &[$((stringify!($name), $crate::i18n::Argument::value($value))),*])
    };
}

mod clap;
mod errors;
mod hub;
mod language;
mod numbers;
#[cfg(test)]
mod tests;

use fluent_templates::fluent_bundle::FluentValue;

#[cfg(test)]
pub use clap::key;
pub use clap::{command, usage_error};
pub use errors::{described, engine};
pub use hub::hub;
pub use language::Language;
pub use numbers::percent;
#[cfg(test)]
pub use tests::keys;

/// What may stand in a text.
pub trait Argument {
    fn value(self) -> FluentValue<'static>;
}

macro_rules! arguments {
    ($make:expr => $($kind:ty),*) => {
        $(impl Argument for $kind {
            fn value(self) -> FluentValue<'static> {
                let make: fn($kind) -> FluentValue<'static> = $make;
                make(self)
            }
        })*
    };
}

arguments!(|number| FluentValue::from(number) => usize, u64, u32);
arguments!(|text| FluentValue::from(text.to_string()) =>
    &str, String, &String, std::path::Display<'_>, mixtral_engine::quant::GgmlType);
