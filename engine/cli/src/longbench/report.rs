//! Results as people read them: in the terminal, as Markdown, and as JSON.

use mixtral_evaluation::longbench::{Group, Summary};
use serde_json::{Value, json};

use super::setup::Setup;
use crate::i18n::Language;

/// The results with what they are of.
pub fn json(setup: &Setup, summary: &Summary) -> Value {
    json!({ "benchmark": "longbench", "setup": setup, "average": summary.average, "groups": summary.groups, "tasks": summary.tasks })
}

fn group_name(group: Group, language: Language) -> String {
    let key = match group {
        Group::SingleDocument => "longbench-single-document",
        Group::MultiDocument => "longbench-multi-document",
        Group::Summarisation => "longbench-summarisation",
        Group::FewShot => "longbench-few-shot",
        Group::Code => "longbench-code",
        Group::Synthetic => "longbench-synthetic",
    };
    t!(language, key)
}

/// A line for each task, each group, and the average. Names come last, as letters differ in width.
pub fn text(summary: &Summary, by_length: bool, language: Language) -> String {
    let mut text = String::new();
    for task in &summary.tasks {
        let bands = task.bands.iter().map(|(band, mean)| format!("  {} {:.1}", band.name(), mean.score));
        let bands: String = if by_length { bands.collect() } else { String::new() };
        let mean = task.mean;
        text.push_str(&format!(
            "{:>6.2} ± {:<5.2} {:>5}  {}{bands}\n",
            mean.score, mean.standard_error, mean.samples, task.task
        ));
    }
    text.push('\n');
    for group in &summary.groups {
        text.push_str(&format!("{:>6.2} {:>13}  {}\n", group.score, "", group_name(group.group, language)));
    }
    format!("{text}{:>6.2} {:>13}  {}", summary.average, "", t!(language, "longbench-average"))
}

/// The same as a document: the published table's groups first.
pub fn markdown(setup: &Setup, summary: &Summary, language: Language) -> String {
    let heads: Vec<String> = summary.groups.iter().map(|group| group_name(group.group, language)).collect();
    let scores: Vec<String> = summary.groups.iter().map(|group| format!("{:.1}", group.score)).collect();
    let rule = "---|".repeat(heads.len() + 2);
    let head = [
        t!(language, "longbench-task"),
        t!(language, "longbench-score"),
        t!(language, "evaluate-standard-error"),
        t!(language, "longbench-samples"),
    ];
    let mut text = format!(
        "# LongBench{}\n\n`{}`\n\n| | {} | {} |\n|{rule}\n| | {} | **{:.1}** |\n\n| {} |\n|---|---|---|---|\n",
        if setup.by_length { "-E" } else { "" },
        setup.model,
        heads.join(" | "),
        t!(language, "longbench-average"),
        scores.join(" | "),
        summary.average,
        head.join(" | ")
    );
    for task in &summary.tasks {
        let mean = task.mean;
        text.push_str(&format!(
            "| {} | {:.2} | {:.2} | {} |\n",
            task.task, mean.score, mean.standard_error, mean.samples
        ));
    }
    if setup.by_length {
        text.push_str(&format!("\n| {} | 0-4k | 4-8k | 8k+ |\n|---|---|---|---|\n", head[0]));
        for task in &summary.tasks {
            let of = |name: &str| {
                let band = task.bands.iter().find(|(band, _)| band.name() == name);
                band.map_or("–".to_owned(), |(_, mean)| format!("{:.2}", mean.score))
            };
            text.push_str(&format!("| {} | {} | {} | {} |\n", task.task, of("0-4k"), of("4-8k"), of("8k+")));
        }
    }
    text
}
