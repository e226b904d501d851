//! Why there is no model.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub type Result<T> = std::result::Result<T, Error>;

/// Why there is no model. The texts that people read are the program's; these are for logs and tests.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The hub has no such repository, or does not show it to who asks: it does not tell which.
    #[error("{repository}: no such repository, or a private one")]
    NoRepository { repository: String, endpoint: String },
    #[error("{repository}: no revision {revision}")]
    NoRevision { repository: String, revision: String },
    #[error("{repository}: no file {file}")]
    NoFile { repository: String, file: String },
    /// Who wants it must agree to terms on its page, or wait for consent.
    #[error("{repository}: gated")]
    Gated { repository: String, endpoint: String, has_token: bool },
    #[error("the hub refuses the token")]
    BadToken,
    #[error("{repository}: forbidden: {message}")]
    Forbidden { repository: String, message: String },
    #[error("the hub answered {status}: {message}")]
    Status { status: u16, message: String },
    /// The hub may answer later.
    #[error("the hub is busy: {status}")]
    Busy { status: u16, retry_after: Option<Duration> },
    #[error("{host}: {cause}")]
    Network { host: String, cause: String },
    #[error("{host}: no answer in {seconds} s")]
    Timeout { host: String, seconds: u64 },
    /// The connection ended before the file did.
    #[error("{file}: {received} of {size} bytes")]
    Cut { file: String, received: u64, size: u64 },
    #[error("{what}: not understood")]
    Malformed { what: String },
    /// What came is not what the hub says the file is, by SHA-256 or length. It was deleted.
    #[error("{file}: {found}, expected {expected}")]
    Checksum { file: String, found: String, expected: String },
    #[error("{}: needs {needed} bytes, {free} free", path.display())]
    DiskFull { path: PathBuf, needed: u64, free: u64 },
    /// Nothing may be asked for, and the cache does not have it.
    #[error("{repository}: not in the cache, offline")]
    Offline { repository: String, cache: PathBuf },
    #[error("{repository}: neither GGUF files nor safetensors")]
    NoModel { repository: String },
    /// No GGUF file of this type; those that there are.
    #[error("{repository}: no {wanted}, but {known:?}")]
    NoType { repository: String, wanted: String, known: Vec<String> },
    /// Several GGUF files, and none that is meant where nobody says which.
    #[error("{repository}: which of {known:?}")]
    Which { repository: String, known: Vec<String> },
    #[error("{repository}: {file} has shards, of which some are missing")]
    Shards { repository: String, file: String },
    #[error("{variable}: {value}")]
    Setting { variable: &'static str, value: String },
    #[error("{}: {cause}", path.display())]
    Io { path: PathBuf, cause: io::Error },
}

impl Error {
    /// Names the file that could not be read or written.
    pub fn io(path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        let path = path.as_ref().to_owned();
        move |cause| Self::Io { path, cause }
    }

    /// Whether the same request may succeed a little later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Busy { .. } | Self::Network { .. } | Self::Timeout { .. } | Self::Cut { .. })
    }
}
