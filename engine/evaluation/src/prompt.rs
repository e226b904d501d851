//! Questions as models are asked them, letter for letter as Chinese-Mixtral's scripts lay them out.

use super::benchmark::Benchmark;
use super::question::{CHOICES, Question};

/// How a question is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Layout {
    /// Whether the model was tuned to follow instructions: each question stands in `[INST] … [/INST]`.
    pub is_instruct: bool,
    /// Whether the model is to think first.
    pub thinks: bool,
}

/// What stands before all questions of a subject: its name, and examples with their answers. Empty without examples, but in
/// MMLU, which always names the subject.
#[must_use]
pub fn header(benchmark: Benchmark, subject: &str, examples: &[Question], layout: Layout) -> String {
    let name = benchmark.subject_name(subject);
    if benchmark == Benchmark::Mmlu {
        // Two blanks: a quirk of the original that the published numbers have.
        let mut text = format!("The following are multiple choice questions (with answers) about  {name}.\n\n");
        for example in examples {
            let answer = example.answer.map(|letter| letter.to_string()).unwrap_or_default();
            text.push_str(&format!("{}\nAnswer: {answer}\n\n", stem(example)));
        }
        return text;
    }
    if examples.is_empty() {
        return String::new();
    }
    let opening = format!("以下是中国关于{name}考试的单项选择题，请选出其中的正确答案。\n\n");
    let mut text = match layout.is_instruct {
        true => format!("[INST] {opening} [/INST]好的，我会结合{name}相关知识回答"),
        false => opening,
    };
    for example in examples {
        let answer = example.answer.map(|letter| letter.to_string()).unwrap_or_default();
        let stem = stem(example);
        text.push_str(&match (layout.is_instruct, layout.thinks, &example.explanation) {
            (true, ..) => format!("[INST] {stem}\n答案： [/INST]{answer}\n"),
            (false, true, Some(why)) => {
                format!("{stem}\n答案：让我们一步一步思考，\n{why}\n所以答案是{answer}。\n\n")
            }
            (false, ..) => format!("{stem}\n答案：{answer}\n\n"),
        });
    }
    text
}

/// A question, up to where its answer begins.
#[must_use]
pub fn prompt(benchmark: Benchmark, question: &Question, layout: Layout) -> String {
    let stem = stem(question);
    if benchmark == Benchmark::Mmlu {
        return wrapped(format!("{stem}\nAnswer:"), layout.is_instruct);
    }
    let text = match (layout.thinks, layout.is_instruct) {
        (false, _) => format!("{stem}\n答案："),
        (true, false) => format!("{stem}\n答案：让我们一步一步思考，\n1."),
        (true, true) => format!("{stem}\n答案是什么？让我们一步一步思考，\n1."),
    };
    wrapped(text, layout.is_instruct)
}

/// A question with its examples as a conversation, for endpoints that lay messages out themselves: what the person says, and
/// what the model answered, in turn. The last one is the question.
#[must_use]
pub fn messages(
    benchmark: Benchmark,
    subject: &str,
    examples: &[Question],
    question: &Question,
    layout: Layout,
) -> Vec<String> {
    let asked = |question: &Question| prompt(benchmark, question, Layout { is_instruct: false, thinks: false });
    if benchmark == Benchmark::Mmlu {
        return vec![header(benchmark, subject, examples, layout) + &asked(question)];
    }
    let mut turns = Vec::new();
    if !examples.is_empty() {
        let name = benchmark.subject_name(subject);
        turns.push(format!("以下是中国关于{name}考试的单项选择题，请选出其中的正确答案。"));
        turns.push(format!("好的，我会结合{name}相关知识回答"));
    }
    for example in examples {
        turns.push(format!("{}\n答案：", stem(example)));
        turns.push(example.answer.map(|letter| letter.to_string()).unwrap_or_default());
    }
    turns.push(match layout.thinks {
        true => format!("{}\n答案是什么？让我们一步一步思考。", stem(question)),
        false => asked(question),
    });
    turns
}

fn wrapped(text: String, is_instruct: bool) -> String {
    if is_instruct { format!("[INST] {text} [/INST]") } else { text }
}

/// The question and its choices.
fn stem(question: &Question) -> String {
    let mut text = question.text.clone();
    for (letter, choice) in CHOICES.iter().zip(&question.choices) {
        text.push_str(&format!("\n{letter}. {choice}"));
    }
    text
}
