//! axe-core, which finds what keeps people with assistive technology out of a page: fetched with npm into a folder that is thrown
//! away, so that the repository holds no JavaScript of others.

use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

use super::Browser;

/// The version: another one finds other things.
const PACKAGE: &str = "axe-core@4.10.3";

static SOURCE: OnceLock<Option<String>> = OnceLock::new();

/// Its source; nothing, with a word about it, where this machine has no npm.
///
/// # Panics
/// When npm is there and cannot fetch it: a look that is skipped in silence finds nothing.
pub fn axe_source() -> Option<&'static str> {
    SOURCE.get_or_init(fetch).as_deref()
}

fn fetch() -> Option<String> {
    let npm = |arguments: &[&str]| {
        let mut command = Command::new("npm");
        command.args(arguments).stdin(Stdio::null()).output()
    };
    if npm(&["--version"]).is_err() {
        eprintln!("IGNORED: without npm, axe-core cannot be fetched, and pages are not looked at with it");
        return None;
    }
    let folder = tempfile::tempdir().expect("a folder to throw away");
    let at = folder.path().to_string_lossy();
    let arguments = [
        "install",
        "--prefix",
        &at,
        "--no-save",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
        PACKAGE,
    ];
    let done = npm(&arguments).expect("npm runs");
    assert!(done.status.success(), "npm cannot fetch {PACKAGE}: {}", String::from_utf8_lossy(&done.stderr));
    let file = folder.path().join("node_modules/axe-core/axe.min.js");
    Some(std::fs::read_to_string(file).expect("the package holds its source"))
}

impl Browser {
    /// What axe-core finds wrong with the page as it is now: rule, impact, and the first elements. Nothing where it is not here.
    pub async fn axe(&self) -> Vec<String> {
        let Some(source) = axe_source() else { return Vec::new() };
        // In the test's own call, which a page's policy on scripts does not concern.
        let script = format!(
            "{source}\n;const moving = document.getAnimations().filter(one => one.effect.getComputedTiming().iterations !== Infinity);\
             return Promise.allSettled(moving.map(one => one.finished)).then(() => axe.run(document, {{ resultTypes: ['violations'] }})).then(found => found.violations.map(one => \
             `${{one.id}} (${{one.impact}}): ${{one.nodes.slice(0, 3).map(node => node.target.join(' ') + ' ' + \
             (node.any[0] ?? node.all[0] ?? node.none[0])?.message).join(' | ')}}`))"
        );
        let found = self.run(&script).await;
        let found = found.as_array().expect("a list");
        found.iter().map(|one: &Value| one.as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Fails with what axe-core finds.
    pub async fn assert_accessible(&self, what: &str) {
        let found = self.axe().await;
        assert!(found.is_empty(), "axe-core on {what}: {found:#?}");
    }
}
