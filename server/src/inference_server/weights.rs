//! Which weights answer: the SHA-256 of a model's files, found in the background, in OpenAI's `system_fingerprint`.

use std::collections::HashMap;
use std::fs::{File, Metadata};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use mixtral_engine::formats::gguf::shard_files;
use mixtral_engine::ops::{Level, level};
use mixtral_engine::weights::{ModelFiles, is_adapter, split_type};
use sha2::{Digest, Sha256};

use crate::domain::EngineFingerprint;

/// As much of a file as is read at a time.
const PIECE: usize = 1 << 20;
/// How much lower the priority of hashing is than that of answering.
const NICE: i32 = 10;

/// A file as it stood when it was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct SeenFile {
    path: PathBuf,
    bytes: u64,
    /// Seconds and nanoseconds since 1970.
    modified: (i64, i64),
    /// Device and number: another file under the same name has others.
    inode: (u64, u64),
}

impl SeenFile {
    fn look(path: &Path) -> std::io::Result<Self> {
        let about: Metadata = std::fs::metadata(path)?;
        Ok(Self {
            path: path.to_owned(),
            bytes: about.size(),
            modified: (about.mtime(), about.mtime_nsec()),
            inode: (about.dev(), about.ino()),
        })
    }

    /// Whether the file itself was written to since. Another one that was put in its place is no matter: what was opened stays.
    fn was_overwritten(&self) -> bool {
        Self::look(&self.path).is_ok_and(|now| now.inode == self.inode && now != *self)
    }
}

/// Digests of files that did not change, for all models of a worker.
#[derive(Debug, Default)]
pub(super) struct Digests {
    known: Mutex<HashMap<SeenFile, String>>,
    /// One model is hashed at a time.
    turn: Mutex<()>,
}

/// A model, or the base of one.
#[derive(Debug, Clone)]
struct Part {
    files: Vec<SeenFile>,
    /// The type that its matrices get while they are loaded.
    kind: Option<String>,
}

impl Part {
    fn look(path: &Path) -> std::io::Result<Self> {
        let (path, kind) = split_type(path);
        let files = files(path)?.iter().map(|file| SeenFile::look(file)).collect::<Result<_, _>>()?;
        Ok(Self { files, kind: kind.map(str::to_lowercase) })
    }
}

/// The files of a model as they were before it was read, and what is known of them.
#[derive(Debug)]
pub(super) struct Weights {
    device: String,
    /// The model; after it an adapter's base.
    parts: Vec<Part>,
    digest: OnceLock<String>,
}

impl Weights {
    /// Looks at the files of a model that is about to be loaded.
    ///
    /// # Errors
    /// A file is not there, or may not be looked at.
    pub(super) fn look(path: &Path, base: Option<&Path>, device: &str) -> std::io::Result<Self> {
        let base = base.map(Path::to_owned).or_else(|| {
            let named = || ModelFiles::open(path, None).ok().map(|files| files.base_path().to_owned());
            is_adapter(path).then(named).flatten()
        });
        let parts = [Some(path.to_owned()), base].into_iter().flatten();
        let device = match level() {
            _ if device != "cpu" => device.replace(':', "-"),
            Level::Avx512 => "cpu-avx512".to_owned(),
            Level::Avx2 => "cpu-avx2".to_owned(),
            Level::Base => format!("cpu-{}", std::env::consts::ARCH),
        };
        Ok(Self {
            device,
            parts: parts.map(|part| Part::look(&part)).collect::<Result<_, _>>()?,
            digest: OnceLock::new(),
        })
    }

    /// Begins to hash the files. It ends early where nobody needs the model any more.
    pub(super) fn hash(self: &Arc<Self>, digests: &Arc<Digests>) {
        let (weights, digests) = (Arc::downgrade(self), digests.clone());
        let work = move || {
            // The cores belong to the answers.
            let _ = rustix::process::nice(NICE);
            let _turn = digests.turn.lock().unwrap_or_else(PoisonError::into_inner);
            hash_all(&weights, &digests);
        };
        if let Err(error) = std::thread::Builder::new().name("digest".into()).spawn(work) {
            tracing::warn!(%error, "a model's files cannot be hashed");
        }
    }

    /// What is known by now.
    pub(super) fn fingerprint(&self) -> String {
        let is_sure = !self.parts.iter().flat_map(|part| &part.files).any(SeenFile::was_overwritten);
        let digest = self.digest.get().filter(|_| is_sure).cloned();
        EngineFingerprint::new(env!("CARGO_PKG_VERSION"), self.device.clone(), digest).to_string()
    }
}

/// The files of a model, or of one part of it: a file, all shards of it, or what lies in a folder.
fn files(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    if std::fs::metadata(path)?.is_dir() {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(path)? {
            let file = entry?.path();
            let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            // What describes a model to people is no part of it.
            if file.is_file() && !name.starts_with('.') && !name.to_lowercase().ends_with(".md") {
                found.push(file);
            }
        }
        found.sort();
        return Ok(found);
    }
    Ok(shard_files(path))
}

fn hash_all(weights: &Weak<Weights>, digests: &Digests) {
    let Some(parts) = weights.upgrade().map(|weights| weights.parts.clone()) else { return };
    let mut whole = Vec::with_capacity(parts.len());
    for part in &parts {
        let mut hashes = Vec::with_capacity(part.files.len());
        for file in &part.files {
            match digest(file, weights, digests) {
                Ok(Some(hash)) => hashes.push(hash),
                Ok(None) => return,
                Err(error) => {
                    tracing::warn!(file = %file.path.display(), %error, "a model's file cannot be hashed");
                    return;
                }
            }
        }
        let digest = match hashes.as_slice() {
            [one] => one.clone(),
            hashes => hex::encode(Sha256::digest(list(&part.files, hashes))),
        };
        whole.push(part.kind.iter().fold(digest, |digest, kind| format!("{digest}:{kind}")));
    }
    if let Some(weights) = weights.upgrade() {
        let _ = weights.digest.set(whole.join("+"));
    }
}

/// The list that `sha256sum` prints for files of a folder.
fn list(files: &[SeenFile], hashes: &[String]) -> String {
    let name = |file: &SeenFile| file.path.file_name().map(|name| name.to_string_lossy().into_owned());
    let line = |(file, hash): (&SeenFile, &String)| format!("{hash}  {}\n", name(file).unwrap_or_default());
    files.iter().zip(hashes).map(line).collect()
}

/// The digest of a file; nothing where the model is gone, or the file is not what it was.
fn digest(file: &SeenFile, weights: &Weak<Weights>, digests: &Digests) -> std::io::Result<Option<String>> {
    let known = || digests.known.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(digest) = known().get(file) {
        return Ok(Some(digest.clone()));
    }
    let mut opened = File::open(&file.path)?;
    let (mut hash, mut piece) = (Sha256::new(), vec![0; PIECE]);
    loop {
        match opened.read(&mut piece)? {
            0 => break,
            _ if weights.strong_count() == 0 => return Ok(None),
            read => hash.update(&piece[..read]),
        }
    }
    if SeenFile::look(&file.path)? != *file {
        tracing::warn!(file = %file.path.display(), "a model's file has changed since it was loaded");
        return Ok(None);
    }
    let digest = hex::encode(hash.finalize());
    known().insert(file.clone(), digest.clone());
    Ok(Some(digest))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    /// SHA-256 of `abc`, from FIPS 180-4's examples.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn hashed(path: &Path, base: Option<&Path>, digests: &Arc<Digests>) -> Arc<Weights> {
        let weights = Arc::new(Weights::look(path, base, "cpu").unwrap());
        weights.hash(digests);
        let began = Instant::now();
        while weights.digest.get().is_none() && began.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(5));
        }
        weights
    }

    fn digest_of(weights: &Weights) -> Option<String> {
        EngineFingerprint::parse(&weights.fingerprint()).expect("our own").digest
    }

    #[test]
    fn a_model_is_named_by_the_digest_of_its_file_and_an_adapter_by_its_base_s_too() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("m.gguf");
        std::fs::write(&file, "abc").unwrap();
        let digests = Arc::default();
        let weights = hashed(&file, None, &digests);
        assert_eq!(digest_of(&weights).as_deref(), Some(ABC));
        assert!(weights.fingerprint().starts_with(concat!("mixtral-", env!("CARGO_PKG_VERSION"), "/cpu-")));
        let adapter = folder.path().join("adapter");
        std::fs::create_dir(&adapter).unwrap();
        for (name, text) in [("b.json", "abc"), ("a.safetensors", "abc"), ("README.md", "words"), (".hidden", "x")] {
            std::fs::write(adapter.join(name), text).unwrap();
        }
        let listed = hex::encode(Sha256::digest(format!("{ABC}  a.safetensors\n{ABC}  b.json\n")));
        let both = hashed(&adapter, Some(&file), &digests);
        assert_eq!(digest_of(&both), Some(format!("{listed}+{ABC}")));
        // What the weights become while they are loaded is part of what answers.
        let loaded_as = PathBuf::from(format!("{}:Q4_K", adapter.display()));
        assert_eq!(digest_of(&hashed(&loaded_as, None, &digests)), Some(format!("{listed}:q4_k")));
    }

    #[test]
    fn the_shards_of_a_model_are_hashed_together() {
        let folder = tempfile::tempdir().unwrap();
        let shard = |number: usize| folder.path().join(format!("m-{number:05}-of-00002.gguf"));
        for number in [1, 2] {
            std::fs::write(shard(number), "abc").unwrap();
        }
        let lines = format!("{ABC}  m-00001-of-00002.gguf\n{ABC}  m-00002-of-00002.gguf\n");
        let digest = digest_of(&hashed(&shard(1), None, &Arc::default()));
        assert_eq!(digest, Some(hex::encode(Sha256::digest(lines))));
        std::fs::remove_file(shard(2)).unwrap();
        assert!(Weights::look(&shard(1), None, "cpu").is_err());
    }

    #[test]
    fn a_file_that_is_overwritten_while_it_is_in_use_is_no_longer_vouched_for_and_one_put_in_its_place_is_no_matter() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("m.gguf");
        std::fs::write(&file, "abc").unwrap();
        let digests = Arc::default();
        let weights = hashed(&file, None, &digests);
        let other = folder.path().join("other");
        std::fs::write(&other, "other").unwrap();
        std::fs::rename(&other, &file).unwrap();
        assert_eq!(digest_of(&weights).as_deref(), Some(ABC));
        let later = hashed(&file, None, &digests);
        assert!(digest_of(&later).is_some_and(|digest| digest != ABC));
        std::fs::write(&file, "longer than before").unwrap();
        assert_eq!(digest_of(&later), None);
    }
}
