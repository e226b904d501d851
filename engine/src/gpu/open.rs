//! Devices that are open, and models on them.

use std::sync::Arc;

use candle_core::Device;

use super::model::{GpuModel, Sizes, cache_bytes};
use super::{Gpu, open};
use crate::arch::Config;
use crate::device::DeviceSpec;
use crate::error::Result;
use crate::formats::Source;
use crate::model::{Forward, KvCache, Mixtral, Outcome, WithCache};
use crate::sample::Draw;
use crate::schedule::StepInput;

/// A device that is open.
#[derive(Clone, Debug)]
pub enum OpenDevice {
    /// The processor.
    Cpu,
    /// The NVIDIA GPU of this number.
    Gpu { number: usize, gpu: Arc<dyn Gpu> },
}

impl OpenDevice {
    /// Opens a device.
    ///
    /// # Errors
    /// It cannot be used; why.
    pub fn open(spec: DeviceSpec) -> Result<Self> {
        let gpu = |number| Ok(Self::Gpu { number, gpu: open(number)? });
        match spec {
            DeviceSpec::Cpu => Ok(Self::Cpu),
            DeviceSpec::Cuda(number) => gpu(number),
            // `auto` promises a device that works, so a GPU that cannot be opened is no error here; what was chosen can be
            // seen in the device that comes back.
            DeviceSpec::Auto => Ok(gpu(0).unwrap_or(Self::Cpu)),
        }
    }

    /// The device in words: `cpu`, `cuda:0`.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Cpu => DeviceSpec::Cpu.to_string(),
            Self::Gpu { number, .. } => DeviceSpec::Cuda(*number).to_string(),
        }
    }

    /// How many bytes a cache takes.
    #[must_use]
    pub fn cache_bytes(&self, config: &Config, sizes: &Sizes) -> u64 {
        match self {
            Self::Cpu => KvCache::bytes(config, sizes.blocks, sizes.block_size, &Device::Cpu),
            Self::Gpu { .. } => cache_bytes(config, sizes),
        }
    }

    /// Loads a model with a cache, ready for its first step. `progress` hears how many bytes are done.
    ///
    /// # Errors
    /// What is wrong with the file, by tensor; or there is no room.
    pub fn load(
        &self,
        source: &dyn Source,
        config: Config,
        sizes: Sizes,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Box<dyn Forward>> {
        match self {
            Self::Cpu => {
                let model = Mixtral::load(source, config, &Device::Cpu, progress)?;
                let cache = KvCache::new(model.config(), sizes.blocks, sizes.block_size, model.device())?;
                Ok(Box::new(WithCache { model, cache }))
            }
            Self::Gpu { gpu, .. } => {
                let mut model = GpuModel::load(&gpu.fork()?, source, config, sizes, progress)?;
                model.warm_up()?;
                Ok(Box::new(model))
            }
        }
    }
}

impl Forward for GpuModel {
    fn forward(&mut self, plan: &StepInput) -> Result<Vec<f32>> {
        Self::forward(self, plan)
    }

    fn samples(&self) -> bool {
        true
    }

    fn sample(&mut self, plan: &StepInput, draws: &[Option<Draw>]) -> Result<Vec<Outcome>> {
        Self::sample(self, plan, draws)
    }

    fn reset(&mut self) -> Result<()> {
        Self::reset(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg_attr(feature = "cuda", ignore = "this build has CUDA")]
    fn a_build_without_cuda_says_so() {
        let error = OpenDevice::open(DeviceSpec::Cuda(0)).expect_err("no CUDA").to_string();
        assert!(error.contains("--features cuda"), "{error}");
        assert_eq!(OpenDevice::open(DeviceSpec::Auto).expect("the processor").name(), "cpu");
    }
}
