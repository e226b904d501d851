//! What keeps a file from being read.

/// Why a file cannot be read on.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// The file as a whole is not what its name says: what the parser says.
    #[error("{0}")]
    Malformed(String),
    /// Who takes the rows wants no more.
    #[error("stopped")]
    Stopped,
}
