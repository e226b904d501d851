//! What the commands that write models share: bars, types by name, and whether what they write may be written.

use std::path::Path;

use anyhow::{anyhow, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use mixtral_engine::quant::GgmlType;
use mixtral_tools::quantize::{WRITABLE, by_name};

use crate::language::Language;

/// What a bar shows of work whose parts are many: how much is done, and how long the rest will take.
pub const PERCENT: &str = "{wide_bar} {percent} % {eta}";

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
        match language {
            Language::English => anyhow!("{name}: no type that can be written here; these can: {known}"),
            Language::Chinese => anyhow!("{name}：不是此处可写的类型；可写的类型有：{known}"),
        }
    })
}

/// The types of a GGUF's matrices.
pub fn gguf_kind(name: &str, language: Language) -> anyhow::Result<GgmlType> {
    kind(name, &WRITABLE, language)
}

/// A file or folder that is there is only replaced when that is asked for.
pub fn refuse_existing(out: &Path, force: bool, language: Language) -> anyhow::Result<()> {
    let there = language.pick("is there already; --force replaces it", "已存在；--force 可将其替换");
    let empty = out.is_dir() && std::fs::read_dir(out)?.next().is_none();
    ensure!(force || empty || !out.exists(), "{}: {there}", out.display());
    Ok(())
}

/// A GGUF cannot take a folder's place; better said before the work than after it.
pub fn refuse_folder(out: &Path, language: Language) -> anyhow::Result<()> {
    let what = language.pick("is a folder; name a GGUF file to write", "是文件夹；请给出要写入的 GGUF 文件");
    ensure!(!out.is_dir(), "{}: {what}", out.display());
    Ok(())
}

/// Refuses what the disk has no room for, before any work.
pub fn refuse_full_disk(out: &Path, needed: u64, language: Language) -> anyhow::Result<()> {
    let folder = out.ancestors().skip(1).find(|folder| folder.is_dir() || folder.as_os_str().is_empty());
    let folder = folder.filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // A file system that does not tell will say so when it is full.
    let Ok(told) = rustix::fs::statvfs(folder) else { return Ok(()) };
    let free = told.f_bavail.saturating_mul(told.f_frsize);
    let (needed_gb, free_gb) = (needed as f64 / 1e9, free as f64 / 1e9);
    ensure!(
        needed <= free,
        match language {
            Language::English => format!("{}: {needed_gb:.2} GB are needed, {free_gb:.2} GB are free", out.display()),
            Language::Chinese => format!("{}：需要 {needed_gb:.2} GB，剩余 {free_gb:.2} GB", out.display()),
        }
    );
    Ok(())
}
