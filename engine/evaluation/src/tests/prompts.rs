//! Prompts, letter for letter.

use super::*;

const STEM: &str = "水的化学式是____。\nA. H2O\nB. CO2\nC. O2\nD. N2";

#[test]
fn base_models_are_asked_bare() {
    let examples = [question(Letter::A), question(Letter::B)];
    let layout = Layout::default();
    let text =
        header(Benchmark::Ceval, "law", &examples, layout) + &prompt(Benchmark::Ceval, &question(Letter::A), layout);
    let opening = "以下是中国关于法学考试的单项选择题，请选出其中的正确答案。\n\n";
    assert_eq!(text, format!("{opening}{STEM}\n答案：A\n\n{STEM}\n答案：B\n\n{STEM}\n答案："));
    assert_eq!(header(Benchmark::Ceval, "law", &[], layout), "", "zero-shot names no subject");
}

#[test]
fn instruct_models_get_turns() {
    let layout = Layout { is_instruct: true, thinks: false };
    let text = header(Benchmark::Cmmlu, "arts", &[question(Letter::C)], layout);
    let opening = "[INST] 以下是中国关于艺术学考试的单项选择题，请选出其中的正确答案。\n\n [/INST]好的，我会结合艺术学相关知识回答";
    assert_eq!(text, format!("{opening}[INST] {STEM}\n答案： [/INST]C\n"));
    assert_eq!(prompt(Benchmark::Cmmlu, &question(Letter::C), layout), format!("[INST] {STEM}\n答案： [/INST]"));
}

#[test]
fn thinking_shows_how_where_the_examples_tell() {
    let layout = Layout { is_instruct: false, thinks: true };
    let example = Question { explanation: Some("1. 水由氢与氧组成。".to_owned()), ..question(Letter::A) };
    let text = header(Benchmark::Ceval, "law", &[example], layout);
    assert!(text.ends_with("\n答案：让我们一步一步思考，\n1. 水由氢与氧组成。\n所以答案是A。\n\n"), "{text}");
    assert!(prompt(Benchmark::Ceval, &question(Letter::A), layout).ends_with("\n答案：让我们一步一步思考，\n1."));
}

#[test]
fn mmlu_names_its_subject_always() {
    let example =
        Question { text: "Why?".to_owned(), choices: ["a", "b", "c", "d"].map(str::to_owned), ..question(Letter::D) };
    let text = header(Benchmark::Mmlu, "high_school_physics", std::slice::from_ref(&example), Layout::default());
    let opening = "The following are multiple choice questions (with answers) about  high school physics.\n\n";
    assert_eq!(text, format!("{opening}Why?\nA. a\nB. b\nC. c\nD. d\nAnswer: D\n\n"));
    assert!(prompt(Benchmark::Mmlu, &example, Layout::default()).ends_with("\nD. d\nAnswer:"));
}

#[test]
fn a_conversation_has_the_examples_as_turns_and_ends_with_the_question() {
    let layout = Layout { is_instruct: true, thinks: false };
    let asked = question(Letter::A);
    let turns = messages(Benchmark::Ceval, "law", &[question(Letter::B)], &asked, layout);
    assert_eq!(turns.len(), 5);
    assert!(turns[0].contains("法学") && turns[3] == "B", "{turns:?}");
    assert!(turns[4].ends_with("D. N2\n答案：") && !turns[4].contains("[INST]"), "{turns:?}");
    let alone = messages(Benchmark::Ceval, "law", &[], &asked, layout);
    assert_eq!(alone, turns[4..]);
    let english = messages(Benchmark::Mmlu, "law", &[question(Letter::B)], &asked, layout);
    assert!(
        english.len() == 1 && english[0].contains("Answer: B\n\n") && english[0].ends_with("Answer:"),
        "{english:?}"
    );
    let thinking = messages(Benchmark::Ceval, "law", &[], &asked, Layout { is_instruct: true, thinks: true });
    assert!(thinking[0].ends_with("让我们一步一步思考。"), "{thinking:?}");
}
