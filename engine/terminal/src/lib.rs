//! The language of the person at a terminal, and clap's help and usage errors in it. clap speaks English alone; both
//! programs of this workspace give it their texts through here.

mod help;
mod language;
mod usage;

pub use help::{Texts, localised};
pub use language::Language;
pub use usage::{refusal, show};
