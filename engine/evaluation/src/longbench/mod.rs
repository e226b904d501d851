//! LongBench's 21 tasks: files, prompts, metrics and groups, as in Chinese-Mixtral's `scripts/longbench` and THUDM's LongBench.
//!
//! `prompts.json` and `lengths.json` are the benchmark's `dataset2prompt.json` and `dataset2maxlen.json`, letter for letter.

mod metrics;
mod read;
mod rouge;
mod score;
mod similar;
mod task;
#[cfg(test)]
mod tests;
mod words;

pub use metrics::Scorer;
pub use read::{BadSample, Sample, read};
pub use score::{GroupScore, LengthBand, MeanScore, Scored, Summary, TaskScore};
pub use task::{Group, Language, Task};
