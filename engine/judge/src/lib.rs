//! Answers judged by a language model: what it is asked, what its reply says, what all replies come to, and how far they can be
//! trusted. Nothing here asks anybody: `mixtral judge` and the arena send [`form`]'s messages and read replies by [`Reader`].
//!
//! Scores of 1 to 10 with a reason are asked for as in Chinese-Mixtral's `examples/mixtral-vs-alpaca-gpt4rating.md`; pairs as in
//! MT-bench (`pair-v2` of FastChat's `judge_prompts.jsonl`), each in both orders.

mod agreement;
mod bias;
pub mod form;
mod question;
mod read;
mod record;
mod share;
mod summary;
#[cfg(test)]
mod tests;

pub use agreement::Agreement;
pub use bias::{Bias, Mean};
pub use form::Wording;
pub use question::{BadQuestion, Question, questions};
pub use read::{Reader, Unread};
pub use record::{Answer, BadFile, FORMAT, Item, JudgeFile, Mode, Outcome, Score, Verdict, orders};
pub use share::Share;
pub use summary::{Standing, standings};
