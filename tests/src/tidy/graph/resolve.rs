//! From a path to the file that defines what it names.

use super::{Crate, Module};

/// Re-exports that are followed at most; more is a circle of re-exports, which the compiler refuses anyway.
const MAX_HOPS: usize = 16;

/// The file in which the thing that `path` names in `module` is defined. `None` for what is not of this crate.
pub fn file_of(krate: &Crate, module: &Module, path: &[String]) -> Option<String> {
    let absolute = absolute(module, path)?;
    Some(define(krate, &absolute, MAX_HOPS)?.file.clone())
}

/// The path from the crate's root of what `path` names in `module`. `None` for what is not of this crate.
pub fn absolute(module: &Module, path: &[String]) -> Option<Vec<String>> {
    let (mut base, mut rest) = match path.first()?.as_str() {
        "crate" => (Vec::new(), &path[1..]),
        "self" => (module.path.clone(), &path[1..]),
        "super" => {
            let mut parent = module.path.clone();
            parent.pop()?;
            (parent, &path[1..])
        }
        first if module.children.contains(first) => (module.path.clone(), path),
        _ => return None,
    };
    while rest.first().is_some_and(|name| name == "super") {
        base.pop()?;
        rest = &rest[1..];
    }
    base.extend(rest.iter().cloned());
    Some(base)
}

fn define<'a>(krate: &'a Crate, path: &[String], hops: usize) -> Option<&'a Module> {
    let mut module = krate.modules.get(&Vec::new())?;
    for (at, name) in path.iter().enumerate() {
        if module.children.contains(name) {
            let mut child = module.path.clone();
            child.push(name.clone());
            module = krate.modules.get(&child)?;
            continue;
        }
        if module.items.contains(name) || hops == 0 {
            return Some(module);
        }
        let rest = &path[at + 1..];
        let named = module.exports.get(name).or_else(|| module.imports.get(name));
        if let Some(target) = named {
            let Some(next) = absolute(module, target) else { return Some(module) };
            return define(krate, &[&next[..], rest].concat(), hops - 1);
        }
        for open in &module.open_exports {
            let Some(next) = absolute(module, open) else { continue };
            let inner = define(krate, &next, hops - 1)?;
            if inner.items.contains(name) || inner.exports.contains_key(name) || inner.children.contains(name) {
                return define(krate, &[&next[..], &path[at..]].concat(), hops - 1);
            }
        }
        return Some(module);
    }
    Some(module)
}
