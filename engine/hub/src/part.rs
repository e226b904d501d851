//! A file that is being received: what came, with its checksum so far.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::error::{Error, Result};

/// What came of a file. An interruption leaves it on the disk, and the next try goes on from there.
pub struct Part {
    path: PathBuf,
    file: File,
    len: u64,
    sum: Sha256,
}

impl Part {
    /// Opens what an earlier try left, or begins anew.
    pub fn open(path: &Path) -> Result<Self> {
        let failed = Error::io(path);
        let open = || -> std::io::Result<Self> {
            let mut file = OpenOptions::new().create(true).read(true).append(true).open(path)?;
            let mut part = vec![0; 1 << 20];
            let (mut len, mut sum) = (0, Sha256::new());
            loop {
                match file.read(&mut part)? {
                    0 => break,
                    read => {
                        sum.update(&part[..read]);
                        len += read as u64;
                    }
                }
            }
            Ok(Self { path: path.to_owned(), file, len, sum })
        };
        open().map_err(failed)
    }

    pub fn len(&self) -> u64 {
        self.len
    }

    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(Error::io(&self.path))?;
        self.sum.update(bytes);
        self.len += bytes.len() as u64;
        Ok(())
    }

    /// Forgets what came.
    pub fn clear(&mut self) -> Result<()> {
        self.file.set_len(0).map_err(Error::io(&self.path))?;
        (self.len, self.sum) = (0, Sha256::new());
        Ok(())
    }

    /// The SHA-256 of what came.
    pub fn sum(&self) -> String {
        hex::encode(self.sum.clone().finalize())
    }

    /// Gives the whole file its name; it is on the disk before.
    pub fn finish(self, path: &Path) -> Result<()> {
        self.file.sync_all().map_err(Error::io(&self.path))?;
        std::fs::rename(&self.path, path).map_err(Error::io(path))
    }

    /// Deletes what came.
    pub fn discard(self) -> Result<()> {
        std::fs::remove_file(&self.path).map_err(Error::io(&self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_earlier_try_left_counts_for_the_checksum() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, whole) = (folder.path().join("x.incomplete"), folder.path().join("x"));
        let mut part = Part::open(&path).expect("begun");
        part.write(b"ab").expect("written");
        drop(part);
        let mut part = Part::open(&path).expect("gone on");
        assert_eq!(part.len(), 2);
        part.write(b"c").expect("written");
        // The SHA-256 of `abc` in FIPS 180.
        assert_eq!(part.sum(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        part.clear().expect("forgotten");
        part.write(b"abc").expect("written");
        assert_eq!(part.sum(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        part.finish(&whole).expect("named");
        assert_eq!(std::fs::read_to_string(&whole).expect("readable"), "abc");
        Part::open(&path).expect("begun").discard().expect("deleted");
        assert!(!path.exists());
    }
}
