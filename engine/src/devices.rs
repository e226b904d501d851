//! Devices that are open, and models on them.

use std::sync::Arc;

use crate::arch::Config;
use crate::cpu::{CacheShape, CpuModel, Family, Member, Pool, Shelf, sample_together};
use crate::device::DeviceSpec;
use crate::error::{Error, Result};
use crate::formats::Source;
use crate::gpu::{Gpu, GpuModel, cache_bytes, open};
use crate::model::{CacheType, Forward, Outcome, Sizes, Want};
use crate::schedule::StepInput;
use crate::weights::ModelFiles;

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

    /// Loads a model of files. On the processor it shares what it can with those of the shelf, and an adapter stays beside its
    /// base; on a GPU it has a copy of its base, in which the adapter is.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn open_model(
        &self,
        files: &ModelFiles,
        config: Config,
        sizes: Sizes,
        shelf: &Shelf,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Model> {
        match self {
            Self::Cpu(pool) => Ok(Model::Cpu(Box::new(CpuModel::open(pool, files, config, sizes, shelf, progress)?))),
            Self::Gpu { .. } => {
                if files.adapter().is_some() {
                    let (path, device) = (files.path().display(), self.name());
                    tracing::info!(%path, device, "an adapter is put into a copy of its base: on a GPU they share no memory");
                }
                Ok(Model::Alone(self.load(files, config, sizes, progress)?))
            }
        }
    }
}

/// A model on a device.
pub enum Model {
    /// On the processor, where it may compute together with others.
    Cpu(Box<CpuModel>),
    /// One that computes by itself.
    Alone(Box<dyn Forward>),
}

/// A model's share of a step: what to compute, and what is wanted of each of the plan's outputs.
pub type Share<'a> = (&'a mut Model, &'a StepInput, &'a [Want]);

impl Model {
    /// Which models it can compute a step together with, if with any.
    #[must_use]
    pub fn family(&self) -> Option<Family> {
        match self {
            Self::Cpu(model) => Some(model.family()),
            Self::Alone(_) => None,
        }
    }

    /// Bytes of its weights that no other model uses; nothing where none are shared.
    #[must_use]
    pub fn own_bytes(&self) -> Option<u64> {
        match self {
            Self::Cpu(model) => Some(model.own_bytes()),
            Self::Alone(_) => None,
        }
    }

    /// Computes a step of several models of one family, as one of each would.
    ///
    /// # Errors
    /// They are no family, or it failed in one of them; which one is not known.
    pub fn sample_together(shares: &mut [Share<'_>]) -> Result<Vec<Vec<Outcome>>> {
        let mut members = shares.iter_mut().map(member).collect::<Result<Vec<_>>>()?;
        sample_together(&mut members)
    }

    fn one(&mut self) -> &mut dyn Forward {
        match self {
            Self::Cpu(model) => &mut **model,
            Self::Alone(model) => &mut **model,
        }
    }
}

/// A share of a step on the processor.
fn member<'s>((model, plan, wants): &'s mut Share<'_>) -> Result<Member<'s>> {
    match model {
        Model::Cpu(model) => Ok(Member { model, plan, wants }),
        Model::Alone(_) => Err(Error::StepInput("a model that computes by itself".to_owned())),
    }
}

impl Forward for Model {
    fn forward(&mut self, plan: &StepInput) -> Result<Vec<f32>> {
        self.one().forward(plan)
    }

    fn samples(&self) -> bool {
        match self {
            Self::Cpu(model) => model.samples(),
            Self::Alone(model) => model.samples(),
        }
    }

    fn sample(&mut self, plan: &StepInput, wants: &[Want]) -> Result<Vec<Outcome>> {
        self.one().sample(plan, wants)
    }

    fn reset(&mut self) -> Result<()> {
        self.one().reset()
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
