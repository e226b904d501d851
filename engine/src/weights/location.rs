//! Where a model is, as people write it: a path, and behind a Hugging Face folder's perhaps the type that its matrices get while
//! they load, `FOLDER:Q4_K`.

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

#[cfg(test)]
mod tests {
    use super::*;

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
