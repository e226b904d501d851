//! What the operating system refused.

use std::io;

use crate::Language;

/// What the operating system refused.
#[must_use]
pub fn system(error: &io::Error, language: Language) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => t!(language, "error-not-found"),
        io::ErrorKind::PermissionDenied => t!(language, "error-permission"),
        io::ErrorKind::IsADirectory => t!(language, "error-is-a-folder"),
        io::ErrorKind::NotADirectory => t!(language, "error-is-no-folder"),
        io::ErrorKind::StorageFull => t!(language, "error-disk-full"),
        io::ErrorKind::OutOfMemory => t!(language, "error-out-of-memory"),
        io::ErrorKind::InvalidData => t!(language, "error-not-utf8", what = error),
        _ => error.to_string(),
    }
}
