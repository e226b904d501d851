//! Devices that are open, and models on them.

use std::sync::Arc;

use crate::arch::Config;
use crate::cpu::{CacheShape, CpuModel, Pool};
use crate::device::DeviceSpec;
use crate::error::{Error, Result};
use crate::formats::Source;
use crate::gpu::{Gpu, GpuModel, cache_bytes, open};
use crate::model::{CacheType, Forward, Outcome, Sizes, Want};
use crate::schedule::StepInput;

/// A device that is open.
#[derive(Clone, Debug)]
pub enum OpenDevice {
    /// The processor, with its threads.
    Cpu(Arc<Pool>),
    /// The NVIDIA GPU of this number.
    Gpu { number: usize, gpu: Arc<dyn Gpu> },
}

impl OpenDevice {
    /// Opens a device. The processor computes with so many threads; without a number, with one for each physical core.
    ///
    /// # Errors
    /// It cannot be used; why.
    pub fn open(spec: DeviceSpec, threads: Option<usize>) -> Result<Self> {
        let gpu = |number| Ok(Self::Gpu { number, gpu: open(number)? });
        let cpu = || Ok(Self::Cpu(Pool::shared(threads)?));
        match spec {
            DeviceSpec::Cpu => cpu(),
            DeviceSpec::Cuda(number) => gpu(number),
            // `auto` promises a device that works, so a GPU that cannot be opened is no error here; what was chosen can be
            // seen in the device that comes back.
            DeviceSpec::Auto => gpu(0).or_else(|_: Error| cpu()),
        }
    }

    /// The device in words: `cpu`, `cuda:0`.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Cpu(_) => DeviceSpec::Cpu.to_string(),
            Self::Gpu { number, .. } => DeviceSpec::Cuda(*number).to_string(),
        }
    }

    /// How many bytes a cache takes.
    #[must_use]
    pub fn cache_bytes(&self, config: &Config, sizes: &Sizes) -> u64 {
        match self {
            Self::Cpu(_) => CacheShape::new(config, sizes).bytes(sizes.cache_type),
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
            Self::Cpu(pool) => Ok(Box::new(CpuModel::load(pool, source, config, sizes, progress)?)),
            Self::Gpu { .. } if sizes.cache_type != CacheType::F16 => {
                let message = format!("a cache in {} is not supported here; use f16", sizes.cache_type);
                Err(Error::Device { device: self.name(), message })
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

    fn sample(&mut self, plan: &StepInput, wants: &[Want]) -> Result<Vec<Outcome>> {
        Self::sample(self, plan, wants)
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
        let error = OpenDevice::open(DeviceSpec::Cuda(0), None).expect_err("no CUDA").to_string();
        assert!(error.contains("--features cuda"), "{error}");
        assert_eq!(OpenDevice::open(DeviceSpec::Auto, None).expect("the processor").name(), "cpu");
    }
}
