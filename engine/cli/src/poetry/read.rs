//! The package's files.

use std::path::Path;

use serde::Deserialize;

use mixtral_engine::error::{Error, LayoutFault, Place, Result};

/// A poem as the package has it.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Raw {
    /// The poet.
    #[serde(default)]
    pub author: String,
    /// The verses, usually one couplet each.
    #[serde(default)]
    pub paragraphs: Vec<String>,
    /// The title of a poem.
    #[serde(default)]
    pub title: String,
    /// The tune of a ci.
    #[serde(default)]
    pub rhythmic: String,
}

/// Reads the poems of Tang and Song, and the ci of Song, from the unpacked package, in the order of
/// the files' names.
///
/// # Errors
/// A folder or file is missing or damaged.
pub fn read(package: &Path) -> Result<Vec<Raw>> {
    let mut out = Vec::new();
    for (folder, starts) in [("quantangshi", ["poet.tang.", "poet.song."].as_slice()), ("songci", &["ci.song."])] {
        let folder = package.join("dist").join(folder);
        let mut files = Vec::new();
        for entry in std::fs::read_dir(&folder).map_err(Error::io(&folder))? {
            let path = entry.map_err(Error::io(&folder))?.path();
            let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
            if starts.iter().any(|s| name.starts_with(s)) && name.ends_with(".json") {
                files.push(path);
            }
        }
        files.sort();
        for path in files {
            let bytes = std::fs::read(&path).map_err(Error::io(&path))?;
            let poems: Vec<Raw> = serde_json::from_slice(&bytes)
                .map_err(|e| Error::file(&path, Place::Whole, LayoutFault::NotJson { why: e.to_string() }))?;
            out.extend(poems);
        }
    }
    Ok(out)
}
