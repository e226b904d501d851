//! The repository keeps its own rules: who may use whom, texts in both languages, short files, a clean top level.

use arena_tests::tidy::graph::{self, Crate, Graph, crate_roots};
use arena_tests::tidy::layers::{self, Exception};
use arena_tests::tidy::{Complaint, assert_tidy, files, guides, locale, markup, root, shape, source};

/// Where a rule is broken on purpose.
const EXCEPTIONS: &[Exception] = &[
    Exception {
        path: "engine/src/cpu/pool/mod.rs",
        rule: layers::GLOBALS,
        reason: "the cores are one for the whole process: engines of their own pools would fight over them",
    },
    Exception {
        path: "engine/src/cpu/product/amx/numbers.rs",
        rule: layers::GLOBALS,
        reason: "a thread's memory, taken and put back by each product: the system would clear it each time it is asked for",
    },
    Exception {
        path: "engine/src/cpu/product/amx/permission.rs",
        rule: layers::GLOBALS,
        reason: "what the processor and the system answer: asked once, never changed",
    },
    Exception {
        path: "engine/src/cpu/product/select.rs",
        rule: layers::GLOBALS,
        reason: "the process's instruction set: found once, never changed",
    },
    Exception {
        path: "server/src/handlers/api/document.rs",
        rule: layers::GLOBALS,
        reason: "the API's document: put together once, never changed",
    },
    Exception {
        path: "server/src/views/markdown/code.rs",
        rule: layers::GLOBALS,
        reason: "the grammars of highlighted languages: built once, never changed",
    },
    Exception {
        path: "server/src/domain/identity/claims.rs",
        rule: layers::GLOBALS,
        reason: "the patterns of claims: compiled once, never changed",
    },
    Exception {
        path: "server/src/domain/identity/rendered.rs",
        rule: layers::GLOBALS,
        reason: "patterns of entities, tags and spaced letters: compiled once, never changed",
    },
    Exception {
        path: "server/src/domain/features/patterns.rs",
        rule: layers::GLOBALS,
        reason: "the rules of categories: compiled once, never changed",
    },
    Exception {
        path: "server/src/views/markdown/sanitise.rs",
        rule: layers::GLOBALS,
        reason: "the sanitiser's rules: built once, never changed",
    },
];

#[test]
fn modules_use_only_what_they_may() {
    let mut complaints: Vec<_> = graphs().iter().flat_map(|(krate, _)| layers::check(krate)).collect();
    let sources = ["server/src", "engine"].map(|folder| files(folder, &[".rs"])).concat();
    assert!(sources.len() > 50, "the sources were not found");
    let ours = sources.iter().filter(|file| !source::is_test_path(&file.path));
    complaints.extend(ours.flat_map(layers::check_file));
    assert_tidy(&layers::without(complaints, EXCEPTIONS));
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

/// The crates of the workspace with their graphs.
fn graphs() -> Vec<(Crate, Graph)> {
    let root = root();
    let read = |path: &str| std::fs::read_to_string(root.join(path)).ok();
    let roots = crate_roots(&root);
    assert!(roots.len() >= 5, "the crates were not found: {roots:?}");
    let read = |at: &String| Crate::read(at, &read).unwrap_or_else(|error| panic!("{error}"));
    roots.iter().map(read).map(|krate| (Graph::of(&krate), krate)).map(|(graph, krate)| (krate, graph)).collect()
}

#[test]
fn no_files_and_no_folders_import_each_other_in_a_circle() {
    let mut complaints = Vec::new();
    for (krate, graph) in graphs() {
        println!("{}\n{}", krate.root, graph::printed(&graph, &krate.folder));
        for circle in graph::circles(&graph) {
            let what = format!("{} files import each other in a circle: {}", circle.len(), circle.join(", "));
            complaints.push(Complaint { place: krate.root.clone(), what });
        }
        for circle in graph::folder_circles(&graph) {
            let pairs: Vec<String> = circle.pairs.iter().map(|(a, b)| format!("{a} → {b}")).collect();
            let what = format!("{} import each other: {}", circle.children.join(", "), pairs.join("; "));
            complaints.push(Complaint { place: circle.folder, what });
        }
    }
    assert_tidy(&complaints);
}

/// Where orders are drawn.
const DRAWINGS: &[&str] = &["README.md", "engine/README.md", "server/README.md", "tests/README.md"];

#[test]
fn modules_stand_in_the_order_that_the_readmes_draw() {
    let mut orders = Vec::new();
    for readme in DRAWINGS {
        let text = std::fs::read_to_string(root().join(readme)).unwrap_or_else(|error| panic!("{readme}: {error}"));
        orders.extend(graph::drawn(&text));
    }
    let mut complaints = Vec::new();
    for (krate, graph) in graphs().iter().filter(|(krate, _)| krate.root.ends_with("/src/lib.rs")) {
        match orders.iter().find(|order| order.folder == krate.folder) {
            Some(order) => complaints.extend(graph::hold(order, graph)),
            None => complaints.push(Complaint { place: krate.root.clone(), what: "no README draws its order".into() }),
        }
    }
    assert_tidy(&complaints);
}

#[test]
fn guides_are_short_and_their_links_lead_somewhere() {
    let guides: Vec<_> = files("", &[".md"]).into_iter().filter(|guide| !guide.path.starts_with('.')).collect();
    let readme = guides.iter().find(|guide| guide.path == "README.md").expect("the README was not found");
    let mut complaints = guides::is_short(readme);
    let table = |path: &str| std::fs::read_to_string(root().join(path)).expect("a table of routes");
    let routes = table("server/src/routes.rs") + &table("server/src/handlers/api/mod.rs");
    let exists = |path: &str| match path.starts_with('/') {
        true => routes.contains(&format!("(\"{path}\",")),
        false => root().join(path).exists(),
    };
    complaints.extend(guides::links_lead_somewhere(&guides, exists));
    assert_tidy(&complaints);
}
