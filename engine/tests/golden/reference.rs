//! The same model in candle's operations.

use std::path::Path;

use candle_core::Device;
use mixtral_engine::weights::ModelFiles;
use mixtral_reference::{KvCache, Mixtral, WithCache};

use crate::drive::{BLOCK, BLOCKS, Driver};

/// A file's model on the processor.
pub fn open(path: &Path) -> Driver {
    let files = ModelFiles::open(path, None).expect("a model opens");
    let config = files.config().clone();
    let model = Mixtral::load(&files, config, &Device::Cpu, &mut |_, _| {}).expect("it loads");
    let cache = KvCache::new(model.config(), BLOCKS, BLOCK, &Device::Cpu).expect("a cache");
    let vocabulary = model.config().vocab_size;
    Driver::with(Box::new(WithCache { model, cache }), vocabulary)
}
