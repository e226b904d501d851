//! Metrics against values computed by hand, and files of our own in the benchmark's layout.

mod reference;

use super::read::parse;
use super::*;

fn sample(answers: &[&str], classes: &[&str]) -> Sample {
    let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
    Sample {
        input: "?".to_owned(),
        context: "c".to_owned(),
        answers: owned(answers),
        length: 100,
        all_classes: owned(classes),
        id: String::new(),
    }
}

fn score(task: &str, answer: &str, references: &[&str], classes: &[&str]) -> f64 {
    Scorer::default().score(Task::by_name(task).expect("a task"), &sample(references, classes), answer)
}

fn close(value: f64, wanted: f64) {
    assert!((value - wanted).abs() < 1e-4, "{value} is not {wanted}");
}

#[test]
fn words_are_compared_without_case_punctuation_and_articles() {
    close(score("qasper", "The Eiffel-Tower!", &["an eiffeltower"], &[]), 100.0);
    // Two of three words right, two of four found: 2 · 2/3 · 1/2 / (2/3 + 1/2) = 4/7.
    close(score("hotpotqa", "red big house", &["red house near lake"], &[]), 400.0 / 7.0);
    // A word counts as often as it is there.
    close(score("hotpotqa", "no no no", &["no"], &[]), 50.0);
    // The best of the references.
    close(score("musique", "yes", &["no", "Yes."], &[]), 100.0);
    close(score("musique", "", &["no"], &[]), 0.0);
    // An article inside a word, and one with an apostrophe that is dropped first.
    close(score("qasper", "theatre", &["the atre"], &[]), 0.0);
}

#[test]
fn chinese_words_are_pieces_without_punctuation() {
    close(score("multifieldqa_zh", "北京大学。", &["北京大学"], &[]), 100.0);
    // 北京 · 大学 against 北京 · 清华大学: by pieces 我/来到/北京 and 我/爱/北京.
    close(score("multifieldqa_zh", "我来到北京", &["我爱北京"], &[]), 200.0 / 3.0);
}

#[test]
fn rouge_counts_the_common_words_of_sentences_once() {
    // The package's own example of ROUGE-L: the longest common subsequence "police the gunman" of 4 and 4 words.
    close(score("gov_report", "police kill the gunman", &["police killed the gunman"], &[]), 75.0);
    // Order counts: only one of the two swapped words is common; 2 · 1/2 · 1/2 / 1.
    close(score("gov_report", "b a", &["a b"], &[]), 50.0);
    // The union over sentences: w1 w2 of one and w1 w3 w5 of the other are 4 of 5 reference words; the answer has 8 words.
    let found = score("qmsum", "w1 w2 w6 w7 w8. w1 w3 w8 w9 w5", &["w1 w2 w3 w4 w5"], &[]);
    close(found, 100.0 * 2.0 * (4.0 / 8.0) * (4.0 / 5.0) / (4.0 / 8.0 + 4.0 / 5.0));
    close(score("qmsum", "", &["w1"], &[]), 0.0);
    close(score("vcsum", "我来到北京", &["我来到北京"], &[]), 100.0);
}

#[test]
fn classes_numbers_and_code_are_matched() {
    let classes = ["Date", "Number", "Number of people"];
    close(score("trec", "Date\nQuestion: next", &["Date"], &classes), 100.0);
    close(score("trec", "Date or Number", &["Date"], &classes), 50.0);
    // A class inside of the right one's name costs nothing.
    close(score("trec", "Number of people", &["Number of people"], &classes), 100.0);
    close(score("trec", "Place", &["Date"], &classes), 0.0);
    close(score("passage_retrieval_en", "Paragraph 7, not 8", &["Paragraph 7"], &[]), 50.0);
    close(score("passage_retrieval_zh", "段落7", &["段落7"], &[]), 100.0);
    close(score("passage_count", "I count 5", &["5"], &[]), 100.0);
    close(score("passage_count", "none", &["5"], &[]), 0.0);
    // The first line that is no comment and no fence.
    close(score("lcc", "```python\n# next\nreturn x", &["return x"], &[]), 100.0);
    // difflib: "abcd" and "bcde" share "bcd": 2 · 3 / 8.
    close(score("lcc", "abcd", &["bcde"], &[]), 75.0);
    close(score("lcc", "", &["x"], &[]), 0.0);
}

#[test]
fn few_shot_answers_end_at_the_line() {
    close(score("triviaqa", "\nParis\nQuestion: who?", &["paris"], &[]), 100.0);
    close(score("hotpotqa", "Paris\nLondon", &["paris"], &[]), 200.0 / 3.0);
}

#[test]
fn every_task_has_a_prompt_and_a_length_and_the_groups_are_the_published_ones() {
    assert_eq!(Task::all().count(), 21);
    assert_eq!(Task::all().filter(|task| task.in_e).count(), 13);
    for task in Task::all() {
        let prompt = task.prompt("THE {input} CONTEXT", "THE INPUT");
        assert!(prompt.contains("THE {input} CONTEXT"), "{}: {prompt}", task.name);
        let asks_without_input = ["gov_report", "multi_news", "vcsum", "passage_count", "lcc"].contains(&task.name);
        assert_eq!(prompt.contains("THE INPUT"), !asks_without_input, "{}: {prompt}", task.name);
        assert!((32..=512).contains(&task.max_tokens()), "{}", task.name);
    }
    assert_eq!(Task::by_name("gov_report").map(Task::max_tokens), Some(512));
    let of = |group| Task::all().filter(|task| task.group == group).count();
    use Group::{Code, FewShot, MultiDocument, SingleDocument, Summarisation, Synthetic};
    assert_eq!([SingleDocument, MultiDocument, Summarisation, FewShot, Code, Synthetic].map(of), [4, 4, 4, 4, 2, 3]);
}

#[test]
fn groups_are_means_of_tasks_and_the_average_is_of_groups() {
    let one = |task: &str, score: f64, length: usize| Scored { task: task.to_owned(), row: 0, score, length };
    let scored =
        [one("lcc", 10.0, 100), one("lcc", 30.0, 5000), one("repobench-p", 60.0, 9000), one("vcsum", 20.0, 100)];
    let summary = Summary::of(&scored).expect("scores");
    assert_eq!(summary.groups.iter().map(|group| group.score).collect::<Vec<_>>(), [20.0, 40.0]);
    close(summary.average, 30.0);
    let lcc = summary.tasks.iter().find(|task| task.task == "lcc").expect("a task");
    close(lcc.mean.standard_error, 10.0);
    assert_eq!(
        lcc.bands.iter().map(|(band, mean)| (band.name(), mean.score)).collect::<Vec<_>>(),
        [("0-4k", 10.0), ("4-8k", 30.0)]
    );
    assert_eq!(Summary::of(&[]), None);
}

#[test]
fn what_is_wrong_with_a_file_is_said_with_its_line() {
    let row = r#"{"input":"q","context":"c","answers":["a"],"length":3,"dataset":"x","language":"en","all_classes":null,"_id":"7"}"#;
    let read = parse("f", format!("{row}\n\n{row}\n").as_bytes()).expect("samples");
    assert_eq!((read.len(), read[0].id.as_str(), read[0].all_classes.len()), (2, "7", 0));
    let told = |text: &str| parse("f", text.as_bytes()).expect_err("refused").to_string();
    assert!(told(&format!("{row}\n{{}}")).starts_with("f: line 2: missing field"));
    assert_eq!(told(&row.replace("[\"a\"]", "[]")), "f: line 1: there is no answer");
    assert_eq!(told("\n"), "f: there are no samples in it");
    assert_eq!(parse("f", b"{\n\xff").expect_err("refused").to_string(), "f: line 2 is not UTF-8");
    let folder = tempfile::tempdir().expect("a folder");
    let missing = read_task(folder.path()).expect_err("refused").to_string();
    assert!(missing.ends_with("there is no lcc.jsonl in it"), "{missing}");
    std::fs::create_dir(folder.path().join("data")).expect("a folder");
    std::fs::write(folder.path().join("data/lcc.jsonl"), row).expect("writes");
    assert_eq!(read_task(folder.path()).expect("samples").len(), 1);
}

fn read_task(folder: &std::path::Path) -> Result<Vec<Sample>, BadSample> {
    read(folder, Task::by_name("lcc").expect("a task"), false)
}
