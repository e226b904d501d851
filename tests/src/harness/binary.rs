//! Finding the binary under test: beside the test's own executable, built from the sources as they are now.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

static BINARY: OnceLock<PathBuf> = OnceLock::new();

/// The `arena` binary. `ARENA_BIN` names another; otherwise cargo builds it once a test process, with exactly the features
/// that `cargo test --workspace` resolved, so that after that command there is nothing left to compile but the binary.
pub fn arena_binary() -> &'static Path {
    BINARY.get_or_init(|| match std::env::var_os("ARENA_BIN") {
        Some(path) => PathBuf::from(path),
        None => build(),
    })
}

fn build() -> PathBuf {
    // target/PROFILE/deps/SUITE-hash
    let suite = std::env::current_exe().expect("the suite's own path");
    let profile = suite.parent().and_then(Path::parent).expect("the suite lies in target/PROFILE/deps");
    let target = profile.parent().expect("the profile's folder lies in target");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(crate::tidy::root())
        .args(["build", "--quiet", "--workspace", "--bins", "--target-dir"])
        .arg(target);
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    // What `cargo test` tells a test about its package would look like a changed environment to build scripts that watch
    // it (ring's does), and half of the dependencies would be built again.
    for (name, _) in std::env::vars_os() {
        let told = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CRATE_", "CARGO_BIN_"];
        if told.iter().any(|start| name.to_string_lossy().starts_with(start)) {
            cargo.env_remove(name);
        }
    }
    let built = cargo.status().expect("cargo starts");
    assert!(built.success(), "`cargo build --workspace --bins` failed");
    let binary = profile.join("arena");
    assert!(binary.is_file(), "{} was not built", binary.display());
    binary
}

/// Where the demo models lie.
pub fn models_folder() -> PathBuf {
    crate::tidy::root().join("engine/models")
}

/// The smallest demo model file, by part of its name.
pub fn demo_model(part: &str) -> PathBuf {
    let mut files: Vec<PathBuf> = std::fs::read_dir(models_folder())
        .expect("the demo models' folder")
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "gguf"))
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().to_lowercase().contains(part)))
        .collect();
    files.sort_by_key(|path| std::fs::metadata(path).map_or(u64::MAX, |m| m.len()));
    files.into_iter().next().unwrap_or_else(|| panic!("no demo model with {part} in its name"))
}
