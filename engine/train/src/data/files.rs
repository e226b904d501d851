//! Which files of a folder are training files.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// The endings of training files' names.
const ENDINGS: [&str; 4] = ["txt", "json", "jsonl", "ndjson"];
/// Folders within folders beyond which something leads in a circle.
const MAX_DEPTH: usize = 40;

/// Whether a folder's file of this name is a training file.
pub fn is_training_file(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
    !is_hidden(path) && ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

/// The training files that paths name: files as they are, and of folders what lies in them and below, by name. Hidden
/// ones, and what has another ending, are left out.
///
/// # Errors
/// A path that is not there, or a folder without a training file.
pub fn training_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut out = Vec::new();
    for path in paths {
        if path.is_dir() {
            let before = out.len();
            walk(path, 0, &mut out)?;
            if out.len() == before {
                return Err(Error::NoFiles { folder: path.display().to_string() });
            }
        } else {
            out.push(path.clone());
        }
    }
    Ok(out)
}

fn walk(folder: &Path, depth: usize, out: &mut Vec<PathBuf>) -> Result<()> {
    let io = mixtral_engine::Error::io(folder);
    let entries = std::fs::read_dir(folder).and_then(Iterator::collect::<std::io::Result<Vec<_>>>).map_err(io)?;
    let mut paths: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            if depth < MAX_DEPTH && !is_hidden(&path) {
                walk(&path, depth + 1, out)?;
            }
        } else if is_training_file(&path) {
            out.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_read_to_their_ground_by_name_and_what_is_no_training_file_is_left_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(at("b/c")).expect("made");
        std::fs::create_dir_all(at(".git")).expect("made");
        for name in ["z.txt", "a.JSONL", "b/c/x.json", "b/1.ndjson", "README.md", ".hidden.txt", ".git/y.txt"] {
            std::fs::write(at(name), "").expect("written");
        }
        let found = training_files(&[at("z.txt"), folder.path().to_owned()]).expect("files");
        let wanted = ["z.txt", "a.JSONL", "b/1.ndjson", "b/c/x.json", "z.txt"].map(at);
        assert_eq!(found, wanted);
        let error = training_files(&[at(".git")]).map(|files| files.len());
        assert_eq!(error.expect("files"), 1, "a folder that is named is read");
        std::fs::create_dir(at("empty")).expect("made");
        let error = training_files(&[at("empty")]).expect_err("nothing").to_string();
        assert!(error.contains("empty") && error.contains(".jsonl"), "{error}");
    }
}
