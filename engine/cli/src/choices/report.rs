//! Results as people read them: in the terminal, and as Markdown.

use mixtral_evaluation::{Difference, Report, Share};

use super::setup::Setup;
use crate::i18n::Language;

fn figures(share: Share) -> [String; 3] {
    [
        format!("{:.1}", share.percent()),
        format!("{:.1}", share.standard_error()),
        format!("{}/{}", share.right, share.all),
    ]
}

/// A line for each subject, each group, and all. Names come last, as letters differ in width.
pub fn text(report: &Report, language: Language) -> String {
    let row = |name: &str, share: Share| {
        let [percent, error, counts] = figures(share);
        format!("{percent:>6} ± {error:<4} {counts:>11}  {name}\n")
    };
    let mut text = String::new();
    for subject in &report.subjects {
        text.push_str(&row(&subject.name, subject.share));
    }
    text.push('\n');
    for group in &report.groups {
        text.push_str(&row(&group.name, group.share));
    }
    text.push_str(&row(&t!(language, "evaluate-overall"), report.overall));
    if report.unreadable > 0 {
        text.push_str(&t!(language, "evaluate-unreadable", count = report.unreadable));
        text.push('\n');
    }
    text.trim_end().to_owned()
}

/// The same as a document.
pub fn markdown(setup: &Setup, report: &Report, language: Language) -> String {
    let head = ["evaluate-what", "evaluate-accuracy", "evaluate-standard-error", "evaluate-right"];
    let head = head.map(|key| t!(language, key)).join(" | ");
    let mut text = format!("# {}\n\n`{}`\n\n| {head} |\n|---|---|---|---|\n", setup.benchmark, setup.model);
    let mut row = |name: &str, share: Share| {
        let [percent, error, counts] = figures(share);
        text.push_str(&format!("| {name} | {percent} | {error} | {counts} |\n"));
    };
    row(&format!("**{}**", t!(language, "evaluate-overall")), report.overall);
    for group in &report.groups {
        row(&format!("*{}*", group.name), group.share);
    }
    for subject in &report.subjects {
        row(&subject.name, subject.share);
    }
    text
}

/// How two models differ.
pub fn difference(difference: &Difference, models: [&str; 2], language: Language) -> String {
    let (low, high) = difference.interval();
    let [percent, low, high] = [difference.percent, low, high].map(|number| format!("{number:+.1}"));
    t!(
        language,
        "evaluate-difference",
        first = models[0],
        second = models[1],
        percent = percent,
        low = low,
        high = high,
        questions = difference.questions,
        onlyfirst = difference.only_first,
        onlysecond = difference.only_second
    )
}
