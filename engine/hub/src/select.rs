//! Which of a repository's files are meant by what stands behind its name: nothing, a type or a file.

use crate::error::{Error, Result};
use crate::label::{Shard, label, shard, stem, type_name};

/// Types that are taken where nobody says which: llama.cpp's choice, and what it was called before.
const USUAL: [&str; 2] = ["Q4_K_M", "Q4_K"];

/// The files that are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    pub files: Vec<String>,
    pub target: Target,
}

/// What is to be opened once they are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    File(String),
    /// The repository as a folder, with the type that its matrices are to get.
    Folder(Option<String>),
}

/// A GGUF model of the repository, in shards or not.
struct Candidate<'a> {
    stem: &'a str,
    label: Option<String>,
    of: u32,
    files: Vec<&'a str>,
}

/// Chooses from a repository's files. GGUF files are preferred to safetensors, as they are smaller. A type is found as llama.cpp
/// finds it, without regard to capitals: `Q4_K` is `…q4_k.gguf`; where there is none, `Q4_K_M`, or the one that begins so.
///
/// # Errors
/// There is no model, none of this type, or several and nobody says which.
pub fn select(repository: &str, paths: &[&str], wanted: Option<&str>) -> Result<Selection> {
    let candidates = candidates(paths);
    if let Some(wanted) = wanted {
        if let Some(path) = file(paths, wanted) {
            let whole = candidates.iter().find(|candidate| candidate.files.contains(&path));
            return whole.map_or_else(|| Ok(alone(path)), |candidate| complete(repository, candidate));
        }
        if let Some(candidate) = of_type(&candidates, wanted) {
            return complete(repository, candidate);
        }
        if wanted.contains('.') {
            return Err(Error::NoFile { repository: repository.to_owned(), file: wanted.to_owned() });
        }
    }
    if let Some(files) = folder(paths)
        && (candidates.is_empty() || wanted.is_some())
    {
        return Ok(Selection { files, target: Target::Folder(wanted.map(str::to_owned)) });
    }
    let usual = || USUAL.into_iter().find_map(|kind| of_type(&candidates, kind));
    let known = || {
        let name = |candidate: &Candidate<'_>| candidate.label.clone().unwrap_or_else(|| candidate.files[0].to_owned());
        let mut known: Vec<String> = candidates.iter().map(name).collect();
        known.dedup();
        known
    };
    let repository = repository.to_owned();
    match (candidates.as_slice(), wanted) {
        ([], _) => Err(Error::NoModel { repository }),
        (_, Some(wanted)) => Err(Error::NoType { repository, wanted: wanted.to_owned(), known: known() }),
        ([only], None) => complete(&repository, only),
        (_, None) => match usual() {
            Some(candidate) => complete(&repository, candidate),
            None => Err(Error::Which { repository, known: known() }),
        },
    }
}

/// The GGUF models among the files: not what turns pictures into tokens, and not importance matrices.
fn candidates<'a>(paths: &[&'a str]) -> Vec<Candidate<'a>> {
    let mut found: Vec<Candidate<'a>> = Vec::new();
    for path in paths {
        let Some((stem, shard)) = stem(path) else { continue };
        let name = stem.rsplit('/').next().unwrap_or(stem).to_ascii_lowercase();
        if name.contains("mmproj") || name.contains("imatrix") {
            continue;
        }
        let of = shard.map_or(1, |shard: Shard| shard.of);
        match found.iter_mut().find(|candidate| candidate.stem == stem && candidate.of == of && shard.is_some()) {
            Some(candidate) => candidate.files.push(path),
            None => found.push(Candidate { stem, label: label(stem), of, files: vec![path] }),
        }
    }
    // Of several that fit, the one with the plainest name.
    found.sort_by_key(|candidate| (candidate.stem.len(), candidate.stem));
    found.iter_mut().for_each(|candidate| candidate.files.sort_unstable());
    found
}

fn of_type<'a, 'b>(candidates: &'b [Candidate<'a>], wanted: &str) -> Option<&'b Candidate<'a>> {
    let wanted = type_name(wanted).unwrap_or_else(|| wanted.to_ascii_uppercase());
    let labelled = |name: &str| candidates.iter().find(|candidate| candidate.label.as_deref() == Some(name));
    let begins = |candidate: &&Candidate<'_>| {
        candidate.label.as_ref().is_some_and(|label| label.strip_prefix(&*wanted).is_some_and(|l| l.starts_with('_')))
    };
    let only = || {
        let mut family = candidates.iter().filter(begins);
        family.next().filter(|first| family.all(|other| other.label == first.label))
    };
    // `UD-Q4_K_XL`: more of the name than the type.
    let named = || candidates.iter().find(|candidate| holds(&candidate.stem.to_ascii_uppercase(), &wanted));
    labelled(&wanted).or_else(|| labelled(&format!("{wanted}_M"))).or_else(only).or_else(named)
}

/// Whether a name holds a word, from one separator to the next.
fn holds(name: &str, word: &str) -> bool {
    let is_edge = |c: Option<char>| c.is_none_or(|c| matches!(c, '-' | '.' | '/' | '_'));
    !word.is_empty()
        && name.match_indices(word).any(|(at, _)| {
            is_edge(name[..at].chars().next_back())
                && name[at + word.len()..].chars().next().is_none_or(|c| c != '_' && is_edge(Some(c)))
        })
}

/// The file of this path or name.
fn file<'a>(paths: &[&'a str], wanted: &str) -> Option<&'a str> {
    let named = |path: &&&str| path.rsplit('/').next().is_some_and(|name| name.eq_ignore_ascii_case(wanted));
    paths.iter().find(|path| **path == wanted).or_else(|| paths.iter().find(named)).copied()
}

fn alone(path: &str) -> Selection {
    Selection { files: vec![path.to_owned()], target: Target::File(path.to_owned()) }
}

/// All shards, the first of which is what is opened.
fn complete(repository: &str, candidate: &Candidate<'_>) -> Result<Selection> {
    let files: Vec<String> = candidate.files.iter().map(|path| (*path).to_owned()).collect();
    if files.len() != candidate.of as usize {
        return Err(Error::Shards { repository: repository.to_owned(), file: files[0].clone() });
    }
    Ok(Selection { target: Target::File(files[0].clone()), files })
}

/// What `save_pretrained` writes of a model or of an adapter: weights in safetensors, and the small files beside them.
fn folder(paths: &[&str]) -> Option<Vec<String>> {
    let own = || paths.iter().copied().filter(|path| !path.contains('/'));
    let has = |name: &str| own().any(|path| path == name);
    let is_whole = |path: &str| {
        let stem = path.strip_suffix(".safetensors");
        stem.is_some_and(|stem| shard(stem).map_or(stem, |(stem, _)| stem) == "model")
    };
    let is_adapter = |path: &str| path == "adapter_model.safetensors";
    // Some publish the same weights in a layout of their own beside these.
    let is_other =
        |path: &str| path.ends_with(".safetensors") && !path.starts_with("consolidated") && !is_adapter(path);
    let weights: Vec<&str> = if has("config.json") && own().any(is_whole) {
        own().filter(|path| is_whole(path)).collect()
    } else if has("adapter_config.json") && own().any(is_adapter) {
        own().filter(|path| is_adapter(path)).collect()
    } else if has("config.json") {
        own().filter(|path| is_other(path)).collect()
    } else {
        Vec::new()
    };
    let is_small = |path: &&str| [".json", ".model", ".jinja", ".txt"].into_iter().any(|ending| path.ends_with(ending));
    let files = || own().filter(is_small).chain(weights.iter().copied()).map(str::to_owned).collect();
    (!weights.is_empty()).then(files)
}

#[cfg(test)]
mod tests;
