//! A repository in the cache, laid out as `huggingface_hub` does it: `blobs` by checksum, `snapshots` of links to them by commit,
//! `refs` from names to commits, and locks beside the repositories.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use hf_hub::{Cache, CacheRepo, Repo, RepoType};

use crate::error::{Error, Result};
use crate::listing::RemoteFile;

/// A repository's place in the cache.
pub struct CachedRepository {
    layout: CacheRepo,
    revision: String,
    folder: PathBuf,
    locks: PathBuf,
}

impl CachedRepository {
    pub fn new(cache: &Path, name: &str, revision: &str) -> Self {
        let repo = Repo::with_revision(name.to_owned(), RepoType::Model, revision.to_owned());
        let folder = repo.folder_name();
        Self {
            revision: revision.to_owned(),
            locks: cache.join(".locks").join(&folder),
            folder: cache.join(folder),
            layout: Cache::new(cache.to_owned()).repo(repo),
        }
    }

    /// Where a file's bytes lie.
    pub fn blob(&self, etag: &str) -> PathBuf {
        self.folder.join("blobs").join(etag)
    }

    /// Where they lie while they are not all there.
    pub fn part(&self, etag: &str) -> PathBuf {
        self.folder.join("blobs").join(format!("{etag}.incomplete"))
    }

    /// What who receives a file holds.
    pub fn lock(&self, etag: &str) -> PathBuf {
        self.locks.join(format!("{etag}.lock"))
    }

    /// The folder of a commit's files.
    pub fn snapshot(&self, commit: &str) -> PathBuf {
        self.layout.pointer_path(commit)
    }

    /// The commit that the revision is, as far as the cache knows.
    pub fn commit(&self) -> Option<String> {
        let known = fs::read_to_string(self.folder.join("refs").join(&self.revision)).ok();
        let commit = known.map_or_else(|| self.revision.clone(), |commit| commit.trim().to_owned());
        (!commit.contains("..") && self.snapshot(&commit).is_dir()).then_some(commit)
    }

    /// The files of a commit that are there, by their paths in the repository.
    pub fn files(&self, commit: &str) -> Vec<String> {
        let top = self.snapshot(commit);
        let mut found = Vec::new();
        let mut folders = vec![top.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.is_file() {
                    found.extend(path.strip_prefix(&top).ok().and_then(Path::to_str).map(str::to_owned));
                }
            }
        }
        found.sort_unstable();
        found
    }

    /// Whether a file is there, whole: as a blob, or, where links cannot be made, in the snapshot itself.
    pub fn has(&self, commit: &str, file: &RemoteFile) -> bool {
        let places = [self.blob(&file.etag), self.snapshot(commit).join(&file.path)];
        places.iter().any(|place| fs::metadata(place).is_ok_and(|found| found.is_file() && found.len() == file.size))
    }

    /// Puts a file that is there into a commit's folder.
    pub fn link(&self, commit: &str, file: &RemoteFile) -> Result<()> {
        let place = self.snapshot(commit).join(&file.path);
        if fs::metadata(&place).is_ok_and(|found| found.len() == file.size) {
            return Ok(());
        }
        let folder = place.parent().unwrap_or(&self.folder);
        fs::create_dir_all(folder).map_err(Error::io(folder))?;
        let depth = Path::new(&file.path).components().count() + 1;
        let target = Path::new(&"../".repeat(depth)).join("blobs").join(&file.etag);
        // A link that leads nowhere, or to what another process has just made.
        let _ = fs::remove_file(&place);
        match symlink(target, &place) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
            made => made.map_err(Error::io(&place)),
        }
    }

    /// Notes which commit the revision is.
    pub fn remember(&self, commit: &str) -> Result<()> {
        if self.revision == commit {
            return Ok(());
        }
        self.layout.create_ref(commit).map_err(Error::io(self.folder.join("refs")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The layout of `huggingface_hub`, held against its version 2.4 by hand as well.
    #[test]
    fn the_cache_lies_as_other_tools_expect_it() {
        let cache = tempfile::tempdir().expect("a folder");
        let repository = CachedRepository::new(cache.path(), "hfl/chinese-mixtral", "main");
        let top = cache.path().join("models--hfl--chinese-mixtral");
        let file = RemoteFile { path: "sub/a.gguf".into(), size: 3, etag: "ab".into(), sha256: Some("ab".into()) };
        assert_eq!(repository.commit(), None);
        assert!(!repository.has("c1", &file));
        fs::create_dir_all(top.join("blobs")).expect("made");
        fs::write(repository.blob("ab"), "abc").expect("written");
        repository.link("c1", &file).expect("linked");
        repository.link("c1", &file).expect("again");
        repository.remember("c1").expect("noted");
        assert_eq!(fs::read_link(top.join("snapshots/c1/sub/a.gguf")).expect("a link"), Path::new("../../../blobs/ab"));
        assert_eq!(fs::read_to_string(top.join("snapshots/c1/sub/a.gguf")).expect("readable"), "abc");
        assert_eq!(fs::read_to_string(top.join("refs/main")).expect("readable"), "c1");
        assert_eq!(repository.lock("ab"), cache.path().join(".locks/models--hfl--chinese-mixtral/ab.lock"));
        assert_eq!(
            (repository.commit().as_deref(), repository.files("c1")),
            (Some("c1"), vec!["sub/a.gguf".to_owned()])
        );
        assert!(repository.has("c1", &file) && !repository.has("c1", &RemoteFile { size: 4, ..file }));
        let by_commit = CachedRepository::new(cache.path(), "hfl/chinese-mixtral", "c1");
        by_commit.remember("c1").expect("nothing to note");
        assert_eq!(by_commit.commit().as_deref(), Some("c1"));
        assert!(!top.join("refs/c1").exists());
    }
}
