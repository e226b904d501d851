//! Which file uses which: the `use` trees and paths of each crate as a graph of files and of folders.
//!
//! A re-export of a module's own children (`pub use child::Item` in a `mod.rs`) is a shop window and no arrow; whoever
//! imports through it points at the file that defines the item. Test code draws no arrows.

mod circles;
mod order;
mod paths;
mod resolve;
mod tree;

use std::collections::{BTreeMap, BTreeSet};

pub use circles::{FolderCircle, circles, folder_circles};
pub use order::{Order, drawn, hold};
pub use resolve::absolute;
pub use tree::{Crate, Module, crate_roots};

/// The arrows between the children of a folder: from → to → one pair of files behind it.
pub type Children = BTreeMap<String, BTreeMap<String, (String, String)>>;

/// The arrows of one crate between its files: from → to → how the first one is written.
#[derive(Debug, Default)]
pub struct Graph {
    arrows: BTreeMap<String, BTreeMap<String, String>>,
}

impl Graph {
    /// The graph of a crate.
    pub fn of(krate: &Crate) -> Self {
        let mut graph = Self::default();
        for module in krate.modules.values() {
            graph.arrows.entry(module.file.clone()).or_default();
            for (path, _) in &module.uses {
                let Some(target) = resolve::file_of(krate, module, path) else { continue };
                if target != module.file {
                    graph.add(&module.file, &target, &path.join("::"));
                }
            }
        }
        graph
    }

    /// A graph from pairs, for tests.
    pub fn from_pairs(pairs: &[(&str, &str)]) -> Self {
        let mut graph = Self::default();
        for (from, to) in pairs {
            graph.add(from, to, to);
        }
        graph
    }

    fn add(&mut self, from: &str, to: &str, written: &str) {
        self.arrows.entry(from.to_owned()).or_default().entry(to.to_owned()).or_insert_with(|| written.to_owned());
        self.arrows.entry(to.to_owned()).or_default();
    }

    /// Every file that uses or is used.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.arrows.keys().map(String::as_str)
    }

    /// The files that a file uses.
    pub fn used_by(&self, file: &str) -> impl Iterator<Item = &str> {
        self.arrows.get(file).into_iter().flat_map(|targets| targets.keys().map(String::as_str))
    }

    /// How the first use of `to` in `from` is written.
    pub fn written(&self, from: &str, to: &str) -> Option<&str> {
        self.arrows.get(from)?.get(to).map(String::as_str)
    }

    /// The graph of the direct children of `folder` (files without `.rs`, and folders with all that is in them); the
    /// folder's own `mod.rs`, `lib.rs` or `main.rs` stands under that name. Each arrow keeps one pair of files.
    pub fn children(&self, folder: &str) -> Children {
        let prefix = format!("{folder}/");
        let child = |file: &str| {
            let rest = file.strip_prefix(&prefix)?;
            Some(rest.split('/').next().unwrap_or(rest).trim_end_matches(".rs").to_owned())
        };
        let mut graph = Children::new();
        for (from, targets) in &self.arrows {
            let Some(a) = child(from) else { continue };
            let arrows = graph.entry(a.clone()).or_default();
            for to in targets.keys() {
                if let Some(b) = child(to).filter(|b| *b != a) {
                    arrows.entry(b).or_insert_with(|| (from.clone(), to.clone()));
                }
            }
        }
        graph
    }

    /// Every folder that holds files of this graph.
    pub fn folders(&self) -> BTreeSet<String> {
        let mut folders = BTreeSet::new();
        for file in self.files() {
            let mut at = file;
            while let Some((folder, _)) = at.rsplit_once('/') {
                folders.insert(folder.to_owned());
                at = folder;
            }
        }
        folders
    }
}

/// The folder graph as lines `from → to, to`, for a person to read.
pub fn printed(graph: &Graph, folder: &str) -> String {
    let mut out = String::new();
    for (from, targets) in graph.children(folder) {
        let targets: Vec<&str> = targets.keys().map(String::as_str).collect();
        if !targets.is_empty() {
            out.push_str(&format!("  {from} → {}\n", targets.join(", ")));
        }
    }
    out
}

#[cfg(test)]
mod tests;
