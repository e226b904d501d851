//! Settings that people type: each has one name, a type, a default and a rule, in one line. Models and the site have groups
//! of them.

mod choices;
mod numbers;
mod record;
mod rules;

pub(in crate::domain) use choices::{Choice, Flag};
pub(in crate::domain) use numbers::{Count, Decimal, Whole};
pub use record::SettingTexts;
pub(in crate::domain) use record::{checked, field, settings};
pub use rules::{Field, FieldError, Shape};
pub(in crate::domain) use rules::{
    LanguageCodes, Line, Mistake, Name, Optional, ParameterNames, Prose, Required, Rule, Source, mistake,
};
