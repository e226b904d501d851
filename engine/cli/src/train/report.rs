//! What a training says in the terminal.

use std::time::Duration;

use mixtral_train::Model;
use mixtral_train::data::Data;
use mixtral_train::meter::{Meter, Share};
use mixtral_train::trainer::{Load, Step, Validation};

use crate::language::Language;

/// Most layers whose experts are shown; of more, the most uneven ones.
const LAYERS: usize = 12;
/// A share as a bar: eighths, the full height being twice an even share.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

pub fn begin(language: Language, model: &Model, data: &Data, validation: &Data, context: usize) {
    let (documents, held_out) = (data.documents.len(), validation.documents.len());
    let trained = model.trained().iter().map(|p| p.len()).sum::<usize>();
    let frozen: usize = model.parts().iter().filter(|(_, p)| !p.weight.is_trained()).map(|(_, p)| p.weight.len()).sum();
    match language {
        Language::English => {
            eprintln!("{documents} documents of at most {context} tokens, {held_out} to validate by");
            eprintln!("{trained} parameters to train, {frozen} frozen");
        }
        Language::Chinese => {
            eprintln!("{documents} 篇文档，每篇最多 {context} 个词元；{held_out} 篇用于检验");
            eprintln!("训练 {trained} 个参数，冻结 {frozen} 个");
        }
    }
}

pub fn step(language: Language, step: &Step, all: u64, speed: f64, left: Duration) {
    let busiest = step.load.busiest() * 100.0;
    let Step { step: number, loss, learning_rate, .. } = step;
    let (english, chinese) = duration(left);
    match language {
        Language::English => eprintln!(
            "step {number}/{all}  loss {loss:.4}  rate {learning_rate:.2e}  {speed:.0} tokens/s  busiest expert {busiest:.0} %  {english} left"
        ),
        Language::Chinese => eprintln!(
            "第 {number}/{all} 步  损失 {loss:.4}  学习率 {learning_rate:.2e}  {speed:.0} 词元/秒  最忙专家 {busiest:.0} %  还需{chinese}"
        ),
    }
}

pub fn validation(language: Language, step: u64, found: &Validation) {
    let (loss, perplexity) = (found.loss, found.perplexity());
    let best = if found.best { language.pick(", the best so far", "，迄今最佳") } else { "" };
    match language {
        Language::English => eprintln!("step {step}: validation loss {loss:.4}, perplexity {perplexity:.2}{best}"),
        Language::Chinese => eprintln!("第 {step} 步：检验损失 {loss:.4}，困惑度 {perplexity:.2}{best}"),
    }
    eprint!("{}", load(language, &found.load));
}

/// Said at the end where the model that the training began with stayed the best.
pub fn never_better(language: Language) {
    eprintln!(
        "{}",
        language.pick(
            "no validation was better than the first, before training; only the last state was written",
            "检验结果始终不优于训练之前；只写出了最后的状态",
        )
    );
}

/// The experts' shares, a layer a line: numbers in percent and bars.
pub fn load(language: Language, load: &Load) -> String {
    let shares = load.shares();
    let Some(experts) = shares.first().map(Vec::len).filter(|&n| n > 0) else { return String::new() };
    let even = 1.0 / experts as f64;
    let spread = |layer: &[f64]| layer.iter().fold(0.0, |most: f64, share| most.max((share - even).abs()));
    let mut shown: Vec<usize> = (0..shares.len()).collect();
    if shares.len() > LAYERS {
        shown.sort_by(|&a, &b| spread(&shares[b]).total_cmp(&spread(&shares[a])));
        shown.truncate(LAYERS);
        shown.sort_unstable();
    }
    let percent = 100.0 * even;
    let mut out = match language {
        Language::English => format!("  experts by layer, % of the tokens' places ({percent:.1} is even)"),
        Language::Chinese => format!("  各层专家所得词元的百分比（均匀为 {percent:.1}）"),
    };
    if shown.len() < shares.len() {
        out += &language.pick(format!(", the {LAYERS} most uneven"), format!("，只列最不均匀的 {LAYERS} 层"));
    }
    out.push('\n');
    for layer in shown {
        let numbers: String = shares[layer].iter().map(|share| format!(" {:>3.0}", share * 100.0)).collect();
        let bar = |share: &f64| BARS[((share / even * 4.0) as usize).min(BARS.len() - 1)];
        out += &format!("  {:>3} {numbers}  {}\n", layer + 1, shares[layer].iter().map(bar).collect::<String>());
    }
    out
}

/// Where the time went.
pub fn end(language: Language, meter: &Meter, spent: Duration, tokens: u64) {
    let seconds = spent.as_secs_f64().max(1e-9);
    let share = |s: Share| {
        let name = match s {
            Share::Attention => language.pick("attention", "注意力"),
            Share::Experts => language.pick("experts", "专家"),
            Share::Loss => language.pick("loss", "损失"),
            Share::Optimiser => language.pick("optimiser", "优化器"),
        };
        format!("{name} {:.0} %", 100.0 * meter.spent(s).as_secs_f64() / seconds)
    };
    let shares: Vec<String> = Share::ALL.into_iter().map(share).collect();
    let rate = 2.0 * meter.multiplications() as f64 / seconds / 1e9;
    let speed = tokens as f64 / seconds;
    let shares = shares.join(language.pick(", ", "，"));
    match language {
        Language::English => say!("{tokens} tokens, {speed:.0} tokens/s, {rate:.0} GFLOP/s; {shares}"),
        Language::Chinese => say!("{tokens} 个词元，{speed:.0} 词元/秒，{rate:.0} GFLOP/s；{shares}"),
    }
}

fn duration(left: Duration) -> (String, String) {
    let minutes = left.as_secs() / 60;
    if minutes >= 60 {
        (format!("{} h {} min", minutes / 60, minutes % 60), format!(" {} 小时 {} 分", minutes / 60, minutes % 60))
    } else if minutes > 0 {
        (format!("{minutes} min"), format!(" {minutes} 分"))
    } else {
        (format!("{} s", left.as_secs()), format!(" {} 秒", left.as_secs()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_experts_shows_each_layer_and_of_many_the_most_uneven() {
        let few = Load { counts: vec![vec![50, 50, 50, 50], vec![150, 0, 25, 25]] };
        let text = load(Language::English, &few);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].contains("25.0 is even"), "{text}");
        assert_eq!(lines[1], "    1   25  25  25  25  ▅▅▅▅");
        assert_eq!(lines[2], "    2   75   0  12  12  █▁▃▃");
        let mut many = Load { counts: vec![vec![5, 5]; 40] };
        many.counts[30] = vec![9, 1];
        let text = load(Language::Chinese, &many);
        assert_eq!(text.lines().count(), 1 + LAYERS);
        assert!(text.contains("   31   90  10"), "{text}");
        assert!(load(Language::English, &Load::default()).is_empty());
    }
}
