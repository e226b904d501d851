//! What a repository holds, as the hub tells it.

use std::path::{Component, Path};

use serde::Deserialize;

use crate::error::{Error, Result};

/// A repository's files at a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    pub commit: String,
    pub files: Vec<RemoteFile>,
}

/// A file of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteFile {
    pub path: String,
    pub size: u64,
    /// Its name in the cache: the SHA-256 of large files, Git's object of small ones.
    pub etag: String,
    /// What its bytes must sum to; the hub tells it of large files.
    pub sha256: Option<String>,
}

/// The hub's answer to `/api/models/NAME/revision/REVISION?blobs=true`.
#[derive(Debug, Deserialize)]
struct Answer {
    sha: String,
    #[serde(default)]
    siblings: Vec<Sibling>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sibling {
    rfilename: String,
    size: Option<u64>,
    blob_id: Option<String>,
    lfs: Option<Lfs>,
}

#[derive(Debug, Deserialize)]
struct Lfs {
    #[serde(alias = "oid")]
    sha256: String,
    size: Option<u64>,
}

impl Listing {
    /// Reads the hub's answer. Names become paths here, so they are held to what a name may be.
    pub fn read(body: &[u8]) -> Result<Self> {
        let malformed = |what: String| Error::Malformed { what };
        let answer: Answer = serde_json::from_slice(body).map_err(|error| malformed(error.to_string()))?;
        if !is_name(&answer.sha) {
            return Err(malformed(answer.sha));
        }
        let file = |sibling: Sibling| {
            let Sibling { rfilename: path, size, blob_id, lfs } = sibling;
            let sha256 = lfs.as_ref().map(|lfs| lfs.sha256.to_ascii_lowercase());
            let etag = sha256.clone().or(blob_id);
            let size = lfs.and_then(|lfs| lfs.size).or(size);
            let is_plain = Path::new(&path).components().all(|part| matches!(part, Component::Normal(_)));
            match (etag, size) {
                (Some(etag), Some(size)) if is_plain && !path.is_empty() && is_name(&etag) => {
                    Ok(RemoteFile { path, size, etag, sha256 })
                }
                _ => Err(malformed(path)),
            }
        };
        let mut files: Vec<RemoteFile> = answer.siblings.into_iter().map(file).collect::<Result<_>>()?;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Self { commit: answer.sha, files })
    }

    pub fn find(&self, path: &str) -> Option<&RemoteFile> {
        self.files.iter().find(|file| file.path == path)
    }
}

/// A commit or a checksum, which become names of files.
fn is_name(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_of_the_hub_is_read() {
        let body = br#"{"id": "a/b", "sha": "c0ffee", "gated": false, "siblings": [
            {"rfilename": "b.gguf", "size": 7, "blobId": "9a", "lfs": {"sha256": "AB01", "size": 7, "pointerSize": 130}},
            {"rfilename": "a/config.json", "size": 3, "blobId": "5d"}]}"#;
        let listing = Listing::read(body).expect("a listing");
        assert_eq!(listing.commit, "c0ffee");
        let file = |path: &str, size, etag: &str, sha256: Option<&str>| RemoteFile {
            path: path.into(),
            size,
            etag: etag.into(),
            sha256: sha256.map(str::to_owned),
        };
        let expected = [file("a/config.json", 3, "5d", None), file("b.gguf", 7, "ab01", Some("ab01"))];
        assert_eq!(listing.files, expected);
    }

    #[test]
    fn names_that_lead_out_of_the_cache_are_refused() {
        for (sha, path, blob) in
            [("..", "a", "b"), ("c", "../a", "b"), ("c", "/a", "b"), ("c", "a", "../b"), ("c", "", "b"), ("", "a", "b")]
        {
            let body = format!(
                r#"{{"sha": "{sha}", "siblings": [{{"rfilename": "{path}", "size": 1, "blobId": "{blob}"}}]}}"#
            );
            assert!(matches!(Listing::read(body.as_bytes()), Err(Error::Malformed { .. })), "{body}");
        }
        assert!(Listing::read(b"<html>").is_err());
    }
}
