//! Files of `static/`, embedded.

use rust_embed::{EmbeddedFile, RustEmbed};

/// Style sheets, scripts and icons.
#[derive(RustEmbed)]
#[folder = "../static"]
pub struct StaticFiles;

/// The first 16 hexadecimal digits of a file's SHA-256.
pub fn asset_hash(file: &EmbeddedFile) -> String {
    hex::encode(&file.metadata.sha256_hash()[..8])
}

/// The address of a file, with its hash so that it may be cached for ever.
pub fn asset_url(path: &str) -> String {
    match StaticFiles::get(path) {
        Some(file) => format!("/static/{path}?v={}", asset_hash(&file)),
        None => format!("/static/{path}"),
    }
}
