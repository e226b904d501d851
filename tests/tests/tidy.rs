//! The repository keeps its own rules: who may use whom, texts in both languages, short files, a clean top level.

use arena_tests::tidy::layers::{self, Exception};
use arena_tests::tidy::{assert_tidy, files, locale, markup, root, shape};

/// Where a rule is broken on purpose.
const EXCEPTIONS: &[Exception] = &[
    Exception {
        path: "server/src/database/child.rs",
        rule: "unsafe stands only in kernels, mapped weights and the launchers of child processes",
        reason: "pre_exec: Postgres asks to be told when the arena dies",
    },
    Exception {
        path: "server/src/views/markdown/code.rs",
        rule: "no globals",
        reason: "the grammars of highlighted languages: built once, never changed",
    },
    Exception {
        path: "server/src/views/markdown/sanitise.rs",
        rule: "no globals",
        reason: "the sanitiser's rules: built once, never changed",
    },
];

#[test]
fn modules_use_only_what_they_may() {
    let mut sources = files("server", &[".rs"]);
    sources.extend(files("engine", &[".rs"]));
    sources.extend(files("tests", &[".rs"]));
    assert!(sources.len() > 50, "the sources were not found");
    assert_tidy(&layers::check(&sources, EXCEPTIONS));
}

#[test]
fn every_file_says_what_it_is_and_stays_short() {
    let mut sources = files("server", &[".rs"]);
    sources.extend(files("engine", &[".rs"]));
    sources.extend(files("tests", &[".rs"]));
    for (lines, path) in shape::longer_than_aimed(&sources) {
        println!("longer than {} lines: {path} ({lines})", shape::AIM);
    }
    let mut complaints = shape::opens_with_purpose(&sources);
    let mut long = sources;
    long.extend(files("static", &[".js", ".css"]));
    long.extend(files("templates", &[".html", ".ftl"]));
    complaints.extend(shape::is_short(&long));
    assert_tidy(&complaints);
}

#[test]
fn the_top_level_holds_only_what_belongs_there() {
    let names: Vec<String> = std::fs::read_dir(root())
        .expect("the repository's root")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    let gitignore = std::fs::read_to_string(root().join(".gitignore")).unwrap_or_default();
    assert_tidy(&shape::top_level(&names, |name| shape::git_ignores(&gitignore, name)));
}

#[test]
fn templates_hold_no_inline_script_or_style() {
    let templates = files("templates", &[".html", ".svg"]);
    assert!(!templates.is_empty(), "the templates were not found");
    assert_tidy(&markup::check(&templates));
}

#[test]
fn every_text_is_there_in_both_languages_and_used() {
    let locales = files("templates/locales", &[".ftl"]);
    assert!(locales.len() >= 4, "the texts were not found");
    let mut sources = files("server/src", &[".rs"]);
    sources.extend(files("templates", &[".html"]));
    assert_tidy(&locale::check(&locales, &sources));
}
