//! The modules of a crate, followed from its root by `mod` declarations as the compiler follows them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use syn::visit::Visit;

use super::paths::{Found, Visitor};

/// A crate: its root file and every module below it. Keys are module paths without `crate`.
#[derive(Debug)]
pub struct Crate {
    /// The root file from the repository's root, such as `server/src/lib.rs`.
    pub root: String,
    /// The folder of the root file.
    pub folder: String,
    /// Its modules by path; the root has the empty path.
    pub modules: BTreeMap<Vec<String>, Module>,
}

/// One module. An inline module shares the file of its parent.
#[derive(Debug, Default)]
pub struct Module {
    /// Its path without `crate`.
    pub path: Vec<String>,
    /// Its file from the repository's root.
    pub file: String,
    /// Child modules that are not test code.
    pub children: BTreeSet<String>,
    /// Names of the items that it defines.
    pub items: BTreeSet<String>,
    /// Name → path of what it re-exports.
    pub exports: BTreeMap<String, Vec<String>>,
    /// Paths that it re-exports whole (`pub use a::*`).
    pub open_exports: Vec<Vec<String>>,
    /// Name → path of what it imports for itself.
    pub imports: BTreeMap<String, Vec<String>>,
    /// Paths of this crate that are used, with their lines; the first name is replaced by what an import stands for.
    pub uses: Vec<(Vec<String>, usize)>,
    /// Paths into other crates, with their lines.
    pub outside: Vec<(Vec<String>, usize)>,
}

impl Crate {
    /// Reads a crate from its root file. `read` gives the text of a file by its path from the repository's root.
    ///
    /// # Errors
    /// A file that is missing or is no Rust, with its name.
    pub fn read(root: &str, read: &dyn Fn(&str) -> Option<String>) -> Result<Self, String> {
        let folder = root.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        let mut krate = Self { root: root.to_owned(), folder: folder.clone(), modules: BTreeMap::new() };
        let mut pending = vec![(Vec::new(), root.to_owned(), folder)];
        while let Some((path, file, below)) = pending.pop() {
            let text = read(&file).ok_or_else(|| format!("{file} is missing"))?;
            let parsed = syn::parse_file(&text).map_err(|error| format!("{file}: {error}"))?;
            krate.add(path, &file, &below, &parsed.items, &mut pending, read);
        }
        Ok(krate)
    }

    fn add(
        &mut self,
        path: Vec<String>,
        file: &str,
        below: &str,
        items: &[syn::Item],
        pending: &mut Vec<(Vec<String>, String, String)>,
        read: &dyn Fn(&str) -> Option<String>,
    ) {
        let mut visitor = Visitor::default();
        for item in items {
            visitor.visit_item(item);
        }
        let Found { items: names, exports, open_exports, imports, uses, modules } = visitor.found;
        let mut module = Module { path: path.clone(), file: file.to_owned(), items: names, ..Module::default() };
        module.exports = exports;
        module.open_exports = open_exports;
        module.imports = imports;
        for (name, inline) in modules {
            let mut child = path.clone();
            child.push(name.clone());
            module.children.insert(name.clone());
            let folder = format!("{below}/{name}");
            match inline {
                Some(items) => self.add(child, file, &folder, &items, pending, read),
                None => {
                    let flat = format!("{below}/{name}.rs");
                    let source = if read(&flat).is_some() { flat } else { format!("{folder}/mod.rs") };
                    pending.push((child, source, folder));
                }
            }
        }
        for (path, line) in uses {
            let first = path.first().map(String::as_str).unwrap_or_default();
            let expanded = match module.imports.get(first).or_else(|| module.exports.get(first)) {
                Some(target) => target.iter().chain(path.iter().skip(1)).cloned().collect(),
                None => path,
            };
            let first = expanded.first().map(String::as_str).unwrap_or_default();
            // A child's name alone is a variable of that name: a module is no value and no type.
            let is_child = expanded.len() > 1 && module.children.contains(first);
            let is_inside = is_child || matches!(first, "crate" | "self" | "super");
            match is_inside {
                true => module.uses.push((expanded, line)),
                false if expanded.len() > 1 => module.outside.push((expanded, line)),
                false => {}
            }
        }
        self.modules.insert(path, module);
    }
}

/// The crates of the workspace by their root files: every `src/lib.rs`, `src/main.rs` and program below `src/bin` beside a
/// `Cargo.toml`.
pub fn crate_roots(repository: &Path) -> Vec<String> {
    let mut roots = Vec::new();
    let mut folders = vec![repository.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        let mut names: Vec<String> = entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        let relative = folder.strip_prefix(repository).unwrap_or(&folder).to_string_lossy().into_owned();
        if names.iter().any(|name| name == "Cargo.toml") && !relative.is_empty() {
            roots.extend(["src/lib.rs", "src/main.rs"].iter().map(|root| format!("{relative}/{root}")));
            let programs = std::fs::read_dir(folder.join("src/bin")).into_iter().flatten().flatten();
            for program in programs {
                let name = program.file_name().to_string_lossy().into_owned();
                let root = if program.path().is_dir() { format!("{name}/main.rs") } else { name };
                roots.push(format!("{relative}/src/bin/{root}"));
            }
        }
        let is_ours = |name: &String| !name.starts_with('.') && !name.starts_with("target") && *name != "src";
        folders.extend(names.iter().filter(|name| is_ours(name)).map(|name| folder.join(name)).filter(|p| p.is_dir()));
    }
    roots.retain(|root| repository.join(root).is_file());
    roots.sort();
    roots
}
