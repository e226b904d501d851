//! What was judged as people read it: in the terminal, and as Markdown in the form of Chinese-Mixtral's example.

use mixtral_judge::{Agreement, Bias, Item, JudgeFile, Mode, Outcome, Share, Standing, standings};
use serde_json::{Value, json};

use crate::i18n::Language;

/// Prompts of one table.
const COLUMNS: usize = 10;

/// The file with what it comes to.
pub fn json(file: &JudgeFile) -> Value {
    let mut all = json!(file);
    all["summary"] =
        json!({ "models": standings(file), "bias": Bias::of(file), "agreement": Agreement::of_file(file) });
    all
}

/// A line for each model, the best first, and what is known of the judge. Names come last, as letters differ in width.
pub fn text(file: &JudgeFile, language: Language) -> String {
    let mut all = standings(file);
    let value = |standing: &Standing| standing.average.or(standing.win_rate);
    all.sort_by(|a, b| value(b).unwrap_or(0.0).total_cmp(&value(a).unwrap_or(0.0)));
    let row = |standing: &Standing| match (file.mode, standing.average, standing.win_rate) {
        (Mode::Scores, Some(average), _) => {
            let interval =
                standing.interval.map(|(low, high)| format!("({:.2} – {:.2})", low.max(1.0), high.min(10.0)));
            format!("{average:>6.2} {:>15}  {}", interval.unwrap_or_default(), standing.model)
        }
        (Mode::Pairs, _, Some(rate)) => {
            let Standing { wins, ties, losses, .. } = standing;
            format!("{:>5.1}% {wins:>5} : {ties} : {losses:<5}  {}", 100.0 * rate, standing.model)
        }
        _ => format!("     – {:>15}  {}", String::new(), standing.model),
    };
    let head = match file.mode {
        Mode::Scores => t!(language, "judge-columns-scores"),
        Mode::Pairs => t!(language, "judge-columns-pairs"),
    };
    let rows = all.iter().map(row).collect::<Vec<_>>().join("\n");
    let judge = about_judge(file, language);
    let judge = if judge.is_empty() { String::new() } else { format!("\n\n{}", judge.join("\n")) };
    format!("{head}\n{rows}{judge}")
}

/// What is known of the judge's leanings and of its agreement with people; a line each.
fn about_judge(file: &JudgeFile, language: Language) -> Vec<String> {
    let share = |key: &str, share: Option<Share>| {
        let share = share?;
        let [percent, low, high] = [share.share, share.low, share.high].map(|part| format!("{:.1}%", 100.0 * part));
        Some(t!(language, key, percent = percent, low = low, high = high, hits = share.hits, of = share.of))
    };
    let bias = Bias::of(file);
    let agreement = Agreement::of_file(file);
    let points = bias.first_place_points.map(|points| {
        let [mean, low, high] = [points.mean, points.low, points.high].map(|number| format!("{number:+.2}"));
        t!(language, "judge-first-place-points", mean = mean, low = low, high = high)
    });
    let kappa = agreement.and_then(|agreement| {
        let (low, high) = agreement.kappa_interval?;
        let [kappa, low, high] = [agreement.kappa?, low, high].map(|number| format!("{number:.2}"));
        Some(t!(language, "judge-kappa", kappa = kappa, low = low, high = high))
    });
    let lines = [
        share("judge-same-in-both-orders", bias.same_in_both_orders),
        share("judge-first-place", bias.first_place),
        points,
        share("judge-longer", bias.longer),
        share("judge-longer-of-people", bias.longer_of_people),
        share("judge-agreement", agreement.map(|agreement| agreement.same)),
        share("judge-agreement-without-ties", agreement.and_then(|agreement| agreement.same_without_ties)),
        kappa,
    ];
    lines.into_iter().flatten().collect()
}

/// The tables of the published example: per prompt, average; then what the judge said, and the answers.
pub fn markdown(file: &JudgeFile, language: Language) -> String {
    let mut text = format!("# {}\n\n", t!(language, "judge-title", judge = &file.judge));
    let about = about_judge(file, language);
    if !about.is_empty() {
        text.push_str(&format!("- {}\n\n", about.join("\n- ")));
    }
    let of_mode = |scores: &str, pairs: &str| t!(language, if file.mode == Mode::Scores { scores } else { pairs });
    text.push_str(&format!("## {}\n\n", of_mode("judge-table-scores", "judge-table-pairs")));
    let average = of_mode("judge-average", "judge-points");
    for (group, items) in file.items.chunks(COLUMNS).enumerate() {
        let numbers: Vec<String> = (0..items.len()).map(|at| format!("#{}", group * COLUMNS + at + 1)).collect();
        text.push_str(&format!("|  | {average} | {} |\n", numbers.join(" | ")));
        text.push_str(&format!("|---|{}\n", ":-:|".repeat(items.len() + 1)));
        let rows: Vec<(Option<f64>, Vec<Option<f64>>)> =
            file.models.iter().map(|model| row(file, items, model)).collect();
        let best = rows.iter().filter_map(|(mean, _)| *mean).fold(f64::NEG_INFINITY, f64::max);
        for (model, (mean, cells)) in file.models.iter().zip(&rows) {
            let cells: Vec<String> = cells.iter().map(|cell| cell.map_or("–".to_owned(), short)).collect();
            text.push_str(&format!("| {} | {} | {} |\n", cell(model), emphasised(*mean, best, 1), cells.join(" | ")));
        }
        text.push('\n');
    }
    text.push_str(&format!("### {}\n\n", of_mode("judge-overall", "judge-overall-pairs")));
    let all = standings(file);
    let value = |standing: &Standing| match file.mode {
        Mode::Scores => standing.average,
        Mode::Pairs => standing.win_rate.map(|rate| 100.0 * rate),
    };
    let best = all.iter().filter_map(value).fold(f64::NEG_INFINITY, f64::max);
    for standing in &all {
        let colon = t!(language, "error-colon");
        let digits = if file.mode == Mode::Scores { 2 } else { 1 };
        text.push_str(&format!("- {}{colon}{}\n", standing.model, emphasised(value(standing), best, digits)));
    }
    text.push_str(&format!("\n## {}\n\n", t!(language, "judge-ratings")));
    for (at, item) in file.items.iter().enumerate() {
        text.push_str(&format!(
            "**{}**\n\n",
            t!(language, "judge-number", number = (at + 1).to_string(), id = &item.id)
        ));
        text.push_str(&ratings(item, language));
        text.push('\n');
    }
    text.push_str(&format!("## {}\n\n", t!(language, "judge-answers")));
    answers(file, &mut text, language);
    text
}

/// A model's cells of some prompts, and their mean.
fn row(file: &JudgeFile, items: &[Item], model: &str) -> (Option<f64>, Vec<Option<f64>>) {
    let of_item = |item: &Item| {
        let own = item.answers.iter().position(|answer| answer.model == model)?;
        if file.mode == Mode::Scores {
            return item.score(own);
        }
        let outcomes = item.pairs().filter(|(a, b)| *a == own || *b == own).filter_map(|(a, b)| {
            let outcome = item.outcome(file.mode, a, b)?;
            Some(if a == own { outcome } else { outcome.flipped() })
        });
        let points: Vec<f64> = outcomes
            .map(|outcome| match outcome {
                Outcome::First => 1.0,
                Outcome::Tie => 0.5,
                Outcome::Second => 0.0,
            })
            .collect();
        (!points.is_empty()).then(|| points.iter().sum())
    };
    let cells: Vec<Option<f64>> = items.iter().map(of_item).collect();
    let known: Vec<f64> = cells.iter().flatten().copied().collect();
    let mean = (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64);
    (mean, cells)
}

fn emphasised(value: Option<f64>, best: f64, digits: usize) -> String {
    match value {
        None => "–".to_owned(),
        Some(value) if value >= best => format!("**{value:.digits$}**"),
        Some(value) => format!("{value:.digits$}"),
    }
}

/// A whole number as such.
fn short(value: f64) -> String {
    if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.1}") }
}

/// What the judge said of a prompt's answers.
fn ratings(item: &Item, language: Language) -> String {
    let name = |at: usize| item.answers.get(at).map_or("", |answer| answer.model.as_str());
    let colon = t!(language, "error-colon");
    let mut text = String::new();
    for verdict in &item.verdicts {
        for (at, score) in verdict.order.iter().zip(&verdict.scores) {
            let reason = one_line(&score.reason);
            text.push_str(&format!("- **{}{}** {}/10. {reason}\n", name(*at), colon.trim_end(), short(score.score)));
        }
        if let (Some(outcome), [first, second]) = (verdict.outcome, verdict.order.as_slice()) {
            let won = match outcome {
                Outcome::First => name(*first).to_owned(),
                Outcome::Second => name(*second).to_owned(),
                Outcome::Tie => t!(language, "judge-tie"),
            };
            let reason = one_line(&verdict.reason);
            text.push_str(&format!("- {} · {}{colon}**{won}**. {reason}\n", name(*first), name(*second)));
        }
    }
    if let Some(why) = &item.failed {
        text.push_str(&format!("- {}\n", t!(language, "judge-not-judged", what = one_line(why))));
    }
    text
}

/// A row for each prompt, a column for each answer; battles name their models in the cells.
fn answers(file: &JudgeFile, text: &mut String, language: Language) {
    let is_same = file
        .items
        .iter()
        .all(|item| item.answers.is_empty() || item.answers.iter().map(|answer| &answer.model).eq(file.models.iter()));
    let heads: Vec<String> = if is_same {
        file.models.iter().map(|model| cell(model)).collect()
    } else {
        ["A", "B"].map(str::to_owned).into()
    };
    let prompt = t!(language, "judge-prompt");
    text.push_str(&format!("| # | {prompt} | {} |\n|---|{}\n", heads.join(" | "), "---|".repeat(heads.len() + 1)));
    for (at, item) in file.items.iter().enumerate() {
        let of_answer = |at: usize| {
            let Some(answer) = item.answers.get(at) else { return "–".to_owned() };
            let said = cell(&answer.turns.join("\n\n"));
            if is_same { said } else { format!("**{}**<br/>{said}", cell(&answer.model)) }
        };
        let cells: Vec<String> = (0..heads.len()).map(of_answer).collect();
        text.push_str(&format!("| {} | {} | {} |\n", at + 1, cell(&item.turns.join("\n\n")), cells.join(" | ")));
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What any text is inside a cell of a table: no line of its own, no tag, no column.
fn cell(text: &str) -> String {
    let text = text.trim().replace('&', "&amp;").replace('<', "&lt;").replace('|', "\\|");
    text.replace("\r\n", "\n").replace('\n', "<br/>")
}

#[cfg(test)]
mod tests {
    use mixtral_judge::{Answer, FORMAT, Score, Verdict};

    use super::*;

    #[test]
    fn the_tables_are_those_of_the_published_example() {
        let answer = |model: &str, text: &str| Answer { model: model.to_owned(), turns: vec![text.to_owned()] };
        let item = |at: usize| {
            let scores = [9.0, f64::from(4 + u8::from(at.is_multiple_of(2)))];
            let scores = scores.map(|score| Score { score, reason: "because\nof it".to_owned() });
            let verdict = Verdict { order: vec![0, 1], scores: scores.into(), outcome: None, reason: String::new() };
            Item {
                id: at.to_string(),
                turns: vec!["a | b".to_owned()],
                answers: vec![answer("mixtral", "one\ntwo"), answer("alpaca", "<b>")],
                verdicts: vec![verdict],
                people: None,
                failed: None,
            }
        };
        let file = JudgeFile {
            format: FORMAT.to_owned(),
            judge: "gpt".to_owned(),
            mode: Mode::Scores,
            models: vec!["mixtral".to_owned(), "alpaca".to_owned()],
            items: (0..12).map(item).collect(),
        };
        let text = markdown(&file, Language::Chinese);
        for part in [
            "|  | 平均 | #1 | #2 | #3 | #4 | #5 | #6 | #7 | #8 | #9 | #10 |",
            "| mixtral | **9.0** | 9 | 9 |",
            "| alpaca | 4.5 | 5 | 4 |",
            "|  | 平均 | #11 | #12 |\n|---|:-:|:-:|:-:|\n",
            "- mixtral：**9.00**\n- alpaca：4.50\n",
            "- **alpaca：** 5/10. because of it\n",
            "| 1 | a \\| b | one<br/>two | &lt;b> |",
        ] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
    }
}
