//! What is asked of whom. Answers of another setup are not mixed with these.

use serde::{Deserialize, Serialize};

/// What was asked of whom: the first line of the answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    pub model: String,
    /// Whether it is LongBench-E.
    pub by_length: bool,
    pub max_length: usize,
    pub instruct: bool,
    pub greedy: bool,
    pub limit: Option<usize>,
    pub seed: u64,
}
