//! A model on the processor: loaded, run step by step.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};

use super::load;
use super::memory::MemoryPlan;
use super::phases::{Step, Thread};
use super::sample::outcome;
use super::weights::Weights;
use super::workspace::{LOGIT_ROWS, Workspace};
use crate::arch::{Config, Rope};
use crate::cpu::attention::{self, Heads, Tasks};
use crate::cpu::cache::{Cache, Shape};
use crate::cpu::memory::Buffer;
use crate::cpu::pool::Pool;
use crate::error::{Error, Result};
use crate::formats::Source;
use crate::model::{Forward, Outcome, Sizes, Want};
use crate::ops::check_plan;
use crate::schedule::StepInput;

/// A model of the Mixtral family on the processor, with its cache.
#[derive(Debug)]
pub struct CpuModel {
    pool: Arc<Pool>,
    config: Config,
    sizes: Sizes,
    shape: Shape,
    rope: Rope,
    weights: Weights,
    cache: Cache,
    space: Workspace,
    tasks: Tasks,
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
        if sizes.step_tokens == 0 || sizes.sequences == 0 {
            return Err(Error::StepInput(format!("steps of no size: {sizes:?}")));
        }
        let threads = pool.threads();
        MemoryPlan::new(source, &config, &sizes, threads).check().map_err(|error| error.about(source.path()))?;
        let shape = Shape::new(&config, &sizes);
        let cache = Cache::new(shape, sizes.cache_type)?;
        let weights = load::load(source, &config, progress)?;
        let space = Workspace::new(&config, &sizes, &weights, threads)?;
        let rope = Rope::new(&config);
        let pool = Arc::clone(pool);
        Ok(Self { pool, config, sizes, shape, rope, weights, cache, space, tasks: Tasks::default() })
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

    /// Computes a step; `take` gets each row of logits that the plan wants, or its hidden state, on any thread.
    fn run(&mut self, plan: &StepInput, wants_hidden: &(dyn Fn(usize) -> bool + Sync), take: &Take<'_>) -> Result<()> {
        self.check(plan)?;
        let Config { heads: query, kv_heads: kv, head_dim: dim, .. } = self.config;
        self.tasks.plan(plan, Heads { query, kv, dim }, &self.shape);
        let chunks = self.tasks.places() * attention::place_len(&self.shape);
        if self.space.chunks.len() < chunks {
            self.space.chunks = Buffer::new(chunks.next_power_of_two())?;
        }
        let Self { config, rope, weights, cache, space, tasks, .. } = self;
        let step = Step { config, rope, weights, cache, space, tasks, plan };
        self.pool.run(&|worker| {
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
        })
    }

    fn check(&self, plan: &StepInput) -> Result<()> {
        let Sizes { blocks, block_size, step_tokens, .. } = self.sizes;
        check_plan(plan, blocks, block_size, self.config.vocab_size)?;
        let tokens = plan.tokens.len();
        if tokens > step_tokens || plan.outputs.len() > step_tokens {
            return Err(Error::StepInput(format!("{tokens} tokens, and there is room for {step_tokens}")));
        }
        Ok(())
    }
}

impl Forward for CpuModel {
    fn forward(&mut self, plan: &StepInput) -> Result<Vec<f32>> {
        let vocabulary = self.config.vocab_size;
        let logits = Mutex::new(vec![0f32; plan.outputs.len() * vocabulary]);
        self.run(plan, &|_| false, &|row, logits_of_row| {
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
        if wants.len() != plan.outputs.len() {
            return Err(Error::StepInput(format!("{} wants for {} rows", wants.len(), plan.outputs.len())));
        }
        let outcomes = Mutex::new(vec![Outcome::Token(0); wants.len()]);
        self.run(plan, &|row| wants[row] == Want::Hidden, &|row, numbers| {
            let outcome = outcome(&wants[row], numbers);
            outcomes.lock().unwrap_or_else(PoisonError::into_inner)[row] = outcome;
            Ok(())
        })?;
        Ok(outcomes.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    fn reset(&mut self) -> Result<()> {
        self.cache.clear();
        Ok(())
    }
}
