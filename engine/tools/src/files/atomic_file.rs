//! Files that appear whole or not at all: written as `NAME.part`, renamed at the end, removed on failure.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use mixtral_engine::error::{Error, Result};

/// The name that a file has while it is written. The ending is added, so that `a.Q4_K.gguf` and `a.Q8_0.gguf` can be
/// written at the same time.
pub fn part_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

/// Whether two paths lead to one file or folder, which is there.
pub(crate) fn same(a: &Path, b: &Path) -> bool {
    a.canonicalize().is_ok_and(|a| b.canonicalize().is_ok_and(|b| a == b))
}

/// Lets `write` make a file at another path, and moves it to `path` once it is complete and on the disk.
///
/// # Errors
/// What `write` says, or the system cannot finish the file; nothing is left behind then, and what stood at `path` stays.
pub fn through<T>(path: &Path, write: impl FnOnce(&Path) -> Result<T>) -> Result<T> {
    let part = part_of(path);
    let written = write(&part).and_then(|value| {
        File::open(&part).and_then(|file| file.sync_all()).map_err(Error::io(&part))?;
        std::fs::rename(&part, path).map_err(Error::io(path))?;
        Ok(value)
    });
    if written.is_err() {
        // It may not have been made at all; the first error is the one to tell.
        _ = std::fs::remove_file(&part);
    }
    written
}

/// The same for bytes that come one after the other. Errors of writing are named by the finished file's path.
///
/// # Errors
/// As [`through`].
pub fn write<T>(path: &Path, fill: impl FnOnce(&mut BufWriter<File>) -> Result<T>) -> Result<T> {
    through(path, |part| {
        let mut out = BufWriter::with_capacity(1 << 20, File::create(part).map_err(Error::io(path))?);
        let value = fill(&mut out)?;
        out.flush().map_err(Error::io(path))?;
        Ok(value)
    })
}

/// The same for a few bytes at once.
///
/// # Errors
/// As [`through`].
pub fn write_bytes(path: &Path, bytes: &[u8]) -> Result<()> {
    write(path, |out| out.write_all(bytes).map_err(Error::io(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_whole_or_not_at_all() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.Q4_K.gguf");
        let listed = || std::fs::read_dir(folder.path()).expect("the folder").count();

        let failed = write(&path, |out| {
            out.write_all(b"half").map_err(Error::io(&path))?;
            Err::<(), _>(Error::Stopped)
        });
        assert!(matches!(failed, Err(Error::Stopped)));
        assert_eq!(listed(), 0, "a failed file is removed");

        write_bytes(&path, b"first").expect("written");
        let failed = through(&path, |part| {
            assert_eq!(part, folder.path().join("a.Q4_K.gguf.part"));
            std::fs::write(part, b"second").map_err(Error::io(part))?;
            Err::<(), _>(Error::Stopped)
        });
        assert!(failed.is_err());
        assert_eq!(std::fs::read(&path).expect("the first"), b"first", "a failure leaves what was there");
        assert_eq!(listed(), 1);

        write_bytes(&path, b"third").expect("written");
        assert_eq!(std::fs::read(&path).expect("the third"), b"third");
        assert!(write_bytes(&folder.path().join("none/x"), b"").is_err(), "no folder");
    }
}
