//! Who answered, as far as the answer itself says.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What an answer says of who gave it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Answerer {
    /// OpenAI's `system_fingerprint`. That of our own worker is an [`EngineFingerprint`].
    pub fingerprint: Option<String>,
    /// The model's name in the answer.
    pub model: Option<String>,
}

impl Answerer {
    /// The fingerprint, where it is one of our own engine.
    #[must_use]
    pub fn engine(&self) -> Option<EngineFingerprint> {
        EngineFingerprint::parse(self.fingerprint.as_deref()?)
    }
}

/// How a name of the engine begins; its version follows.
const ENGINE: &str = "mixtral-";

/// What names a model of our own worker: the engine, what it computes on, and which weights those are. Written
/// `mixtral-0.1.0/cpu-avx2/SHA-256`; the digest is that of the file, as `sha256sum` prints it, and for several files (shards, a
/// folder) that of the list that `sha256sum` prints for them. An adapter's is followed by its base's: `SHA-256+SHA-256`. Where the matrices of a folder get a type
/// while they are loaded, it stands behind: `SHA-256:q4_k`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineFingerprint {
    /// With its version.
    pub engine: String,
    pub device: String,
    /// Nothing while it is not known yet, and where a file was overwritten while it was in use.
    pub digest: Option<String>,
}

impl EngineFingerprint {
    /// Of this version of the engine.
    #[must_use]
    pub fn new(version: &str, device: String, digest: Option<String>) -> Self {
        Self { engine: format!("{ENGINE}{version}"), device, digest }
    }

    /// Reads one; nothing where it is somebody else's.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/');
        let (engine, device) = (parts.next()?, parts.next()?);
        let digest = parts.next();
        let is_one = |one: &str| {
            let (hash, kind) = one.split_once(':').unwrap_or((one, "f16"));
            hash.len() == 64 && hash.bytes().all(is_hex) && !kind.is_empty()
        };
        let is_digest = |text: &str| text.split('+').all(is_one);
        let is_ours = engine.starts_with(ENGINE) && !device.is_empty() && digest.is_none_or(is_digest);
        let is_all = parts.next().is_none();
        (is_ours && is_all).then(|| Self {
            engine: engine.to_owned(),
            device: device.to_owned(),
            digest: digest.map(str::to_owned),
        })
    }
}

fn is_hex(byte: u8) -> bool {
    byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)
}

impl fmt::Display for EngineFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.engine, self.device)?;
        match &self.digest {
            Some(digest) => write!(f, "/{digest}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_of_our_engine_are_read_as_written_and_no_others() {
        let digest = "0a".repeat(32);
        for digest in [None, Some(digest.clone()), Some(format!("{digest}:q4_k")), Some(format!("{digest}+{digest}"))] {
            let fingerprint = EngineFingerprint::new("0.1.0", "cpu-avx2".to_owned(), digest);
            assert_eq!(EngineFingerprint::parse(&fingerprint.to_string()), Some(fingerprint));
        }
        let long = format!("mixtral-1/cpu/{digest}/x");
        for other in ["fp_44709d6fcb", "", "mixtral-1", "mixtral-1/", "mixtral-1/cpu/0A", "vllm-1/cpu", long.as_str()] {
            assert_eq!(EngineFingerprint::parse(other), None, "{other}");
        }
    }
}
