//! What a folder says besides its weights, by GGUF's keys.

use std::path::{Path, PathBuf};

use super::folder::Folder;
use super::tokenizer::{Found, Model, read};
use crate::arch::shape_values;
use crate::error::Result;
use crate::formats::gguf::Value;
use crate::quantize::{QuantMix, type_values};
use crate::text::gguf_values;

/// What a folder's name and its tokenizer's files say.
#[derive(Clone, Debug, Default)]
pub struct Named {
    /// `general.name`
    pub name: Option<String>,
    /// The tokenizer's keys and the chat template.
    pub tokenizer: Vec<(String, Value)>,
    /// The file that the vocabulary was read from.
    pub vocabulary: PathBuf,
}

/// Reads a folder's tokenizer.
///
/// # Errors
/// It is missing, or has no form in GGUF.
pub fn named(folder: &Folder) -> Result<Named> {
    let size = folder.config().vocab_size;
    let model = Model { vocabulary: size, bos: folder.bos(), eos: folder.eos() };
    let Found { mut parts, template, path } = read(folder.path(), model)?;
    // Models that were tuned for conversations end a turn with a token of its own.
    let other = |id: &&u32| Some(**id) != parts.eos && (**id as usize) < size;
    parts.eot = folder.ends().iter().find(other).copied();
    let name = folder.path().canonicalize().ok().and_then(|path| name_of(&path));
    Ok(Named { name, tokenizer: gguf_values(&parts, template.as_deref()), vocabulary: path })
}

/// A folder's name; in the cache that Hugging Face's tools share (`models--OWNER--NAME/snapshots/COMMIT`) the model's own.
fn name_of(folder: &Path) -> Option<String> {
    let text = |path: &Path| Some(path.file_name()?.to_string_lossy().into_owned());
    let cached = || {
        let snapshots = folder.parent().filter(|around| around.ends_with("snapshots"))?;
        let repository = text(snapshots.parent()?)?;
        repository.strip_prefix("models--")?.rsplit("--").next().map(str::to_owned)
    };
    cached().or_else(|| text(folder))
}

/// A folder's metadata with its matrices in these types.
pub fn values(folder: &Folder, types: QuantMix, named: Named) -> Vec<(String, Value)> {
    let mut out = shape_values(folder.config());
    out.push(("general.type".to_owned(), Value::String("model".to_owned())));
    out.extend(named.name.map(|name| ("general.name".to_owned(), Value::String(name))));
    out.extend(type_values(types));
    out.extend(named.tokenizer);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_in_the_shared_cache_has_its_model_s_name() {
        let name = |path: &str| name_of(Path::new(path));
        assert_eq!(name("/models/mixtral").as_deref(), Some("mixtral"));
        let cached = "/cache/hub/models--mistralai--Mixtral-8x7B-v0.1/snapshots/fc7ac94680";
        assert_eq!(name(cached).as_deref(), Some("Mixtral-8x7B-v0.1"));
        assert_eq!(name("/backup/snapshots/today").as_deref(), Some("today"));
    }
}
