//! Metrics against the packages themselves, on random pairs of sentences in Chinese and English.

use std::io::Write as _;
use std::process::{Command, Stdio};

use jieba_rs::Jieba;
use serde::Deserialize;

use super::super::rouge::rouge_l;
use super::super::similar::ratio;
use super::super::words::chinese;

const ENGLISH: &str = "the report says that energy prices rose by a third last year while wages. did not follow and many families \
    had to save on food. government plans new rules for markets; critics call them late, weak and expensive. return x + y if n > 0";
const CHINESE: &str = "北京大学的研究人员发现，气候变化对农业生产的影响比预计的更大。会议讨论了下一阶段的工作安排和预算问题，与会者一致认为应当\
    加强合作。他来到南京市长江大桥，看见小明硕士毕业于中国科学院计算所。";

#[derive(Deserialize)]
struct Reference {
    rouge: f64,
    rouge_zh: f64,
    words: Vec<String>,
    code: f64,
}

/// A small generator of numbers, so that the pairs are always the same.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % most
    }
}

fn pairs() -> Vec<[String; 2]> {
    let mut numbers = Numbers(7);
    let words: Vec<&str> = ENGLISH.split_whitespace().collect();
    let characters: Vec<char> = CHINESE.chars().filter(|c| !c.is_whitespace()).collect();
    let english = |numbers: &mut Numbers| {
        let count = 1 + numbers.below(40);
        (0..count).map(|_| words[numbers.below(words.len())]).collect::<Vec<_>>().join(" ")
    };
    // Stretches of the text, so that there are words in it.
    let chinese = |numbers: &mut Numbers| {
        let stretch = |numbers: &mut Numbers| {
            let from = numbers.below(characters.len() - 12);
            characters[from..from + 2 + numbers.below(10)].iter().collect::<String>()
        };
        (0..1 + numbers.below(6)).map(|_| stretch(numbers)).collect::<String>()
    };
    let mut pairs = vec![[String::new(), "x".to_owned()], ["a. b..".to_owned(), ". a".to_owned()]];
    for _ in 0..150 {
        pairs.push([english(&mut numbers), english(&mut numbers)]);
        pairs.push([chinese(&mut numbers), chinese(&mut numbers)]);
    }
    pairs
}

#[test]
#[ignore = "needs a python3 with rouge, jieba and fuzzywuzzy: METRICS_PYTHON names it, otherwise the one on the path"]
fn scores_are_those_of_the_reference_packages() {
    let pairs = pairs();
    let python = std::env::var("METRICS_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = include_str!("reference.py");
    let mut child = Command::new(python)
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 starts");
    let asked = serde_json::to_vec(&pairs).expect("JSON");
    child.stdin.take().expect("piped").write_all(&asked).expect("written");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success());
    let reference: Vec<Reference> = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(reference.len(), pairs.len());
    let jieba = Jieba::new();
    let spaced = |text: &str| chinese(&jieba, text).join(" ");
    let mut cut_otherwise = 0;
    for ([answer, other], wanted) in pairs.iter().zip(&reference) {
        assert!((rouge_l(answer, other) - wanted.rouge).abs() < 1e-9, "{answer} | {other}: {}", wanted.rouge);
        assert!(
            (f64::from(ratio(answer, other)) / 100.0 - wanted.code).abs() < 1e-9,
            "{answer} | {other}: {}",
            wanted.code
        );
        if chinese(&jieba, answer) != wanted.words {
            cut_otherwise += 1;
            continue;
        }
        let found = rouge_l(&spaced(answer), &spaced(other));
        assert!((found - wanted.rouge_zh).abs() < 1e-9, "{answer} | {other}: {found} and {}", wanted.rouge_zh);
    }
    println!("{cut_otherwise} of {} texts are cut into other words", pairs.len());
    assert!(cut_otherwise * 50 <= pairs.len(), "{cut_otherwise} texts are cut into other words");
}
