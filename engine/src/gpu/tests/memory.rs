//! Memory is planned before anything is loaded.

use std::path::Path;

use super::tiny::{self, Layout, SMALL};
use crate::gpu::emulated::emulated_with;
use crate::gpu::{GpuModel, MemoryPlan};
use crate::model::{CacheType, Sizes};
use crate::quant::GgmlType;
use crate::weights::ModelFiles;

const SIZES: Sizes = Sizes { blocks: 8, block_size: 16, step_tokens: 32, sequences: 4, cache_type: CacheType::F16 };

fn files(folder: &Path, kind: GgmlType, layout: Layout) -> ModelFiles {
    let path = tiny::put(folder, "model.gguf", &tiny::bytes(SMALL, kind, layout, 5));
    ModelFiles::open(&path, None).expect("a model opens")
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn a_model_takes_what_was_planned_and_gives_it_back() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (kind, layout) in
        [(GgmlType::Q4_K, Layout::Merged), (GgmlType::F16, Layout::Tied), (GgmlType::Q3_K, Layout::Split)]
    {
        let files = files(folder.path(), kind, layout);
        let gpu = emulated_with(1 << 28);
        let free = || gpu.memory().expect("known").free;
        let before = free();
        let plan = MemoryPlan::new(&files, files.config(), &SIZES).expect("planned");
        let model = GpuModel::load(&gpu, &files, files.config().clone(), SIZES, &mut |_, _| {}).expect("loads");
        let taken = before - free();
        // Angles, indices and attention's own scratch are small, and no part of the plan's figures.
        let small = 4 << 20;
        assert!((plan.total()..plan.total() + small).contains(&taken), "{plan:?} took {taken}");
        drop(model);
        assert_eq!(free(), before);
    }
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn a_model_without_room_is_refused_with_figures_and_nothing_is_kept() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let files = files(folder.path(), GgmlType::F32, Layout::Merged);
    let gpu = emulated_with(1 << 20);
    let loaded = GpuModel::load(&gpu, &files, files.config().clone(), SIZES, &mut |_, _| {});
    let error = loaded.expect_err("no room").to_string();
    for words in ["out of memory", "needs", "weights", "cache", "free are 0.00 GiB of 0.00 GiB"] {
        assert!(error.contains(words), "{error}");
    }
    assert_eq!(gpu.memory().expect("known").free, 1 << 20);
}

#[test]
fn progress_ends_at_the_bytes_of_the_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let files = files(folder.path(), GgmlType::Q4_0, Layout::Tied);
    let mut heard = Vec::new();
    let gpu = emulated_with(1 << 28);
    GpuModel::load(&gpu, &files, files.config().clone(), SIZES, &mut |done, total| heard.push((done, total)))
        .expect("loads");
    assert!(heard.windows(2).all(|pair| pair[0].0 <= pair[1].0), "{heard:?}");
    let (done, total) = *heard.last().expect("heard");
    assert_eq!((done, total), (crate::model::weight_bytes(&files), crate::model::weight_bytes(&files)));
}
