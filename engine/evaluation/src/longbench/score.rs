//! What all answers come to: by task, by group, over all, and by length.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::task::{Group, Task};

/// The bands of LongBench-E, by a sample's own length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum LengthBand {
    #[serde(rename = "0-4k")]
    Short,
    #[serde(rename = "4-8k")]
    Middle,
    #[serde(rename = "8k+")]
    Long,
}

impl LengthBand {
    /// The band of a length.
    #[must_use]
    pub fn of(length: usize) -> Self {
        match length {
            0..4000 => Self::Short,
            4000..8000 => Self::Middle,
            _ => Self::Long,
        }
    }

    /// Its name in the benchmark.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Short => "0-4k",
            Self::Middle => "4-8k",
            Self::Long => "8k+",
        }
    }
}

/// An answer that was scored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scored {
    pub task: String,
    /// Its place in the task's file, from 0.
    pub row: usize,
    /// In percent.
    pub score: f64,
    pub length: usize,
}

/// A mean with its standard error.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct MeanScore {
    /// In percent.
    pub score: f64,
    /// Of the mean, as if the samples were drawn from many.
    pub standard_error: f64,
    pub samples: usize,
}

impl MeanScore {
    fn of(scores: &[f64]) -> Self {
        let n = scores.len().max(1) as f64;
        let mean = scores.iter().sum::<f64>() / n;
        let squares: f64 = scores.iter().map(|score| (score - mean).powi(2)).sum();
        let error = if scores.len() > 1 { (squares / (n - 1.0) / n).sqrt() } else { 0.0 };
        Self { score: mean, standard_error: error, samples: scores.len() }
    }
}

/// A task's score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaskScore {
    pub task: String,
    #[serde(flatten)]
    pub mean: MeanScore,
    /// By length, for LongBench-E.
    pub bands: BTreeMap<LengthBand, MeanScore>,
}

/// A group's score: the mean of its tasks' scores.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct GroupScore {
    pub group: Group,
    pub score: f64,
    pub tasks: usize,
}

/// All that was scored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// In the benchmark's order.
    pub tasks: Vec<TaskScore>,
    pub groups: Vec<GroupScore>,
    /// The mean over the groups, as the published table has it.
    pub average: f64,
}

impl Summary {
    /// Sums up; nothing without an answer.
    #[must_use]
    pub fn of(scored: &[Scored]) -> Option<Self> {
        let of_task = |task: Task| {
            let own: Vec<&Scored> = scored.iter().filter(|one| one.task == task.name).collect();
            let scores = |own: &[&Scored]| MeanScore::of(&own.iter().map(|one| one.score).collect::<Vec<_>>());
            let mut bands: BTreeMap<LengthBand, Vec<&Scored>> = BTreeMap::new();
            own.iter().for_each(|one| bands.entry(LengthBand::of(one.length)).or_default().push(one));
            let bands = bands.into_iter().map(|(band, own)| (band, scores(&own))).collect();
            (!own.is_empty()).then(|| TaskScore { task: task.name.to_owned(), mean: scores(&own), bands })
        };
        let tasks: Vec<TaskScore> = Task::all().filter_map(of_task).collect();
        let mut by_group: BTreeMap<Group, Vec<f64>> = BTreeMap::new();
        for one in &tasks {
            if let Some(task) = Task::by_name(&one.task) {
                by_group.entry(task.group).or_default().push(one.mean.score);
            }
        }
        let mean = |scores: &[f64]| scores.iter().sum::<f64>() / scores.len().max(1) as f64;
        let groups: Vec<GroupScore> = by_group
            .into_iter()
            .map(|(group, scores)| GroupScore { group, score: mean(&scores), tasks: scores.len() })
            .collect();
        let average = mean(&groups.iter().map(|group| group.score).collect::<Vec<_>>());
        (!tasks.is_empty()).then_some(Self { tasks, groups, average })
    }
}
