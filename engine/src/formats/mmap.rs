//! A file's bytes, mapped into memory: read on demand by the system, never copied as a whole.

#![expect(unsafe_code, reason = "a mapped file")]

use std::fs::File;
use std::ops::Range;
use std::path::Path;

use crate::error::{Error, Fault, Place, Result};

/// A read-only mapping of a whole file.
///
/// The file must not be shortened while it is mapped; the operating system would end the process
/// at the next read beyond its new end. Model files are written once, so this is accepted.
#[derive(Debug)]
pub struct Mapped {
    map: memmap2::Mmap,
    stamp: Option<Stamp>,
}

/// Which file it was, as it was when it was opened: equal stamps mean equal bytes, as far as the system tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stamp {
    device: u64,
    inode: u64,
    bytes: u64,
    /// Seconds and nanoseconds since 1970.
    modified: (i64, i64),
}

impl Stamp {
    #[cfg(unix)]
    fn of(about: &std::fs::Metadata) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        let modified = (about.mtime(), about.mtime_nsec());
        Some(Self { device: about.dev(), inode: about.ino(), bytes: about.size(), modified })
    }

    /// Other systems do not tell files apart so.
    #[cfg(not(unix))]
    fn of(_: &std::fs::Metadata) -> Option<Self> {
        None
    }
}

impl Mapped {
    /// Maps the file at `path`.
    pub fn open(path: &Path) -> Result<Self> {
        // Looked at before it is opened: opening a pipe waits for somebody to write into it.
        let is_file = |about: std::fs::Metadata| match about.is_file() {
            true => Ok(about),
            false => Err(Error::file(path, Place::Whole, Fault::NotRegular)),
        };
        is_file(std::fs::metadata(path).map_err(Error::io(path))?)?;
        let file = File::open(path).map_err(Error::io(path))?;
        let about = is_file(file.metadata().map_err(Error::io(path))?)?;
        if about.len() == 0 {
            return Err(Error::file(path, Place::Whole, Fault::Empty));
        }
        // SAFETY: the mapping is private and read-only, and only plain bytes are read from it. That
        // nobody shortens the file meanwhile is the documented condition above.
        let map = unsafe { memmap2::Mmap::map(&file) }.map_err(Error::io(path))?;
        Ok(Self { map, stamp: Stamp::of(&about) })
    }

    /// Which file it was. Nothing where the system cannot say.
    pub fn stamp(&self) -> Option<Stamp> {
        self.stamp
    }

    /// Gives the memory of a range back to the system. Whoever reads there again gets the file's bytes anew.
    pub fn release(&self, range: Range<usize>) {
        #[cfg(unix)]
        if range.start < range.end && range.end <= self.map.len() {
            let advice = memmap2::UncheckedAdvice::DontNeed;
            // SAFETY: the mapping is of a file and nobody writes to it: what is dropped is read anew when it is needed.
            // Refused, the pages stay until the mapping ends.
            let _ = unsafe { self.map.unchecked_advise_range(advice, range.start, range.len()) };
        }
    }
}

impl std::ops::Deref for Mapped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.map
    }
}
