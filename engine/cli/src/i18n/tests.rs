//! The texts are complete: the same in both languages, every key that is used is there, and every text is used.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::*;

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Key → (file, text).
fn texts(language: &str) -> BTreeMap<String, (String, String)> {
    let mut texts = BTreeMap::new();
    for entry in std::fs::read_dir(folder().join("locales").join(language)).expect("texts") {
        let path = entry.expect("a file").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let mut current = None;
        for line in std::fs::read_to_string(&path).expect("a file").lines().filter(|line| !line.starts_with('#')) {
            let key = line.split_once(" =").map(|(key, _)| key).filter(|key| !key.is_empty() && !key.contains(' '));
            if let Some(key) = key {
                let new = texts.insert(key.to_owned(), (name.clone(), String::new())).is_none();
                assert!(new, "{language}: {key} is defined twice");
                current = Some(key.to_owned());
            }
            let text = line.split_once(" =").filter(|_| key.is_some()).map_or(line, |(_, text)| text);
            if let Some((_, known)) = current.as_ref().and_then(|key| texts.get_mut(key)) {
                *known += text;
            }
        }
    }
    texts
}

/// The keys with a beginning.
pub fn keys(prefix: &str) -> BTreeSet<String> {
    texts("en").into_keys().filter(|key| key.starts_with(prefix)).collect()
}

fn variables(text: &str) -> BTreeSet<&str> {
    let name = |rest: &'_ str| rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    text.split('$').skip(1).map(|rest| &rest[..name(rest)]).collect()
}

#[test]
fn both_languages_have_the_same_texts_with_the_same_arguments() {
    let (english, chinese) = (texts("en"), texts("zh"));
    let places = |texts: &BTreeMap<String, (String, String)>| {
        texts.iter().map(|(key, (file, _))| (key.clone(), file.clone())).collect::<Vec<_>>()
    };
    assert_eq!(places(&english), places(&chinese));
    assert!(english.len() > 200);
    for (key, (_, text)) in &english {
        let other = &chinese[key].1;
        assert!(!text.trim().is_empty() && !other.trim().is_empty(), "{key} is empty");
        assert_eq!(variables(text), variables(other), "{key}");
        let given: Vec<_> = variables(text).into_iter().map(|name| (&*name.to_owned().leak(), "x".value())).collect();
        for language in [Language::English, Language::Chinese] {
            assert!(language.find(key, &given).is_some(), "{key} cannot be read");
        }
    }
}

/// The program's sources, without tests.
fn sources(at: PathBuf, out: &mut Vec<String>) {
    for entry in std::fs::read_dir(at).expect("sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(path, out);
        } else if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("tests.rs") {
            let text = std::fs::read_to_string(&path).expect("a file");
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
            out.push(code.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned());
        }
    }
}

#[test]
fn every_key_in_the_code_has_a_text_and_every_text_is_used() {
    let mut code = Vec::new();
    sources(folder().join("src"), &mut code);
    let known = texts("en");
    let mut literals = BTreeSet::new();
    for source in &code {
        // Not the end of `format!(`.
        let calls = source.match_indices("t!(").filter(|(at, _)| !source[..*at].ends_with(char::is_alphanumeric));
        for call in calls.map(|(at, call)| &source[at + call.len()..]) {
            // The second argument, where it is a literal.
            let second = call.split_once(',').map_or("", |(_, rest)| rest.trim_start());
            if let Some((key, _)) = second.strip_prefix('"').and_then(|rest| rest.split_once('"')) {
                assert!(known.contains_key(key), "there is no text {key}");
            }
        }
        literals.extend(source.split('"').skip(1).step_by(2).map(str::to_owned));
    }
    let together: Vec<&str> = literals.iter().filter_map(|literal| literal.strip_suffix("{name}")).collect();
    let used = |key: &str| {
        let part = |start: &&str| key.strip_prefix(*start).is_some_and(|name| literals.contains(name));
        literals.contains(key) || together.iter().any(part)
    };
    // Those of the command line and of the settings have tests of their own.
    let own = ["command-", "option-", "setting-"];
    for key in known.keys().filter(|key| !own.iter().any(|start| key.starts_with(start))) {
        assert!(used(key), "{key} is used nowhere");
    }
}

#[test]
fn numbers_in_texts_have_separators_and_choose_the_plural() {
    let said = |tensors: usize| {
        t!(Language::English, "info-file", version = "3", size = "1 KiB", tensors = tensors, parameters = "5")
    };
    assert!(said(1).contains("1 tensor ·") && said(1234).contains("1,234 tensors ·"), "{}", said(1234));
}

#[test]
fn a_cause_is_said_once_and_in_the_language() {
    let missing = || std::io::Error::from(std::io::ErrorKind::NotFound);
    let told = |error: anyhow::Error| described(&error, Language::English);
    assert_eq!(told(missing().into()), "no such file or folder");
    let engine = || mixtral_engine::Error::io("a.gguf")(missing());
    assert_eq!(told(engine().into()), "a.gguf: no such file or folder");
    let outer: anyhow::Result<()> = Err(engine()).context("a.gguf").context("reading");
    assert_eq!(told(outer.expect_err("an error")), "reading: a.gguf: no such file or folder");
    assert_eq!(described(&engine().into(), Language::Chinese), "a.gguf：没有这个文件或文件夹");
}
