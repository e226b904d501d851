//! C-Eval, CMMLU, MMLU and LongBench as Chinese-Mixtral measured them: reading the official files, laying questions out, and counting what
//! was answered right. Nothing here knows a model: whoever asks one sends [`prompt()`]'s texts and counts its answers by [`Report`].
//!
//! Layouts and prompts are those of the benchmarks and of Chinese-Mixtral's `scripts/{ceval,cmmlu,mmlu}`.

mod benchmark;
mod extract;
pub mod longbench;
mod names;
mod prompt;
mod question;
mod read;
mod score;
#[cfg(test)]
mod tests;

pub use benchmark::Benchmark;
pub use extract::{Extractor, Found};
pub use prompt::{Layout, header, messages, prompt};
pub use question::{CHOICES, Letter, Question};
pub use read::{Data, ReadError, Split};
pub use score::{Difference, Group, Judged, Report, Share, Subject};
