//! What the engine's errors say to people: the texts are Fluent files in `locales/en` and `locales/zh`. The program `mixtral`
//! says them in the terminal; workers and sandboxes of the arena send every language, and a page shows its reader's.
//!
//! ```text
//! requests    requests that were refused, answers that ended badly
//! errors      errors of the engine, faults in model files
//! system      what the operating system refused
//! language
//! separators
//! ```

/// A text of a language, with arguments: `t!(language, "fault-type", name = kind)`.
macro_rules! t {
    ($language:expr, $key:expr $(, $name:ident = $value:expr)* $(,)?) => {
        $language.text($key, &[$((stringify!($name), $crate::language::Argument::value($value))),*])
    };
}

mod errors;
mod language;
mod requests;
pub mod separators;
mod system;
#[cfg(test)]
mod tests;

pub use errors::{engine, fault};
pub use language::Language;
pub use requests::{crash, generate, submit, template};
pub use system::system;
