//! The file that `arena backup` writes.
//!
//! ```text
//! "ARENA-BACKUP 1\n"
//! header    a frame of JSON: the schema's version, the tables and their columns, the secret
//! tables    for each, frames of Postgres' COPY text, then an empty frame
//! trailer   a frame of JSON: rows of each table, the sequences
//! SHA-256   over everything before it
//! ```
//!
//! A frame is its length, four bytes big-endian, and as many bytes.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

const MAGIC: &[u8] = b"ARENA-BACKUP 1\n";
const HASH_LEN: usize = 32;
/// No frame is larger: what says so is no backup.
const MAX_FRAME: usize = 1 << 30;

/// What stands before the tables.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Header {
    /// The newest migration of the schema.
    pub migration: i64,
    pub tables: Vec<Table>,
    /// The secret that endpoint keys are encrypted with, where it was kept in the data folder.
    pub secret: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Table {
    pub name: String,
    pub columns: Vec<String>,
}

/// What stands after the tables.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Trailer {
    pub rows: BTreeMap<String, u64>,
    /// The last number that each sequence gave.
    pub sequences: BTreeMap<String, i64>,
}

/// Writes a backup.
pub(super) struct Writer {
    out: BufWriter<File>,
    hash: Sha256,
}

impl Writer {
    pub fn new(file: File) -> io::Result<Self> {
        let mut writer = Self { out: BufWriter::new(file), hash: Sha256::new() };
        writer.put(MAGIC)?;
        Ok(writer)
    }

    pub fn frame(&mut self, bytes: &[u8]) -> io::Result<()> {
        let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
        self.put(&length.to_be_bytes())?;
        self.put(bytes)
    }

    pub fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        self.frame(&serde_json::to_vec(value)?)
    }

    /// Ends the file and waits until it is on the disk.
    pub fn finish(mut self) -> io::Result<()> {
        let hash = self.hash.finalize();
        self.out.write_all(&hash)?;
        self.out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.out.write_all(bytes)
    }
}

/// Reads a backup that [`verify`] found whole.
pub(super) struct Reader {
    from: BufReader<File>,
}

impl Reader {
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut from = BufReader::new(File::open(path)?);
        let mut magic = [0; MAGIC.len()];
        from.read_exact(&mut magic)?;
        if magic != MAGIC { Err(no_backup()) } else { Ok(Self { from }) }
    }

    pub fn frame(&mut self) -> io::Result<Vec<u8>> {
        let mut length = [0; 4];
        self.from.read_exact(&mut length)?;
        let length = u32::from_be_bytes(length) as usize;
        if length > MAX_FRAME {
            return Err(no_backup());
        }
        // Not allocated by what the file says: it grows with what is there.
        let mut bytes = Vec::new();
        self.from.by_ref().take(length as u64).read_to_end(&mut bytes)?;
        if bytes.len() == length { Ok(bytes) } else { Err(no_backup()) }
    }

    pub fn json<T: DeserializeOwned>(&mut self) -> io::Result<T> {
        Ok(serde_json::from_slice(&self.frame()?)?)
    }
}

/// Reads the whole file and compares its sum.
///
/// # Errors
/// `InvalidData` where it is no backup, was cut, or changed since it was written.
pub(super) fn verify(path: &Path) -> io::Result<()> {
    let length = std::fs::metadata(path)?.len();
    let body = length.checked_sub((MAGIC.len() + HASH_LEN) as u64).ok_or_else(no_backup)? + MAGIC.len() as u64;
    let mut file = BufReader::new(File::open(path)?);
    let mut hash = Sha256::new();
    let mut left = body;
    let mut buffer = vec![0; 1 << 16];
    while left > 0 {
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let read = file.read(&mut buffer[..most])?;
        if read == 0 {
            return Err(no_backup());
        }
        hash.update(&buffer[..read]);
        left -= read as u64;
    }
    let mut kept = [0; HASH_LEN];
    file.read_exact(&mut kept)?;
    if hash.finalize().as_slice() == kept { Ok(()) } else { Err(no_backup()) }
}

fn no_backup() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "no backup, or not as it was written")
}
