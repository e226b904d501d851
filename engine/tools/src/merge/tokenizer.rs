//! Whose tokenizer a merged model gets: an adapter's own where it brings one, as Chinese-Mixtral's do.

use std::path::{Path, PathBuf};

use mixtral_engine::error::{Error, Result};

/// The two forms of a vocabulary; a folder with either has a tokenizer of its own.
const VOCABULARIES: [&str; 2] = ["tokenizer.json", "tokenizer.model"];
/// What belongs to a tokenizer beside its vocabulary.
const BESIDE: [&str; 5] = [
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.jinja",
    "chat_template.json",
];

/// Whose tokenizer it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenizerFrom {
    Base,
    /// The last adapter's that brings one: its folder.
    Adapter(PathBuf),
}

/// Which of the folders has the tokenizer that counts.
pub fn tokenizer_of(adapters: &[impl AsRef<Path>]) -> TokenizerFrom {
    let brings = |folder: &&Path| VOCABULARIES.iter().any(|name| folder.join(name).is_file());
    let last = adapters.iter().map(AsRef::as_ref).rev().find(brings);
    last.map_or(TokenizerFrom::Base, |folder| TokenizerFrom::Adapter(folder.to_owned()))
}

/// Copies the tokenizer's files. A form of the vocabulary that an adapter lacks is taken from the base if the other form
/// is the same file there; other files that it lacks are never mixed in from another vocabulary.
pub(super) fn copy_files(from: &TokenizerFrom, base: &Path, out: &Path) -> Result<()> {
    let read = |folder: &Path, name: &str| {
        let path = folder.join(name);
        if path.is_file() { std::fs::read(&path).map(Some).map_err(Error::io(&path)) } else { Ok(None) }
    };
    let own = match from {
        TokenizerFrom::Base => None,
        TokenizerFrom::Adapter(folder) => Some(folder.as_path()),
    };
    let mut same = own.is_none();
    for name in VOCABULARIES {
        if let Some(own) = own {
            let theirs = read(own, name)?;
            same |= theirs.is_some() && theirs == read(base, name)?;
        }
    }
    for name in VOCABULARIES.into_iter().chain(BESIDE) {
        let mut bytes = own.map_or(Ok(None), |own| read(own, name))?;
        if bytes.is_none() && same {
            bytes = read(base, name)?;
        }
        if let Some(bytes) = bytes {
            let path = out.join(name);
            std::fs::write(&path, bytes).map_err(Error::io(&path))?;
        }
    }
    Ok(())
}
