//! Pairs of a better and a worse answer to one question, to train on.

use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use serde_json::json;

use crate::poetry::judge;

/// How much better the chosen answer must be, out of 1: between answers closer than that, the judge cannot choose.
const MIN_GAP: f64 = 0.2;

/// Writes of each question the best and the worst of its answers, which stand one after the other, where they are far enough
/// apart. Gives the number of pairs. They have the form of TRL's `DPOTrainer`.
pub fn write(path: &Path, questions: &[&str], poets: &[&str], answers: &[String]) -> anyhow::Result<usize> {
    let name = || path.display().to_string();
    let mut out = std::io::BufWriter::new(std::fs::File::create_new(path).with_context(name)?);
    let samples = answers.len() / questions.len().max(1);
    let mut count = 0;
    for ((question, poet), answers) in questions.iter().zip(poets).zip(answers.chunks(samples.max(1))) {
        let Some((chosen, rejected)) = best_and_worst(question, poet, answers) else { continue };
        let turn = |role: &str, content: &str| json!([{ "role": role, "content": content }]);
        let pair = json!({
            "prompt": turn("user", question),
            "chosen": turn("assistant", chosen),
            "rejected": turn("assistant", rejected),
        });
        writeln!(out, "{pair}").with_context(name)?;
        count += 1;
    }
    out.flush().with_context(name)?;
    Ok(count)
}

fn best_and_worst<'a>(question: &str, poet: &str, answers: &'a [String]) -> Option<(&'a str, &'a str)> {
    let scored: Vec<(f64, &String)> =
        answers.iter().filter_map(|answer| Some((judge(question, poet, answer).score()?, answer))).collect();
    let best = scored.iter().rev().max_by(|a, b| a.0.total_cmp(&b.0))?;
    let worst = scored.iter().min_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 - worst.0 >= MIN_GAP && !worst.1.trim().is_empty()).then_some((best.1.as_str(), worst.1.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_and_the_worst_answer_are_a_pair_where_they_differ() {
        let rhymed = "床前明月光，疑是地上霜。\n举头望明月，低头思故乡。";
        let unrhymed = "床前明月光，疑是地上霜。\n举头望明月，低头思故人。";
        let short = "床前明月光";
        let answers = [unrhymed, rhymed, short, rhymed].map(str::to_owned);
        assert_eq!(best_and_worst("写一首五言绝句", "", &answers), Some((rhymed, short)));
        assert_eq!(best_and_worst("写一首五言绝句", "", &answers[..2]), Some((rhymed, unrhymed)));
        assert_eq!(best_and_worst("写一首五言绝句", "", &[answers[1].clone(), answers[3].clone()]), None);
        assert_eq!(best_and_worst("你好", "", &answers), None, "nothing that can be judged was asked for");
    }
}
