//! The graph of small made-up crates.

use std::collections::BTreeMap;

use super::*;

fn read(files: &[(&str, &str)]) -> Graph {
    let files: BTreeMap<String, String> = files.iter().map(|(path, text)| ((*path).into(), (*text).into())).collect();
    let krate = Crate::read("a/src/lib.rs", &|path| files.get(path).cloned()).expect("a crate that parses");
    Graph::of(&krate)
}

fn arrows(graph: &Graph) -> Vec<String> {
    graph.files().flat_map(|from| graph.used_by(from).map(move |to| format!("{from} {to}"))).collect()
}

#[test]
fn an_import_points_at_the_file_that_defines_the_item() {
    let graph = read(&[
        ("a/src/lib.rs", "mod one; mod two;"),
        ("a/src/one/mod.rs", "mod inner; pub use inner::Thing;"),
        ("a/src/one/inner.rs", "pub struct Thing;"),
        ("a/src/two.rs", "use crate::one::Thing; fn f(_: Thing) {}"),
    ]);
    assert_eq!(arrows(&graph), ["a/src/two.rs a/src/one/inner.rs"]);
}

#[test]
fn paths_in_code_and_in_macros_count_and_tests_do_not() {
    let graph = read(&[
        ("a/src/lib.rs", "mod one; mod two; mod three; mod four;"),
        ("a/src/one.rs", "pub fn f() {}"),
        ("a/src/two.rs", "fn g() { crate::one::f() }"),
        ("a/src/three.rs", "use crate::one; fn g() { vec![one::f()]; }"),
        ("a/src/four.rs", "#[cfg(test)] mod tests { use crate::one; } #[cfg(test)] use crate::two;"),
    ]);
    assert_eq!(arrows(&graph), ["a/src/three.rs a/src/one.rs", "a/src/two.rs a/src/one.rs"]);
}

#[test]
fn a_circle_of_files_is_found_through_re_exports_and_super() {
    let graph = read(&[
        ("a/src/lib.rs", "mod one;"),
        ("a/src/one/mod.rs", "mod b; mod c; pub use b::B; pub use c::C;"),
        ("a/src/one/b.rs", "use super::C; pub struct B(C);"),
        ("a/src/one/c.rs", "use super::b::B; pub struct C(Box<B>);"),
    ]);
    assert_eq!(circles(&graph), [["a/src/one/b.rs", "a/src/one/c.rs"]]);
}

#[test]
fn a_circle_of_folders_without_a_circle_of_files_is_found() {
    let graph = Graph::from_pairs(&[("s/a/one.rs", "s/b/one.rs"), ("s/b/two.rs", "s/a/two.rs")]);
    assert!(circles(&graph).is_empty());
    let found = folder_circles(&graph);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].folder.as_str(), found[0].children.join(" ")), ("s", "a b".to_owned()));
}

#[test]
fn the_drawn_order_is_read_and_arrows_up_or_sideways_are_found() {
    let readme =
        "text\n```text\ns, top to bottom; a line uses only lines below it\n  top\n  left · right\n  ground\n```\n";
    let orders = drawn(readme);
    assert_eq!(orders.len(), 1);
    assert_eq!(orders[0].lines, [vec!["top"], vec!["left", "right"], vec!["ground"]]);
    let good =
        Graph::from_pairs(&[("s/top.rs", "s/left.rs"), ("s/left.rs", "s/ground.rs"), ("s/right.rs", "s/ground.rs")]);
    assert_eq!(hold(&orders[0], &good), []);
    let up = Graph::from_pairs(&[
        ("s/top.rs", "s/left.rs"),
        ("s/ground.rs", "s/top.rs"),
        ("s/left.rs", "s/right.rs"),
        ("s/new.rs", "s/ground.rs"),
    ]);
    let found: Vec<String> = hold(&orders[0], &up).iter().map(|c| c.place.clone()).collect();
    assert_eq!(found, ["s/ground.rs", "s/left.rs", "s/new"]);
    let gone = Graph::from_pairs(&[("s/top.rs", "s/ground.rs")]);
    assert_eq!(hold(&orders[0], &gone).len(), 2);
}
