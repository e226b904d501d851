//! The names of a sharded model's files: `NAME-00001-of-0000N.gguf`.

use std::path::{Path, PathBuf};

/// A shard's number (from 1), the count, and the name without both.
pub(super) struct ShardName {
    pub number: usize,
    pub count: usize,
    stem: String,
    folder: PathBuf,
}

impl ShardName {
    /// Reads a shard's file name; nothing if the file is not named like one.
    pub fn parse(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?.strip_suffix(".gguf")?;
        let (rest, count) = name.rsplit_once("-of-")?;
        let (stem, number) = rest.rsplit_once('-')?;
        let five = |text: &str| text.len() == 5 && text.bytes().all(|b| b.is_ascii_digit());
        if !five(number) || !five(count) {
            return None;
        }
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        Some(Self { number: number.parse().ok()?, count: count.parse().ok()?, stem: stem.to_owned(), folder })
    }

    /// The path of shard `number`, counted from 1.
    pub fn path(&self, number: usize) -> PathBuf {
        self.folder.join(format!("{}-{number:05}-of-{:05}.gguf", self.stem, self.count))
    }
}

/// The files of the model that a file belongs to: all shards where its name is a shard's, else itself. None need be there.
#[must_use]
pub fn shard_files(path: &Path) -> Vec<PathBuf> {
    match ShardName::parse(path) {
        Some(name) => (1..=name.count).map(|number| name.path(number)).collect(),
        None => vec![path.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_written() {
        let name = ShardName::parse(Path::new("m/mixtral-8x7b-00002-of-00005.gguf")).expect("a shard");
        assert_eq!((name.number, name.count), (2, 5));
        assert_eq!(name.path(5), Path::new("m/mixtral-8x7b-00005-of-00005.gguf"));
        assert!(ShardName::parse(Path::new("mixtral-2-of-5.gguf")).is_none());
        assert!(ShardName::parse(Path::new("mixtral.gguf")).is_none());
    }

    #[test]
    fn a_model_s_files_are_found_from_any_of_them() {
        let shards = [Path::new("m/x-00001-of-00002.gguf"), Path::new("m/x-00002-of-00002.gguf")];
        assert_eq!(shard_files(shards[0]), shards);
        assert_eq!(shard_files(shards[1]), shards);
        assert_eq!(shard_files(Path::new("m/x-1-of-2.gguf")), [Path::new("m/x-1-of-2.gguf")]);
        assert_eq!(shard_files(Path::new("x-00001-of-00002.bin")), [Path::new("x-00001-of-00002.bin")]);
    }
}
