//! A temporary folder that the unprivileged account of the embedded Postgres can reach too.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// A data folder; gone when dropped.
#[derive(Debug)]
pub struct Folder(tempfile::TempDir);

impl Folder {
    /// A new one. Its path is short, because a socket's path must be.
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("arena-").rand_bytes(6).tempdir().expect("a temporary folder");
        // As root, Postgres runs as another account, which must be able to pass through.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711)).expect("the folder's mode");
        Self(folder)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Default for Folder {
    fn default() -> Self {
        Self::new()
    }
}
