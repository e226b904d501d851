//! The texts are complete, and every fault reads in both languages.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use mixtral_engine::Error;
use mixtral_engine::error::{
    AdapterFault, CheckpointFault, ConversionFault, Crash, Fault, Foreign, LayoutFault, Place, RequestFault,
    TokenizerFault,
};
use mixtral_engine::request::{GenerateError, SubmitError};
use mixtral_engine::text::TemplateError;

use super::*;

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Key → its text with what follows it.
fn texts(language: &str) -> BTreeMap<String, String> {
    let file = folder().join("locales").join(language).join("errors.ftl");
    let text = std::fs::read_to_string(file).expect("the texts");
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    let mut current = String::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        match line.split_once(" =").filter(|(key, _)| !key.contains(' ')) {
            Some((key, text)) => {
                assert!(texts.insert(key.to_owned(), text.to_owned()).is_none(), "{key} is defined twice");
                current = key.to_owned();
            }
            None => texts.get_mut(&current).expect("a text before what follows it").push_str(line),
        }
    }
    texts
}

fn variables(text: &str) -> BTreeSet<&str> {
    let name = |rest: &'_ str| rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    text.split('$').skip(1).map(|rest| &rest[..name(rest)]).collect()
}

#[test]
fn both_languages_have_the_same_texts_with_the_same_arguments_and_each_is_used() {
    let (english, chinese) = (texts("en"), texts("zh"));
    assert!(english.len() > 50 && english.keys().eq(chinese.keys()));
    let code: String = ["errors.rs", "requests.rs", "system.rs"]
        .map(|file| std::fs::read_to_string(folder().join("src").join(file)).expect("code"))
        .concat();
    let said = said();
    for (key, arguments) in &said {
        let text = english.get(*key).unwrap_or_else(|| panic!("there is no text {key}"));
        assert_eq!(&variables(text), arguments, "{key}");
    }
    for (key, text) in &english {
        assert!(!text.trim().is_empty() && !chinese[key].trim().is_empty(), "{key} is empty");
        assert_eq!(variables(text), variables(&chinese[key]), "{key}");
        assert!(code.contains(&format!("\"{key}\"")) || said.contains_key(key.as_str()), "{key} is used nowhere");
    }
    let begins = |text: &&str| ["error-", "fault-", "template-", "crash-"].iter().any(|start| text.starts_with(start));
    for key in code.split('"').skip(1).step_by(2).filter(begins) {
        assert!(english.contains_key(key), "there is no text {key}");
    }
}

/// The keys and arguments of what comes with its own.
fn said() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let entry = |key, arguments: Vec<(&'static str, &str)>| (key, arguments.iter().map(|(name, _)| *name).collect());
    let layouts = LayoutFault::one_of_each();
    let adapters = AdapterFault::one_of_each();
    let tokenizers = TokenizerFault::one_of_each();
    let requests = RequestFault::one_of_each();
    let checkpoints = CheckpointFault::one_of_each();
    let conversions = ConversionFault::one_of_each();
    let mut all: BTreeMap<_, _> = layouts.iter().map(|fault| entry(fault.key(), fault.arguments())).collect();
    all.extend(adapters.iter().map(|fault| entry(fault.key(), fault.arguments())));
    all.extend(tokenizers.iter().map(|fault| entry(fault.key(), fault.arguments())));
    all.extend(conversions.iter().map(|fault| entry(fault.key(), fault.arguments())));
    all.extend(checkpoints.iter().map(|fault| entry(fault.key(), fault.arguments())));
    all.extend(requests.iter().map(|fault| entry(fault.key(), fault.arguments())));
    all
}

/// One of each.
fn faults() -> Vec<Fault> {
    let s = str::to_owned;
    let mut faults = vec![
        Fault::Empty,
        Fault::NotGguf(None),
        Fault::GgufVersion(1),
        Fault::BigEndian,
        Fault::Truncated { wanted: 9, left: 3 },
        Fault::BeyondEnd { len: 8, start: 4, file: 6 },
        Fault::Architecture(s("llama4")),
        Fault::Dense,
        Fault::Type(s("Q8_1")),
        Fault::NoGpuKernels(s("TQ1_0")),
        Fault::Missing,
        Fault::Shape { found: vec![1], expected: vec![2] },
        Fault::Surplus,
        Fault::NotFinite,
        Fault::Duplicate,
        Fault::Crowded { count: 7, what: "tensors", left: 2 },
        Fault::NotUtf8,
        Fault::UnknownType(99),
        Fault::ValueType { found: s("u8"), wanted: s("a text") },
        Fault::Impossible(s("-1")),
        Fault::Unsupported(s("x")),
        Fault::UnknownChoice { found: s("longrope"), known: &["linear", "yarn"] },
        Fault::Differs { found: s("3"), wanted: s("4") },
        Fault::Rank(5),
        Fault::Dimension(0),
        Fault::TooManyWeights(1 << 60),
        Fault::RowBlocks { row: 33, kind: s("Q4_0"), block: 32 },
        Fault::Unaligned { start: 3, alignment: 32 },
        Fault::Overlap(s("b")),
        Fault::TooManyShards(9_999),
        Fault::ShardName { count: 2 },
        Fault::LaterShard { number: 2, count: 3, first: s("a.gguf") },
        Fault::TooManyExperts { used: 9, experts: 8 },
        Fault::HeadCount { size: 7, heads: 2 },
        Fault::OddHeads(3),
        Fault::TooManyTokens { tokens: 5, rows: 4 },
        Fault::ListLength { found: 1, tokens: 2 },
        Fault::NoSuchToken { id: 4, tokens: 2 },
        Fault::NotRegular,
    ];
    let foreign = [Foreign::Zip, Foreign::Predecessor, Foreign::LfsPointer, Foreign::WebPage];
    faults.extend(foreign.map(|foreign| Fault::NotGguf(Some(foreign))));
    faults.extend(LayoutFault::one_of_each().into_iter().map(Fault::from));
    faults.extend(AdapterFault::one_of_each().into_iter().map(Fault::from));
    faults.extend(TokenizerFault::one_of_each().into_iter().map(Fault::from));
    faults.extend(ConversionFault::one_of_each().into_iter().map(Fault::from));
    faults.extend(CheckpointFault::one_of_each().into_iter().map(Fault::from));
    faults.extend(RequestFault::one_of_each().into_iter().map(Fault::from));
    faults
}

fn told_fault(fault: &Fault, language: Language) -> String {
    super::fault(fault, language)
}

fn is_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
}

#[test]
fn every_fault_of_a_file_reads_in_both_languages_with_its_file_and_place() {
    for fault in faults() {
        let (english, chinese) = (told_fault(&fault, Language::English), told_fault(&fault, Language::Chinese));
        assert!(!english.is_empty() && !is_chinese(&english) && is_chinese(&chinese), "{english} {chinese}");
        for place in [Place::Whole, Place::Offset(5), Place::Key("a.key".into()), Place::Tensor("a.tensor".into())] {
            let told = engine(&Error::file("m.gguf", place.clone(), fault.clone()), Language::Chinese);
            assert!(told.starts_with("m.gguf：") && told.ends_with(&chinese), "{told}");
        }
    }
    let rows = Fault::RowBlocks { row: 4097, kind: "Q4_K".into(), block: 256 };
    assert_eq!(told_fault(&rows, Language::English), "rows of 4,097 do not divide into Q4_K blocks of 256");
}

#[test]
fn refusals_and_crashes_read_in_both_languages() {
    let told = |language| {
        vec![
            engine(&Error::Busy, language),
            engine(&Error::Compute("CUDA_ERROR_OUT_OF_MEMORY".into()), language),
            engine(&Error::Request(RequestFault::ShortContext { context: "1".into() }), language),
            submit(&SubmitError::QueueFull { limit: 3 }, language),
            submit(&SubmitError::TemplateCrashed(Crash::Stack), language),
            generate(&GenerateError::NotFinite("NaN".into()), language),
            template(&TemplateError::Endless { steps: 9 }, language),
            template(&TemplateError::Crashed(Crash::Memory), language),
            crash(&Crash::ProcessorTime, language),
            crash(&Crash::Silent(10), language),
            crash(&Crash::Signal(11), language),
            crash(&Crash::Ended("status 1".into()), language),
            crash(&Crash::System("no".into()), language),
            system(&std::io::ErrorKind::PermissionDenied.into(), language),
        ]
    };
    for (english, chinese) in told(Language::English).iter().zip(told(Language::Chinese)) {
        assert!(!is_chinese(english) && is_chinese(&chinese), "{english} {chinese}");
    }
}
