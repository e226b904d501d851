//! The forms of training files that people have, and what of each is learnt.

use std::path::PathBuf;

use mixtral_engine::text::{ChatTemplate, Encoding, Tokenizer};
use mixtral_train::data::{Counts, Data, Document, Overlong, Reader, Task, training_files};
use mixtral_train::vocabulary::{TEMPLATE, learn};

const TEXTS: [&str; 2] = ["甲乙丙丁戊己庚辛", "壬癸子丑寅卯辰巳"];

fn tokenizer() -> Tokenizer {
    Tokenizer::new(learn(TEXTS.into_iter(), 280, 1).expect("a vocabulary")).expect("a tokenizer")
}

/// Reads as training does: what is too long is cut.
fn read_for(task: Task, context: usize, name: &str, text: &str) -> Result<Data, String> {
    let (tokenizer, template) = (tokenizer(), ChatTemplate::new(Some(TEMPLATE)).expect("a template"));
    let reader = Reader { overlong: Overlong::Cut, task, ..Reader::new(&tokenizer, &template, context) };
    reader.parse(text.as_bytes(), name).map_err(|e| e.to_string())
}

fn read(name: &str, text: &str) -> Result<Data, String> {
    read_for(Task::Imitate, 64, name, text)
}

/// A document's tokens as text, with what is learnt in braces, neighbours together.
fn marked(document: &Document) -> String {
    let tokenizer = tokenizer();
    let piece = |at: usize| tokenizer.vocabulary().piece(document.tokens[at]).expect("a piece");
    let one = |at| if document.has_loss(at) { format!("{{{}}}", piece(at)) } else { piece(at).to_owned() };
    (0..document.tokens.len()).map(one).collect::<String>().replace("}{", "").replace('▁', " ")
}

#[test]
fn one_conversation_in_every_form_is_the_same_document() {
    let wanted = "<s>[INST] 甲乙 [/INST] {丙丁</s>}[INST] 戊 [/INST] {己</s>}";
    for text in [
        r#"{"messages": [{"role": "user", "content": "甲乙"}, {"role": "assistant", "content": "丙丁"},
            {"role": "user", "content": "戊", "name": "x"}, {"role": "assistant", "content": [{"type": "text", "text": "己"}]}]}"#,
        r#"{"id": 7, "conversations": [{"from": "human", "value": "甲乙"}, {"from": "gpt", "value": "丙丁"},
            {"from": "human", "value": "戊"}, {"from": "gpt", "value": "己"}]}"#,
        r#"{"conversations": [{"from": "gpt", "value": "庚"}, {"from": "human", "value": "甲乙"},
            {"from": "gpt", "value": "丙丁"}, {"from": "human", "value": "戊"}, {"from": "gpt", "value": "己"},
            {"from": "human", "value": "辛"}]}"#,
        r#"{"instruction": "戊", "input": "", "output": "己", "history": [["甲乙", "丙丁"]], "text": "whole"}"#,
        r#"{"instruction": "戊", "output": "己", "input": null, "history": [["甲乙", "丙丁"]], "system": ""}"#,
    ] {
        let line = text.replace('\n', " ");
        for (name, text) in
            [("a.jsonl", line.clone()), ("a.json", format!("\u{feff}[\r\n{text}\r\n]\r\n")), ("a.txt", line)]
        {
            let data = read(name, &text).unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(data.documents.iter().map(marked).collect::<Vec<_>>(), [wanted], "{name}: {text}");
        }
    }
    let data = read("a.json", r#"[{"instruction": "甲", "input": "乙", "output": "丙"}]"#).expect("data");
    assert_eq!(marked(&data.documents[0]), "<s>[INST] 甲<0x0A>乙 [/INST] {丙</s>}", "the input is a line below");
}

/// `build_dataset.py` of Chinese-Mixtral: the source with its begin token and the target without one, each by itself, one
/// behind the other. The tokenizer puts a space before each, as Mixtral's does.
#[test]
fn an_instruction_has_the_tokens_of_the_published_script() {
    let mut parts = learn(TEXTS.into_iter(), 280, 1).expect("a vocabulary");
    parts.add_space_prefix = Some(true);
    // "[INST]" and "[/INST]" are plain strings there, and not tokens as in this vocabulary.
    parts
        .tokens
        .iter_mut()
        .filter(|token| token.ends_with("INST]"))
        .for_each(|token| *token = format!("<{}>", token.len()));
    let tokenizer = Tokenizer::new(parts).expect("a tokenizer");
    let template = ChatTemplate::new(None).expect("Mixtral's own");
    let text = r#"[{"instruction": "甲 乙", "input": "丙", "output": "丁戊"}]"#;
    let data = Reader::new(&tokenizer, &template, 64).parse(text.as_bytes(), "a.json").expect("data");
    let plain = |text: &str, add_special| tokenizer.encode(text, Encoding { add_special, parse_special: false });
    let source = plain("[INST] 甲 乙\n丙 [/INST]", true);
    let mut target = plain("丁戊", false);
    target.extend(tokenizer.vocabulary().eos());
    let document = &data.documents[0];
    assert_eq!(document.tokens, [&source[..], &target].concat());
    assert_eq!(document.loss_spans, [(source.len(), document.tokens.len())]);
}

#[test]
fn a_plain_text_is_a_document_a_line_and_its_forms_of_lines_and_marks_do_not_matter() {
    for text in ["甲乙\n\n丙\n", "\u{feff}甲乙\r\n \r\n丙", "\n甲乙\n丙\n\n"] {
        let data = read("book.txt", text).expect("data");
        let said: Vec<String> = data.documents.iter().map(marked).collect();
        assert_eq!(said, ["<s>{甲乙</s>}", "<s>{丙</s>}"], "{text:?}");
    }
}

#[test]
fn forms_may_be_mixed_and_counts_say_what_was_read_cut_and_left_out() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("sub")).expect("made");
    let write = |name: &str, text: String| std::fs::write(folder.path().join(name), text).expect("written");
    write("1.txt", "甲乙丙\n丁\n".into());
    let talk = |asked: usize, answered: usize| {
        format!(r#"{{"instruction": "{}", "output": "{}"}}"#, "甲".repeat(asked), "乙".repeat(answered))
    };
    write("sub/2.json", format!("[{}]", [talk(1, 1), talk(1, 30), talk(30, 1), talk(15, 1)].join(",")));
    write("sub/3.jsonl", "{\"text\": \"戊\", \"source\": 1}\n{\"messages\": [{\"role\": \"user\", \"content\": \"甲\"}, {\"role\": \"assistant\", \"content\": \"乙\"}]}\n".into());
    let (tokenizer, template) = (tokenizer(), ChatTemplate::new(Some(TEMPLATE)).expect("a template"));
    let reader = Reader { overlong: Overlong::Cut, ..Reader::new(&tokenizer, &template, 20) };
    let files = training_files(&[PathBuf::from(folder.path())]).expect("files");
    let mut told = Vec::new();
    let (data, counts) = reader.read_all(&files, &mut |done, all| told.push((done, all))).expect("data");
    let said: Vec<String> = data.documents.iter().map(marked).collect();
    let cut = format!("<s>[INST] 甲 [/INST] {{{}}}", "乙".repeat(14));
    // Two prompts fill the context: 30 + 6 tokens, and 15 + 6.
    let wanted = [
        "<s>{甲乙丙</s>}",
        "<s>{丁</s>}",
        "<s>[INST] 甲 [/INST] {乙</s>}",
        &cut,
        "<s>{戊</s>}",
        "<s>[INST] 甲 [/INST] {乙</s>}",
    ];
    assert_eq!(said, wanted);
    let tokens = data.documents.iter().map(|d| d.tokens.len()).sum();
    assert_eq!(counts, Counts { files: 3, examples: 6, cut: 1, too_long: 2, same: 0, tokens });
    let all = told[0].1;
    assert!(told.iter().all(|t| t.1 == all) && told.last() == Some(&(all, all)), "{told:?}");
    assert!(told.is_sorted(), "{told:?}");
}

#[test]
fn what_is_no_example_is_refused_by_its_place_and_by_what_was_expected() {
    let good = r#"{"instruction": "甲", "output": "乙"}"#;
    for (bad, said) in [
        (r#"{"instruction": "甲"}"#, "\"output\" should be a text"),
        (r#"{"instruction": "甲", "output": 5}"#, "\"output\" should be a text"),
        (r#"{"instruction": ["甲"], "output": "乙"}"#, "\"instruction\" should be a text"),
        (r#"{"instruction": " ", "output": "乙"}"#, "a message is empty"),
        (r#"{"instruction": "甲", "output": "乙", "history": [["a"]]}"#, "[question, answer]"),
        (r#"{"conversations": {"from": "human"}}"#, "each with \"role\" and \"content\""),
        (r#"{"conversations": [{"from": "human"}]}"#, "each with \"role\" and \"content\""),
        (r#"{"conversations": [{"from": "tool", "value": "x"}]}"#, "unknown role \"tool\""),
        (r#"{"conversations": [{"from": "human", "value": "x"}]}"#, "the last message should be an answer"),
        (r#"{"messages": [{"role": "user", "content": [{"type": "image"}]}]}"#, "\"content\" should be a text"),
        (r#""text""#, "not an object; it should have \"text\""),
        (r#"{"prompt": "甲", "response": "乙"}"#, "unknown field `prompt`; there should be \"text\""),
        (r#"{"chosen": "甲", "rejected": "乙", "prompt": "丙"}"#, "only --dpo trains on"),
    ] {
        let error = read("a.jsonl", &format!("{good}\n{bad}\n{good}")).expect_err("refused");
        assert!(error.starts_with("a.jsonl: line 2: ") && error.contains(said), "{bad}: {error}");
        let error = read("a.json", &format!("[\n{good},\n\n{bad},\n{good}]")).expect_err("refused");
        assert!(error.starts_with("a.json: line 4, array index 1: ") && error.contains(said), "{bad}: {error}");
    }
    let error = read("a.json", &format!("[{good},\n{good}\n{good}]")).expect_err("no comma");
    assert!(error.contains("line 3, array index 2") && error.contains("expected `,` or `]`"), "{error}");
    let error = read_for(Task::Prefer, 64, "a.jsonl", good).expect_err("no pair");
    assert!(error.contains("line 1: --dpo trains on preferences"), "{error}");
}

#[test]
fn a_preference_in_every_form_is_two_documents_of_one_prompt() {
    let wanted = ["<s>[INST] 甲 [/INST] {乙</s>}", "<s>[INST] 甲 [/INST] {丙</s>}"];
    let user = r#"{"role": "user", "content": "甲"}"#;
    let answer = |text: &str| format!(r#"{{"role": "assistant", "content": "{text}"}}"#);
    let (good, bad) = (answer("乙"), answer("丙"));
    for text in [
        r#"{"prompt": "甲", "chosen": "乙", "rejected": "丙"}"#.to_owned(),
        format!(r#"{{"prompt": [{user}], "chosen": [{good}], "rejected": [{bad}]}}"#),
        format!(r#"{{"chosen": [{user}, {good}], "rejected": [{user}, {bad}], "score_chosen": 9}}"#),
        format!(r#"{{"messages": [{user}], "chosen": "乙", "rejected": {bad}}}"#),
        r#"{"instruction": "甲", "input": "", "chosen": "乙", "rejected": "丙"}"#.to_owned(),
        r#"{"conversations": [{"from": "human", "value": "甲"}], "chosen": {"from": "gpt", "value": "乙"},
            "rejected": {"from": "gpt", "value": "丙"}}"#
            .replace('\n', " "),
    ] {
        let data = read_for(Task::Prefer, 64, "a.jsonl", &text).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(data.documents.iter().map(marked).collect::<Vec<_>>(), wanted, "{text}");
    }
    // Several turns: what the assistant said before belongs to the prompt, and only its own turns count after it.
    let text =
        format!(r#"{{"prompt": [{user}, {good}, {user}], "chosen": [{bad}, {user}, {good}], "rejected": [{good}]}}"#);
    let data = read_for(Task::Prefer, 64, "a.jsonl", &text).expect("a pair");
    let said: Vec<String> = data.documents.iter().map(marked).collect();
    let before = "<s>[INST] 甲 [/INST] 乙</s>[INST] 甲 [/INST] ";
    assert_eq!(said, [format!("{before}{{丙</s>}}[INST] 甲 [/INST] {{乙</s>}}"), format!("{before}{{乙</s>}}")]);
    for (text, expected) in [
        (r#"{"prompt": "甲", "chosen": "乙"}"#.to_owned(), "\"rejected\" should be the answer"),
        (r#"{"chosen": "乙", "rejected": "丙"}"#.to_owned(), "\"prompt\" should be a text or a list of turns"),
        (format!(r#"{{"prompt": [{user}], "chosen": [{user}], "rejected": [{bad}]}}"#), "should be an answer"),
    ] {
        let error = read_for(Task::Prefer, 64, "a.jsonl", &text).expect_err("refused");
        assert!(error.contains(expected), "{text}: {error}");
    }
}

#[test]
fn pairs_that_say_nothing_are_left_out_and_counted() {
    let (tokenizer, template) = (tokenizer(), ChatTemplate::new(Some(TEMPLATE)).expect("a template"));
    let reader = Reader { overlong: Overlong::Cut, task: Task::Prefer, ..Reader::new(&tokenizer, &template, 12) };
    let folder = tempfile::tempdir().expect("a folder");
    let pair = |asked: usize, chosen: &str, rejected: &str| {
        format!("{{\"prompt\": \"{}\", \"chosen\": \"{chosen}\", \"rejected\": \"{rejected}\"}}\n", "甲".repeat(asked))
    };
    let long = "丙".repeat(20);
    let lines = [
        pair(1, "乙", "丙"),
        pair(1, "乙", "乙"),
        pair(20, "乙", "丙"),
        pair(1, "乙", &long),
        // Cut to the context, both are the same.
        pair(1, &format!("{long}乙"), &long),
    ];
    let file = folder.path().join("pairs.jsonl");
    std::fs::write(&file, lines.concat()).expect("written");
    let (data, counts) = reader.read_all(&[file], &mut |_, _| ()).expect("data");
    assert_eq!((data.documents.len(), counts.examples, counts.cut, counts.too_long, counts.same), (4, 2, 1, 2, 1));
}
