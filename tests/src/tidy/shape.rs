//! Files open by saying what they are, stay short, and the top level holds only what belongs there.

use super::{Complaint, File};

/// The length to aim under.
pub const AIM: usize = 300;
/// The length that fails.
pub const MOST: usize = 600;

/// What may lie at the top level.
pub const TOP_LEVEL: &[&str] = &[
    ".cargo",
    ".ci",
    ".clippy.toml",
    ".deny.toml",
    ".gitattributes",
    ".gitignore",
    ".rustfmt.toml",
    ".sqlx",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "engine",
    "migrations",
    "server",
    "static",
    "templates",
    "tests",
];

/// Every Rust file opens with a `//!` line.
pub fn opens_with_purpose(files: &[File]) -> Vec<Complaint> {
    files
        .iter()
        .filter(|file| !file.text.starts_with("//! "))
        .map(|file| Complaint {
            place: file.path.clone(),
            what: "must open with a `//!` line that says what lives here".into(),
        })
        .collect()
}

/// No file is longer than [`MOST`] lines.
pub fn is_short(files: &[File]) -> Vec<Complaint> {
    files
        .iter()
        .filter(|file| file.text.lines().count() > MOST)
        .map(|file| Complaint {
            place: file.path.clone(),
            what: format!("{} lines; split it by meaning, {MOST} is the most", file.text.lines().count()),
        })
        .collect()
}

/// Files over the length to aim at, longest first, for a person to read.
pub fn longer_than_aimed(files: &[File]) -> Vec<(usize, String)> {
    let mut long: Vec<(usize, String)> =
        files.iter().map(|file| (file.text.lines().count(), file.path.clone())).filter(|(n, _)| *n > AIM).collect();
    long.sort_by(|a, b| b.cmp(a));
    long
}

/// Nothing lies at the top level that does not belong there. `ignored` are names that git ignores.
pub fn top_level(names: &[String], ignored: impl Fn(&str) -> bool) -> Vec<Complaint> {
    names
        .iter()
        .filter(|name| name.as_str() != ".git" && !TOP_LEVEL.contains(&name.as_str()) && !ignored(name))
        .map(|name| Complaint { place: name.clone(), what: "does not belong at the top level".into() })
        .collect()
}

/// Whether `.gitignore` (plain names and `*` at the start or the end) covers a top-level name.
pub fn git_ignores(gitignore: &str, name: &str) -> bool {
    gitignore.lines().map(|line| line.trim().trim_start_matches('/').trim_end_matches('/')).any(|pattern| {
        if let Some(start) = pattern.strip_suffix('*') {
            !start.is_empty() && name.starts_with(start)
        } else if let Some(end) = pattern.strip_prefix('*') {
            !end.is_empty() && name.ends_with(end)
        } else {
            pattern == name
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_purpose_is_found() {
        let good = File::sample("a.rs", "//! Adds.\nfn a() {}");
        let bad = File::sample("b.rs", "// Adds.\nfn a() {}");
        assert_eq!(opens_with_purpose(&[good, bad]).len(), 1);
    }

    #[test]
    fn a_long_file_is_found() {
        assert!(is_short(&[File::sample("a.rs", &"x\n".repeat(MOST))]).is_empty());
        assert_eq!(is_short(&[File::sample("a.rs", &"x\n".repeat(MOST + 1))]).len(), 1);
        assert_eq!(longer_than_aimed(&[File::sample("a.rs", &"x\n".repeat(AIM + 1))]).len(), 1);
    }

    #[test]
    fn a_stray_file_at_the_top_is_found() {
        let names = ["server", "notes.txt", "target-cuda", ".git"].map(str::to_owned);
        let found = top_level(&names, |name| git_ignores("/target\n/target-*\n*.log\n", name));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].place, "notes.txt");
        assert!(git_ignores("*.log", "a.log"));
    }
}
