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
pub struct Mapped(memmap2::Mmap);

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
        Ok(Self(map))
    }

    /// Gives the memory of a range back to the system. Whoever reads there again gets the file's bytes anew.
    pub fn release(&self, range: Range<usize>) {
        #[cfg(unix)]
        if range.start < range.end && range.end <= self.0.len() {
            let advice = memmap2::UncheckedAdvice::DontNeed;
            // SAFETY: the mapping is of a file and nobody writes to it: what is dropped is read anew when it is needed.
            // Refused, the pages stay until the mapping ends.
            let _ = unsafe { self.0.unchecked_advise_range(advice, range.start, range.len()) };
        }
    }
}

impl std::ops::Deref for Mapped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}
