//! Folders that appear whole or not at all: filled as `NAME.part`, renamed at the end, removed on failure.

use std::fs;
use std::path::{Path, PathBuf};

use super::atomic_file::part_of;
use mixtral_engine::error::{ConversionFault, Error, Place, Result};

/// A folder that is being filled. Dropped unfinished, it is removed.
#[derive(Debug)]
pub struct WholeFolder {
    target: PathBuf,
    part: PathBuf,
    finished: bool,
}

impl WholeFolder {
    /// Begins a folder. One that is there must be empty, or, with `replace`, hold a file named `mark`: what is replaced is
    /// deleted in the end, and must be something of the same sort, not a person's documents.
    ///
    /// # Errors
    /// It is there and may not be replaced, an interrupted run left its `NAME.part`, or it cannot be made.
    pub fn create(target: &Path, replace: bool, mark: &str) -> Result<Self> {
        let whole = |path: &Path, fault: ConversionFault| Err(Error::file(path, Place::Whole, fault));
        if !may_replace(target)? {
            if !replace {
                return whole(target, ConversionFault::Exists);
            }
            if !target.join(mark).is_file() {
                return whole(target, ConversionFault::NotOurs { mark: mark.to_owned() });
            }
        }
        let part = part_of(&plain(target));
        if part.exists() {
            return whole(&part, ConversionFault::LeftOver);
        }
        fs::create_dir_all(&part).map_err(Error::io(&part))?;
        Ok(Self { target: plain(target), part, finished: false })
    }

    /// Where to write meanwhile.
    pub fn path(&self) -> &Path {
        &self.part
    }

    /// Where it will stand.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Puts the folder in its place.
    ///
    /// # Errors
    /// It cannot be renamed; then nothing has changed.
    pub fn finish(mut self) -> Result<()> {
        let rename = |from: &Path, to: &Path| fs::rename(from, to).map_err(Error::io(to));
        if may_replace(&self.target)? {
            // A rename replaces an empty folder.
            rename(&self.part, &self.target)?;
            self.finished = true;
            return Ok(());
        }
        let mut old = self.target.as_os_str().to_owned();
        old.push(".old");
        let old = PathBuf::from(old);
        rename(&self.target, &old)?;
        if let Err(error) = rename(&self.part, &self.target) {
            // Better the old one than none.
            rename(&old, &self.target)?;
            return Err(error);
        }
        self.finished = true;
        fs::remove_dir_all(&old).map_err(Error::io(&old))
    }
}

impl Drop for WholeFolder {
    fn drop(&mut self) {
        if !self.finished {
            // The first error is the one to tell.
            _ = fs::remove_dir_all(&self.part);
        }
    }
}

/// Without a slash at its end, after which `.part` would name another folder.
fn plain(path: &Path) -> PathBuf {
    path.components().collect()
}

/// Whether nothing is lost when this path becomes a folder.
fn may_replace(path: &Path) -> Result<bool> {
    if !path.exists() {
        return Ok(true);
    }
    Ok(path.is_dir() && fs::read_dir(path).map_err(Error::io(path))?.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_appears_whole_or_not_at_all() {
        let base = tempfile::tempdir().expect("a folder");
        let target = base.path().join("model/");
        let listed = || fs::read_dir(base.path()).expect("the folder").count();
        let filled = |text: &str, replace: bool| -> Result<WholeFolder> {
            let folder = WholeFolder::create(&target, replace, "config.json")?;
            fs::write(folder.path().join("config.json"), text).expect("written");
            Ok(folder)
        };

        drop(filled("given up", false).expect("a folder"));
        assert_eq!(listed(), 0);

        filled("first", false).and_then(WholeFolder::finish).expect("a folder");
        let text = || fs::read_to_string(target.join("config.json")).expect("the file");
        assert_eq!(text(), "first");
        assert!(filled("second", false).is_err(), "not replaced unasked");
        filled("second", true).and_then(WholeFolder::finish).expect("replaced");
        assert_eq!((text().as_str(), listed()), ("second", 1));

        fs::remove_file(target.join("config.json")).expect("removed");
        filled("third", false).and_then(WholeFolder::finish).expect("an empty folder is nothing to lose");
        fs::rename(target.join("config.json"), target.join("letters.txt")).expect("renamed");
        assert!(filled("fourth", true).is_err(), "a folder of another sort is not deleted");
        assert_eq!(listed(), 1);
    }
}
