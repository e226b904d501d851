//! A model on the processor: loaded, run step by step, alone or together with others on the same base.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};

use super::joined::{Caches, Joined};
use super::load;
use super::memory::MemoryPlan;
use super::sample::outcome;
use super::shelf::{Base, Shelf};
use super::step::{Part, Step, Thread};
use super::weights::Weights;
use super::workspace::{LOGIT_ROWS, Workspace};
use crate::arch::{Config, Rope};
use crate::cpu::attention::{self, Heads};
use crate::cpu::cache::{Cache, Shape};
use crate::cpu::memory::Buffer;
use crate::cpu::pool::Pool;
use crate::error::{Error, Result};
use crate::formats::Source;
use crate::model::{CacheType, Forward, Outcome, Sizes, Want, weight_bytes};
use crate::ops::check_plan;
use crate::schedule::StepInput;
use crate::weights::ModelFiles;
use crate::weights::lora::Adapter;

/// A model of the Mixtral family on the processor, with its cache.
#[derive(Debug)]
pub struct CpuModel {
    pool: Arc<Pool>,
    config: Config,
    sizes: Sizes,
    shape: Shape,
    rope: Rope,
    base: Arc<Base>,
    /// The base's, or those of the base with an adapter beside them.
    weights: Weights,
    has_pairs: bool,
    cache: Cache,
}

/// Which models can compute a step together: those on one base, with caches of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Family {
    base: usize,
    cache_type: CacheType,
    block_size: usize,
}

/// A model's share of a step.
#[derive(Debug)]
pub struct Member<'a> {
    pub model: &'a mut CpuModel,
    pub plan: &'a StepInput,
    /// What is wanted of each of the plan's outputs.
    pub wants: &'a [Want],
}

/// A row of logits or a hidden state that was computed, taken by the thread that calls: (number of the row, numbers).
type Take<'a> = dyn Fn(usize, &[f32]) -> Result<()> + Sync + 'a;

impl CpuModel {
    /// Loads a model, if memory has room for it. `progress` hears how many bytes are done.
    ///
    /// # Errors
    /// What is wrong with the file, by tensor; or there is no room, with figures.
    pub fn load(
        pool: &Arc<Pool>,
        source: &dyn Source,
        config: Config,
        sizes: Sizes,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Self> {
        check_sizes(&sizes)?;
        let plan = MemoryPlan::new(source, &config, &sizes, pool.threads());
        plan.check().map_err(|error| error.about(source.path()))?;
        let base = Arc::new(read_base(pool, source, &config, &sizes, progress)?);
        let weights = base.weights.clone();
        Self::on(base, weights, pool, config, sizes)
    }

    /// The same of a model's files: its weights, or those of its adapter's base, are shared with all models of the shelf that
    /// have the same, and an adapter stays beside them.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn open(
        pool: &Arc<Pool>,
        files: &ModelFiles,
        config: Config,
        sizes: Sizes,
        shelf: &Shelf,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Self> {
        check_sizes(&sizes)?;
        let about = |error: Error| error.about(files.path());
        let total = weight_bytes(files.base()) + files.adapter().map_or(0, Adapter::file_bytes);
        progress(0, total);
        let own = MemoryPlan::beside(files, files.adapter(), &config, &sizes)?;
        let base = shelf.find_or(files, &sizes, || {
            let mut plan = MemoryPlan::new(files.base(), &config, &sizes, pool.threads());
            plan.weights = plan.weights.saturating_add(own.weights);
            plan.check().map_err(about)?;
            read_base(pool, files.base(), &config, &sizes, &mut |done, _| progress(done, total))
        })?;
        own.check().map_err(about)?;
        let weights = match files.adapter() {
            Some(adapter) => load::adapt(&base.weights, files, adapter, &config)?,
            None => base.weights.clone(),
        };
        base.space().make_room(&config, sizes.step_tokens, &weights);
        progress(total, total);
        Self::on(base, weights, pool, config, sizes)
    }

    fn on(base: Arc<Base>, weights: Weights, pool: &Arc<Pool>, config: Config, sizes: Sizes) -> Result<Self> {
        let shape = Shape::new(&config, &sizes);
        let (cache, rope) = (Cache::new(shape, sizes.cache_type)?, Rope::new(&config));
        let has_pairs = weights.pairs().next().is_some();
        Ok(Self { pool: Arc::clone(pool), config, sizes, shape, rope, base, weights, has_pairs, cache })
    }

    /// The model's shape.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What it was given room for.
    #[must_use]
    pub fn sizes(&self) -> &Sizes {
        &self.sizes
    }

    /// Which models it can compute a step with.
    #[must_use]
    pub fn family(&self) -> Family {
        let Sizes { cache_type, block_size, .. } = self.sizes;
        Family { base: Arc::as_ptr(&self.base).addr(), cache_type, block_size }
    }

    /// Bytes of its weights that are its own: of an adapter its factors, and what it has whole.
    #[must_use]
    pub fn own_bytes(&self) -> u64 {
        self.weights.own_bytes(Some(&self.base.weights))
    }

    fn check(&self, plan: &StepInput) -> Result<()> {
        let Sizes { blocks, block_size, .. } = self.sizes;
        check_plan(plan, blocks, block_size, self.config.vocab_size)
    }
}

fn check_sizes(sizes: &Sizes) -> Result<()> {
    if sizes.step_tokens == 0 || sizes.sequences == 0 {
        return Err(Error::StepInput(format!("steps of no size: {sizes:?}")));
    }
    Ok(())
}

fn read_base(
    pool: &Arc<Pool>,
    source: &dyn Source,
    config: &Config,
    sizes: &Sizes,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Base> {
    let weights = load::load(source, config, progress)?;
    let space = Workspace::new(config, sizes, &weights, pool.threads())?;
    Ok(Base::new(weights, space))
}

/// Computes a step of some models of one family; `take` gets each row of logits that their plans want, or its hidden state, on
/// any thread. Rows are counted through all plans.
fn run(
    models: &[&CpuModel],
    plans: &[&StepInput],
    wants_hidden: &(dyn Fn(usize) -> bool + Sync),
    take: &Take<'_>,
) -> Result<()> {
    let [first, others @ ..] = models else { return Ok(()) };
    for (model, plan) in models.iter().zip(plans) {
        model.check(plan)?;
    }
    if others.iter().any(|other| other.family() != first.family()) {
        return Err(Error::StepInput("models on several bases".to_owned()));
    }
    let Joined { plan, owners, sequences } = Joined::new(plans.iter().copied());
    let (tokens, room) = (plan.tokens.len(), first.sizes.step_tokens);
    if tokens > room || plan.outputs.len() > room {
        return Err(Error::StepInput(format!("{tokens} tokens, and there is room for {room}")));
    }
    let caches = Caches::new(&models.iter().map(|model| &model.cache).collect::<Vec<_>>())?;
    let parts: Vec<Part<'_>> = models.iter().map(|m| Part { weights: &m.weights, rope: &m.rope }).collect();
    let has_pairs = models.iter().any(|model| model.has_pairs);

    let mut space = first.base.space();
    let mut tasks = std::mem::take(&mut space.tasks);
    let Config { heads: query, kv_heads: kv, head_dim: dim, .. } = first.config;
    tasks.plan(&plan, Heads { query, kv, dim }, &first.shape);
    let chunks = tasks.places() * attention::place_len(&first.shape);
    if space.chunks.len() < chunks {
        space.chunks = Buffer::new(chunks.next_power_of_two())?;
    }
    let step = Step {
        config: &first.config,
        parts: &parts,
        owners: &owners,
        sequences: &sequences,
        caches: &caches,
        space: &space,
        tasks: &tasks,
        plan: &plan,
        has_pairs,
    };
    let outcome = first.pool.run(&|worker| {
        let mut scratch = step.space.scratch[worker.index()].lock().unwrap_or_else(PoisonError::into_inner);
        let thread = Thread { step: &step, worker, scratch: RefCell::new(&mut scratch) };
        thread.body()?;
        for start in (0..plan.outputs.len()).step_by(LOGIT_ROWS) {
            let rows = start..(start + LOGIT_ROWS).min(plan.outputs.len());
            // The output matrix is left out where nobody wants what it says.
            if !rows.clone().all(wants_hidden) {
                thread.logits(rows.clone(), |row, logits| match wants_hidden(start + row) {
                    true => Ok(()),
                    false => Ok(take(start + row, logits)?),
                })?;
            }
            if rows.clone().any(wants_hidden) {
                thread.hidden(rows, |row, hidden| match wants_hidden(row) {
                    true => Ok(take(row, hidden)?),
                    false => Ok(()),
                })?;
            }
        }
        Ok(())
    });
    space.tasks = tasks;
    outcome
}

/// Computes a step of several models of one family at once: what they share is multiplied with the rows of all. Each gets the
/// outcomes that it would get alone, to the bit.
///
/// # Errors
/// A plan does not fit, they are no family, or the computation failed, in whichever of them.
pub fn sample_together(members: &mut [Member<'_>]) -> Result<Vec<Vec<Outcome>>> {
    for Member { plan, wants, .. } in members.iter() {
        if wants.len() != plan.outputs.len() {
            return Err(Error::StepInput(format!("{} wants for {} rows", wants.len(), plan.outputs.len())));
        }
    }
    let wants: Vec<&Want> = members.iter().flat_map(|member| member.wants).collect();
    let outcomes = Mutex::new(vec![Outcome::Token(0); wants.len()]);
    let plans: Vec<&StepInput> = members.iter().map(|member| member.plan).collect();
    let models: Vec<&CpuModel> = members.iter().map(|member| &*member.model).collect();
    run(&models, &plans, &|row| *wants[row] == Want::Hidden, &|row, numbers| {
        let outcome = outcome(wants[row], numbers);
        outcomes.lock().unwrap_or_else(PoisonError::into_inner)[row] = outcome;
        Ok(())
    })?;
    let mut all = outcomes.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter();
    Ok(members.iter().map(|member| all.by_ref().take(member.wants.len()).collect()).collect())
}

impl Forward for CpuModel {
    fn forward(&mut self, plan: &StepInput) -> Result<Vec<f32>> {
        let vocabulary = self.config.vocab_size;
        let logits = Mutex::new(vec![0f32; plan.outputs.len() * vocabulary]);
        run(&[self], &[plan], &|_| false, &|row, logits_of_row| {
            let mut all = logits.lock().unwrap_or_else(PoisonError::into_inner);
            all[row * vocabulary..(row + 1) * vocabulary].copy_from_slice(logits_of_row);
            Ok(())
        })?;
        Ok(logits.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    fn samples(&self) -> bool {
        true
    }

    fn sample(&mut self, plan: &StepInput, wants: &[Want]) -> Result<Vec<Outcome>> {
        let outcomes = sample_together(&mut [Member { model: self, plan, wants }])?;
        Ok(outcomes.into_iter().flatten().collect())
    }

    fn reset(&mut self) -> Result<()> {
        self.cache.clear();
        Ok(())
    }
}
