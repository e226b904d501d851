//! What the commands that write models share: bars, types by name, and whether what they write may be written.

use std::path::Path;

use anyhow::{anyhow, bail, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use mixtral_engine::quant::GgmlType;
use mixtral_engine::quantize::{WRITABLE, by_name, needs_importance};

use crate::i18n::Language;

/// What a bar shows of work whose parts are many: how much is done, and how long the rest will take.
pub const PERCENT: &str = "{wide_bar} {percent}% {eta}";

/// A bar in indicatif's template.
pub fn bar(len: usize, template: &str) -> ProgressBar {
    let bar = ProgressBar::new(len as u64);
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

/// Does work under a bar; the work reports what is done, and all there is.
pub fn shown<T>(template: &str, work: impl FnOnce(&mut dyn FnMut(u64, u64)) -> T) -> T {
    let bar = bar(1, template);
    let done = work(&mut |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    done
}

/// A type by name; every one that is possible is named where this one is not.
pub fn kind(name: &str, possible: &[GgmlType], language: Language) -> anyhow::Result<GgmlType> {
    by_name(name).filter(|kind| possible.contains(kind)).ok_or_else(|| {
        let known: Vec<_> = possible.iter().map(|kind| kind.name()).collect();
        let known = known.join(", ");
        anyhow!(t!(language, "type-unknown", name = name, known = known))
    })
}

/// The types of a GGUF's matrices that can be written without an importance matrix.
pub fn gguf_kind(name: &str, language: Language) -> anyhow::Result<GgmlType> {
    let possible: Vec<_> = WRITABLE.into_iter().filter(|kind| !needs_importance(*kind)).collect();
    kind(name, &possible, language)
}

/// A file or folder that is there is only replaced when that is asked for.
pub fn refuse_existing(out: &Path, force: bool, language: Language) -> anyhow::Result<()> {
    let empty = out.is_dir() && std::fs::read_dir(out)?.next().is_none();
    ensure!(force || empty || !out.exists(), t!(language, "out-exists", path = out.display()));
    Ok(())
}

/// A GGUF cannot take a folder's place; better said before the work than after it.
pub fn refuse_folder(out: &Path, language: Language) -> anyhow::Result<()> {
    ensure!(!out.is_dir(), t!(language, "out-is-a-folder", path = out.display()));
    Ok(())
}

/// Refuses what the disk has no room for, before any work.
pub fn refuse_full_disk(out: &Path, needed: u64, language: Language) -> anyhow::Result<()> {
    let folder = out.ancestors().skip(1).find(|folder| folder.is_dir() || folder.as_os_str().is_empty());
    let folder = folder.filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // A file system that does not tell will say so when it is full.
    let Ok(told) = rustix::fs::statvfs(folder) else { return Ok(()) };
    let free = told.f_bavail.saturating_mul(told.f_frsize);
    if needed > free {
        let [needed, free] = [needed, free].map(|bytes| format!("{:.2} GB", bytes as f64 / 1e9));
        bail!(t!(language, "out-disk-full", path = out.display(), needed = needed, free = free));
    }
    Ok(())
}
