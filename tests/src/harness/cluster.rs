//! A database cluster that is made once and copied for each arena under test: `initdb` and sixty migrations take seconds of
//! processor time, a copy takes a fraction of one.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{Arena, Folder, Options, arena_binary};

/// Where the last one made by this process lies, with the binary that made it.
static MADE: Mutex<Option<PathBuf>> = Mutex::new(None);

impl Folder {
    /// A new data folder whose cluster stands already, as the arena's first start on an empty folder left it.
    pub fn with_cluster() -> Self {
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        let prepared = made.get_or_insert_with(prepare);
        let folder = Self::new();
        copy(prepared, folder.path());
        folder
    }
}

/// Finds the cluster of an earlier run with this very binary, or starts an arena on an empty folder and keeps what it made.
fn prepare() -> PathBuf {
    let base = std::env::temp_dir().join(format!("arena-clusters-{}", rustix::process::geteuid().as_raw()));
    std::fs::create_dir_all(&base).expect("a folder for prepared clusters");
    let place = base.join(binary_key());
    if place.join("postgres").is_dir() {
        return place;
    }
    remove_old(&base);
    let folder = Arc::new(Folder::new());
    let (status, log) = Arena::start(Options::bare().on(&folder)).stop();
    assert!(status.success(), "the arena whose cluster is copied did not stop cleanly ({status}):\n{log}");
    // Moved in one step: another test process may be doing the same.
    let beside = base.join(format!("new-{}", std::process::id()));
    std::fs::create_dir_all(&beside).expect("a folder for the cluster");
    copy(folder.path(), &beside);
    if std::fs::rename(&beside, &place).is_err() {
        _ = std::fs::remove_dir_all(&beside);
    }
    place
}

/// Those of builds of other days; another tree's tests may be using one of today's.
fn remove_old(base: &Path) {
    for entry in std::fs::read_dir(base).expect("the folder's entries").flatten() {
        let age = entry.metadata().and_then(|told| told.modified()).ok().and_then(|at| at.elapsed().ok());
        if age.is_some_and(|age| age > Duration::from_hours(24)) {
            _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// Another build may have other migrations.
fn binary_key() -> String {
    let binary = arena_binary();
    let told = std::fs::metadata(binary).expect("the binary's metadata");
    let mut hasher = DefaultHasher::new();
    (binary, told.len(), told.modified().expect("when it was built")).hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// With owners and modes: as root, Postgres runs as another account. The arena's secret and lock stay behind.
fn copy(from: &Path, to: &Path) {
    let mut command = Command::new("cp");
    command.args(["-a", "--reflink=auto"]).arg(from.join("postgres")).arg(to);
    let done = command.status().expect("cp runs");
    assert!(done.success(), "the prepared cluster in {} cannot be copied", from.display());
}
