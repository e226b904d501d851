//! Where a model is, as people write it: a path, and behind a Hugging Face folder's perhaps the type that its matrices get while
//! they load, `FOLDER:Q4_K`. Or a name on the Hugging Face hub, which becomes a path before a model is opened.

use std::path::Path;

use crate::error::Result;
use crate::quant::GgmlType;
use crate::quantize::load_type;

/// A path, and the type that was told with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Location<'a> {
    pub path: &'a Path,
    pub kind: Option<GgmlType>,
}

impl<'a> Location<'a> {
    /// Reads a path with or without a type.
    ///
    /// # Errors
    /// What stands behind the path of something that exists is no type for it.
    pub fn read(text: &'a Path) -> Result<Self> {
        let (path, kind) = split_type(text);
        Ok(Self { path, kind: kind.map(load_type).transpose()? })
    }
}

/// A path without the type that may stand behind it, and that type's name. A path that exists is one as it stands, colon or
/// not; where nothing exists either way there is no type.
#[must_use]
pub fn split_type(text: &Path) -> (&Path, Option<&str>) {
    let split = || {
        let (path, kind) = text.to_str()?.rsplit_once(':')?;
        let path = Path::new(path);
        (!kind.contains('/') && path.exists()).then_some((path, Some(kind)))
    };
    if text.exists() { (text, None) } else { split().unwrap_or((text, None)) }
}

/// A name on the hub: `OWNER/NAME`, with a type or a file behind it, `OWNER/NAME:Q4_K`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HubName<'a> {
    pub repository: &'a str,
    pub detail: Option<&'a str>,
}

/// Endings of files, which repositories' names do not have.
const FILES: [&str; 8] = [".gguf", ".safetensors", ".json", ".jsonl", ".txt", ".bin", ".zip", ".model"];

impl<'a> HubName<'a> {
    /// Reads a name as the hub forms them, alone or behind the hub's address. A path that exists is to be asked for first; a path
    /// to nothing that looks like a name is taken for one.
    #[must_use]
    pub fn read(text: &'a str) -> Option<Self> {
        let text = text.trim_start_matches("https://");
        let text = ["huggingface.co/", "hf.co/"].iter().find_map(|host| text.strip_prefix(host)).unwrap_or(text);
        let (repository, detail) = text.split_once(':').map_or((text, None), |(name, detail)| (name, Some(detail)));
        let (owner, name) = repository.split_once('/')?;
        let is_part = |part: &str| {
            let ends = [part.chars().next(), part.chars().next_back()];
            (1..=96).contains(&part.len())
                && ends.iter().all(|end| end.is_some_and(|c| c != '-' && c != '.'))
                && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
                && !part.contains("--")
                && !part.contains("..")
        };
        let lower = name.to_ascii_lowercase();
        let is_file = FILES.iter().any(|ending| lower.ends_with(ending));
        let is_name = is_part(owner) && is_part(name) && !is_file && detail.is_none_or(|detail| !detail.is_empty());
        is_name.then_some(Self { repository, detail })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_on_the_hub_are_told_from_paths() {
        let name = |repository, detail| Some(HubName { repository, detail });
        for (text, expected) in [
            ("hfl/chinese-mixtral-instruct-gguf", name("hfl/chinese-mixtral-instruct-gguf", None)),
            ("hfl/chinese-mixtral-gguf:Q4_K", name("hfl/chinese-mixtral-gguf", Some("Q4_K"))),
            ("TheBloke/Mixtral-8x7B-v0.1-GGUF:sub/a.gguf", name("TheBloke/Mixtral-8x7B-v0.1-GGUF", Some("sub/a.gguf"))),
            ("hf.co/a/b:Q8_0", name("a/b", Some("Q8_0"))),
            ("https://huggingface.co/a/b", name("a/b", None)),
            ("models/poet.gguf", None),
            ("models/model.safetensors", None),
            ("poet", None),
            ("/models/poet", None),
            ("./models/poet", None),
            ("../models", None),
            ("a/b/c", None),
            ("a/b:", None),
            ("a--b/c", None),
            ("模型/诗人", None),
            ("a b/c", None),
            ("", None),
        ] {
            assert_eq!(HubName::read(text), expected, "{text}");
        }
    }

    #[test]
    fn a_type_stands_behind_what_exists_and_a_path_with_a_colon_stays_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("model")).expect("a folder");
        std::fs::create_dir(at("model:Q8_0")).expect("a folder");
        assert_eq!(split_type(&at("model:q4_k")), (at("model").as_path(), Some("q4_k")));
        assert_eq!(split_type(&at("model:Q8_0")), (at("model:Q8_0").as_path(), None));
        assert_eq!(split_type(&at("model:Q8_0:Q4_K")), (at("model:Q8_0").as_path(), Some("Q4_K")));
        assert_eq!(split_type(&at("none:Q4_K")), (at("none:Q4_K").as_path(), None));
        assert_eq!(split_type(Path::new("")), (Path::new(""), None));
        assert_eq!(Location::read(&at("model:q4_k")).expect("a type").kind, Some(GgmlType::Q4_K));
        assert!(Location::read(&at("model:quick")).is_err());
    }
}
