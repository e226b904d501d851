//! Where the programs of Postgres are looked for, and which version is taken.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use super::error::DatabaseError;
use super::provision::{self, Source};
use super::stage::{ProgressFn, Stage};
use super::version::OLDEST_POSTGRES;
use crate::i18n::Message;

/// The places to look in, in this order.
#[derive(Debug, Clone)]
pub struct Search {
    /// `PG_BIN_DIR`: when set, nothing else is looked at.
    pub bin_dir: Option<PathBuf>,
    /// Debian's folder of versions, `/usr/lib/postgresql`.
    pub installed: PathBuf,
    /// The folders of `PATH`.
    pub path: Option<OsString>,
    /// Our own cache of fetched programs.
    pub cache: PathBuf,
    /// Ways of fetching them, in this order.
    pub obtain: Vec<Source>,
}

/// A folder that holds `initdb` and `postgres`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Binaries {
    pub dir: PathBuf,
    pub major: u32,
}

impl Search {
    /// The places of this machine.
    #[must_use]
    pub fn from_environment() -> Self {
        Self {
            bin_dir: env::var_os("PG_BIN_DIR").filter(|dir| !dir.is_empty()).map(PathBuf::from),
            installed: "/usr/lib/postgresql".into(),
            path: env::var_os("PATH"),
            cache: cache_dir(),
            obtain: Source::for_this_machine(),
        }
    }

    /// Finds or fetches programs; `wanted` is the version that an existing data folder needs.
    pub(super) fn find(
        &self,
        folder: &Path,
        wanted: Option<u32>,
        progress: &ProgressFn,
    ) -> Result<Binaries, DatabaseError> {
        let mut candidates = self.candidates();
        if let Some(found) = choose(&candidates, wanted) {
            return Ok(found);
        }
        let mut tried = Vec::new();
        let sources = if self.bin_dir.is_some() { &[][..] } else { &self.obtain };
        for source in sources {
            progress(Stage::Obtaining(source.name()));
            if let Err(why) = provision::provision(*source, &self.cache, wanted) {
                progress(Stage::Failed(source.name(), why.clone()));
                tried.push(Message::new("database-tried-failed").with("tool", source.name()).with("why", why));
                continue;
            }
            candidates = self.candidates();
            if let Some(found) = choose(&candidates, wanted) {
                return Ok(found);
            }
            tried.push(Message::new("database-tried-version").with("tool", source.name()));
        }
        if let Some(dir) = &self.bin_dir
            && candidates.is_empty()
        {
            tried.push(Message::new("database-tried-empty").with("folder", dir.display()));
        }
        match wanted {
            Some(version) => {
                let found = candidates.iter().map(|found| found.major).collect();
                Err(DatabaseError::OtherVersion { folder: folder.to_owned(), version, found })
            }
            None => {
                tried.extend(candidates.iter().map(|old| {
                    Message::new("database-tried-old").with("folder", old.dir.display()).with("version", old.major)
                }));
                Err(DatabaseError::NoBinaries { tried })
            }
        }
    }

    /// Every folder with working programs, best first.
    fn candidates(&self) -> Vec<Binaries> {
        if let Some(dir) = &self.bin_dir {
            return inspect(dir).into_iter().collect();
        }
        let mut found = newest_first(subfolders(&self.installed));
        for dir in self.path.iter().flat_map(env::split_paths) {
            // Follow links: Debian and others link `postgres` alone into the PATH.
            if let Ok(program) = dir.join("postgres").canonicalize() {
                found.extend(program.parent().and_then(inspect));
            }
        }
        found.extend(newest_first(subfolders(&self.cache)));
        let mut seen = Vec::new();
        found.retain(|one| {
            let new = !seen.contains(&one.dir);
            seen.push(one.dir.clone());
            new
        });
        found
    }
}

fn choose(candidates: &[Binaries], wanted: Option<u32>) -> Option<Binaries> {
    let fits = |found: &&Binaries| match wanted {
        Some(version) => found.major == version,
        None => found.major >= OLDEST_POSTGRES,
    };
    candidates.iter().find(fits).cloned()
}

fn subfolders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path().join("bin")).collect()
}

fn newest_first(folders: Vec<PathBuf>) -> Vec<Binaries> {
    let mut found: Vec<Binaries> = folders.iter().filter_map(|dir| inspect(dir)).collect();
    found.sort_by(|a, b| b.major.cmp(&a.major).then_with(|| a.dir.cmp(&b.dir)));
    found
}

/// Asks the program itself for its version: a folder's name proves nothing, and a program whose
/// libraries are missing is no program.
fn inspect(dir: &Path) -> Option<Binaries> {
    let dir = dir.canonicalize().ok()?;
    if !dir.join("initdb").is_file() {
        return None;
    }
    let answer = Command::new(dir.join("postgres")).arg("--version").output().ok()?;
    let major = parse_version(&String::from_utf8_lossy(&answer.stdout))?;
    Some(Binaries { dir, major })
}

/// `postgres (PostgreSQL) 17.10 (Debian …)` → 17.
fn parse_version(answer: &str) -> Option<u32> {
    let version = answer.split_once("(PostgreSQL) ")?.1;
    let digits = version.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// `/var/cache/…` for root, so that the account that Postgres runs as can reach it.
fn cache_dir() -> PathBuf {
    if rustix::process::geteuid().is_root() {
        return "/var/cache/mixtral-arena/postgres".into();
    }
    let absolute = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_CACHE_HOME")
        .or_else(|| Some(absolute("HOME")?.join(".cache")))
        .unwrap_or_else(env::temp_dir)
        .join("mixtral-arena/postgres")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::tests::write_script;
    use crate::i18n::Locale;
    use std::sync::Arc;

    fn fake(dir: &Path, version: &str) {
        fs::create_dir_all(dir).unwrap();
        for name in ["initdb", "postgres"] {
            write_script(&dir.join(name), &format!("echo '{name} (PostgreSQL) {version}'"));
        }
    }

    fn search(root: &Path) -> Search {
        Search {
            bin_dir: None,
            installed: root.join("installed"),
            path: Some(env::join_paths([root.join("path")]).unwrap()),
            cache: root.join("cache"),
            obtain: Vec::new(),
        }
    }

    fn find(search: &Search, wanted: Option<u32>) -> Result<Binaries, DatabaseError> {
        let quiet: ProgressFn = Arc::new(|_| {});
        search.find(Path::new("/data/postgres"), wanted, &quiet)
    }

    #[test]
    fn versions_are_read_from_what_real_programs_say() {
        let cases = [
            ("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n", Some(15)),
            ("postgres (PostgreSQL) 18beta1", Some(18)),
            ("postgres (PostgreSQL) 17.10", Some(17)),
            ("bash: postgres: not found", None),
            ("", None),
        ];
        for (answer, major) in cases {
            assert_eq!(parse_version(answer), major, "{answer}");
        }
    }

    #[test]
    fn the_newest_installed_version_wins_unless_the_data_folder_needs_another() {
        let root = tempfile::tempdir().unwrap();
        let search = search(root.path());
        fake(&root.path().join("installed/15/bin"), "15.3");
        fake(&root.path().join("installed/17/bin"), "17.1");
        fake(&root.path().join("path"), "16.2");
        fake(&root.path().join("cache/18-npm/bin"), "18.0");
        assert_eq!(find(&search, None).unwrap().major, 17);
        for version in 15..=18 {
            assert_eq!(find(&search, Some(version)).unwrap().major, version);
        }
        let error = find(&search, Some(14)).unwrap_err();
        assert!(matches!(error, DatabaseError::OtherVersion { version: 14, .. }), "{error}");
        assert!(error.to_string().contains("17, 15, 16, 18"), "{error}");
        assert!(error.message().text(Locale::Zh).contains("postgresql-14"), "{}", error.message().text(Locale::Zh));
    }

    #[test]
    fn pg_bin_dir_is_obeyed_or_refused_but_never_passed_over() {
        let root = tempfile::tempdir().unwrap();
        let mut search = search(root.path());
        fake(&root.path().join("installed/17/bin"), "17.1");
        fake(&root.path().join("own"), "16.9");
        search.bin_dir = Some(root.path().join("own"));
        assert_eq!(find(&search, None).unwrap().major, 16);
        search.bin_dir = Some(root.path().join("empty"));
        let error = find(&search, None).unwrap_err().to_string();
        assert!(error.contains("PG_BIN_DIR") && error.contains("`postgresql`"), "{error}");
    }

    #[test]
    fn with_nothing_to_be_had_the_error_names_the_one_package_in_both_languages() {
        let root = tempfile::tempdir().unwrap();
        let search = search(root.path());
        fake(&root.path().join("installed/13/bin"), "13.2");
        let error = find(&search, None).unwrap_err();
        assert!(error.to_string().contains("apt-get install postgresql"), "{error}");
        assert!(error.to_string().contains("version 13 is too old"), "{error}");
        assert!(
            error.message().text(Locale::Zh).contains("apt-get install postgresql"),
            "{}",
            error.message().text(Locale::Zh)
        );
    }
}
