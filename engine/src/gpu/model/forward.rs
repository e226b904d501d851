//! One forward pass over a flat batch, launch by launch.

use std::sync::Arc;

use half::f16;

use super::cache::Cache;
use super::graphs::Graphs;
use super::indices::{Indices, Layout, Places};
use super::layers::{GateUp, Layer, Matrices};
use super::load::{self, Loaded};
use super::memory::MemoryPlan;
use super::profile::{Marks, Profile};
use super::routing::route;
use super::workspace::{LOGIT_ROWS, Workspace};
use crate::arch::{Config, Rope};
use crate::error::{Error, Result};
use crate::formats::Source;
use crate::gpu::product::{
    DeviceMatrix, Groups, Product, Rows, Target, activation_bytes, activation_index, activation_stride,
    activations_from_gate_up,
};
use crate::gpu::{
    Address, Arg, Attention, AttentionInputs, AttentionShape, AttentionWork, Buffer, DeviceSampler, Gpu, Launch,
    Sampled,
};
use crate::model::{Outcome, Sizes, Want};
use crate::ops::check_plan;
use crate::quant::GgmlType;
use crate::sample::Draw;
use crate::schedule::StepInput;

/// Threads of a block for plain copies.
const THREADS: u32 = 256;

/// A model of the Mixtral family on a GPU, with its cache.
#[derive(Debug)]
pub struct GpuModel {
    gpu: Arc<dyn Gpu>,
    config: Config,
    sizes: Sizes,
    weights: Loaded,
    cache: Cache,
    space: Workspace,
    indices: Indices,
    attention: Attention,
    sampler: DeviceSampler,
    shape: AttentionShape,
    /// (positions, dim / 2), cosine and sine, F32
    angles: Buffer,
    /// Positions that have angles.
    positions: usize,
    graphs: Graphs,
    profile: Option<Profile>,
}

impl GpuModel {
    /// Loads a model, if the GPU has room for it. `progress` hears how many bytes are done.
    ///
    /// # Errors
    /// What is wrong with the file, by tensor; or there is no room, with figures; or the device failed.
    pub fn load(
        gpu: &Arc<dyn Gpu>,
        source: &dyn Source,
        config: Config,
        sizes: Sizes,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Self> {
        if sizes.step_tokens == 0 || sizes.sequences == 0 {
            return Err(Error::StepInput(format!("steps of no size: {sizes:?}")));
        }
        MemoryPlan::new(source, &config, &sizes)?.check(gpu)?;
        let &Config { heads, kv_heads, head_dim: dim, .. } = &config;
        let shape = AttentionShape { heads, kv_heads, dim, block_size: sizes.block_size };
        let positions = config.max_context.min(sizes.blocks.saturating_mul(sizes.block_size));
        let cache = Cache::new(gpu, &config, &sizes)?;
        let apart = Matrices::new(source, &config).needs_gate_and_up()?;
        let space = Workspace::new(gpu, &config, &sizes, apart)?;
        let indices = Indices::new(gpu, &sizes)?;
        let attention = Attention::new(gpu, shape)?;
        let sampler = DeviceSampler::new(gpu, LOGIT_ROWS.min(sizes.step_tokens), config.vocab_size)?;
        let angles = Buffer::of(gpu, &Rope::new(&config).turns(positions))?;
        let weights = load::load(gpu, source, &config, progress)?;
        let gpu = Arc::clone(gpu);
        let (graphs, profile) = (Graphs::default(), None);
        Ok(Self {
            gpu,
            config,
            sizes,
            weights,
            cache,
            space,
            indices,
            attention,
            sampler,
            shape,
            angles,
            positions,
            graphs,
            profile,
        })
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

    /// Measures the parts of each step from now on. Such steps are not recorded, so they take longer.
    pub fn start_profile(&mut self) {
        self.profile = Some(Profile::default());
    }

    /// Ends measuring.
    pub fn end_profile(&mut self) -> Option<Profile> {
        self.profile.take()
    }

    /// Computes the plan's tokens, writes their keys and values into the cache, and returns the logits of the rows that the
    /// plan wants: (outputs, vocabulary).
    ///
    /// # Errors
    /// The plan fits neither model nor cache, or the device failed: the error names what it did.
    pub fn forward(&mut self, plan: &StepInput) -> Result<Vec<f32>> {
        let vocabulary = self.config.vocab_size;
        let mut logits = Vec::with_capacity(plan.outputs.len() * vocabulary);
        self.run(plan, None, |model, rows| {
            logits.extend(model.space.logits.read::<f32>(rows * vocabulary)?);
            Ok(())
        })?;
        Ok(logits)
    }

    /// What is wanted of each row that the plan wants; tokens are chosen on the device.
    ///
    /// # Errors
    /// As [`Self::forward`]; or there are not as many wants as such rows.
    pub fn sample(&mut self, plan: &StepInput, wants: &[Want]) -> Result<Vec<Outcome>> {
        if wants.len() != plan.outputs.len() {
            return Err(Error::StepInput(format!("{} wants for {} rows", wants.len(), plan.outputs.len())));
        }
        let draw = |want: &Want| match want {
            Want::Token(draw) => Some(draw.clone()),
            Want::Logits | Want::Hidden => None,
        };
        let draws: Vec<_> = wants.iter().map(draw).collect();
        let mut outcomes = Vec::with_capacity(wants.len());
        self.run(plan, Some(&draws), |model, rows| {
            for (row, sampled) in model.sampler.read(rows)?.into_iter().enumerate() {
                let wanted = outcomes.len();
                outcomes.push(match sampled {
                    _ if wants[wanted] == Want::Hidden => Outcome::Hidden(model.hidden(wanted)?),
                    Sampled::Token(token) => Outcome::Token(token),
                    Sampled::NotFinite(error) => Outcome::NotFinite(error),
                    Sampled::Logits => {
                        let vocabulary = model.config.vocab_size;
                        let offset = row * vocabulary * size_of::<f32>();
                        Outcome::Logits(model.space.logits.read_at(offset, vocabulary)?)
                    }
                });
            }
            Ok(())
        })?;
        Ok(outcomes)
    }

    /// The hidden state of a row that the plan wanted, after the last norm, in the order of its columns.
    fn hidden(&self, row: usize) -> Result<Vec<f32>> {
        let columns = self.config.hidden_size;
        let offset = activation_bytes(row, columns);
        let halves: Vec<u16> = self.space.normed.read_at(offset, activation_stride(columns))?;
        Ok((0..columns).map(|column| f16::from_bits(halves[activation_index(column)]).to_f32()).collect())
    }

    /// Computes a step; `read` takes so many rows of logits, or what was chosen of them, before they are overwritten.
    fn run(
        &mut self,
        plan: &StepInput,
        draws: Option<&[Option<Draw>]>,
        mut read: impl FnMut(&Self, usize) -> Result<()>,
    ) -> Result<()> {
        self.check(plan)?;
        let work = AttentionWork::new(&self.shape, &plan.sequences);
        let layout = Layout::new(plan, &work);
        let places = self.indices.write(&layout, plan, &work)?;
        let gpu = Arc::clone(&self.gpu);
        let step = Step { plan, places, work: &work, layout };
        let is_decode = plan.sequences.iter().all(|span| span.len == 1)
            && plan.outputs.len() <= LOGIT_ROWS
            && plan.outputs.iter().copied().eq(0..plan.tokens.len() as u32);
        if is_decode && self.profile.is_none() {
            if let Some(draws) = draws {
                self.sampler.prepare(draws)?;
            }
            // Taken out for the time of the call, since the work borrows the rest.
            let mut graphs = std::mem::take(&mut self.graphs);
            let outcome = graphs.run(&gpu, (layout, draws.is_some()), || {
                let mut marks = Marks::default();
                self.body(&step, &mut marks)?;
                self.logits(0, plan.outputs.len(), draws.is_some(), &mut marks)
            });
            self.graphs = graphs;
            outcome?;
            return read(self, plan.outputs.len());
        }
        let mut marks = Marks::new(&gpu, self.profile.is_some())?;
        self.body(&step, &mut marks)?;
        for start in (0..plan.outputs.len()).step_by(LOGIT_ROWS) {
            let rows = LOGIT_ROWS.min(plan.outputs.len() - start);
            if let Some(draws) = draws {
                self.sampler.prepare(&draws[start..start + rows])?;
            }
            self.logits(start, rows, draws.is_some(), &mut marks)?;
            read(self, rows)?;
        }
        if plan.outputs.is_empty() {
            // A step that failed must be known as such, though nobody reads anything of it.
            gpu.wait()?;
        }
        if let Some(profile) = &mut self.profile {
            marks.finish(profile)?;
        }
        Ok(())
    }

    fn check(&self, plan: &StepInput) -> Result<()> {
        check_plan(plan, self.sizes.blocks, self.sizes.block_size, self.config.vocab_size)?;
        let too_much = |what: &str, has: usize, most: usize| {
            if has <= most {
                return Ok(());
            }
            Err(Error::StepInput(format!("{has} {what}, and the model was loaded for {most}")))
        };
        too_much("tokens", plan.tokens.len(), self.sizes.step_tokens)?;
        too_much("sequences", plan.sequences.len(), self.sizes.sequences)?;
        let longest = plan.sequences.iter().map(|span| span.context).max().unwrap_or(0);
        too_much("positions", longest, self.positions)
    }

    /// Everything up to the normalised rows that logits are made of.
    fn body(&self, step: &Step<'_>, marks: &mut Marks) -> Result<()> {
        self.embed(step)?;
        marks.after(&self.gpu, "embed")?;
        let last = self.weights.layers.len() - 1;
        for (i, layer) in self.weights.layers.iter().enumerate() {
            let rows = step.plan.tokens.len();
            self.norm(&self.space.x, rows, &layer.attention_norm, i > 0)?;
            marks.after(&self.gpu, "norm")?;
            self.keys_and_values(layer, i, step, marks)?;
            // What nobody wants the logits of is only cached.
            if i == last && step.plan.outputs.is_empty() {
                return Ok(());
            }
            self.attend(layer, i, step, marks)?;
            // After the last attention, only the rows that are asked for matter.
            let (x, rows) = if i == last { self.wanted(step)? } else { (&self.space.x, rows) };
            self.experts(layer, x, rows, marks)?;
        }
        self.norm(&self.space.wanted, step.plan.outputs.len(), &self.weights.norm, true)?;
        marks.after(&self.gpu, "norm")
    }

    fn embed(&self, step: &Step<'_>) -> Result<()> {
        let embedding = &self.weights.embedding;
        let kernel = match embedding.kind {
            GgmlType::F32 => "embed_f32",
            GgmlType::BF16 => "embed_bf16",
            _ => "embed_f16",
        };
        let table = embedding.rows.address();
        self.rows(kernel, step.plan.tokens.len(), [self.space.x.address(), table, step.places.tokens])
    }

    /// Copies rows of hidden columns: to, from, and which.
    fn rows(&self, kernel: &'static str, rows: usize, at: [Address; 3]) -> Result<()> {
        let cols = self.config.hidden_size;
        let launch = Launch { grid: [rows as u32, (cols as u32).div_ceil(THREADS), 1], ..Launch::line(0, THREADS) };
        let [to, from, which] = at.map(Arg::from);
        self.gpu.launch(kernel, launch, &[to, from, which, Arg::I32(cols as i32)])
    }

    /// Normalised rows of the residual stream, to which the experts' last answers are added before if there are some.
    fn norm(&self, x: &Buffer, rows: usize, weight: &Buffer, combine: bool) -> Result<()> {
        let space = &self.space;
        let cols = self.config.hidden_size;
        let threads = cols.div_ceil(8).next_multiple_of(32).min(1024) as u32;
        let launch = Launch::line(rows as u32, threads);
        let (out, x, weight) = (space.normed.address().into(), x.address().into(), weight.address().into());
        let (cols, eps) = (Arg::I32(cols as i32), Arg::F32(self.config.norm_eps));
        if !combine {
            return self.gpu.launch("rms_norm", launch, &[out, x, weight, cols, eps]);
        }
        let (answers, shares) = (space.answers.address().into(), space.routing.shares.address().into());
        let top = Arg::I32(self.config.experts_per_token as i32);
        self.gpu.launch("combine_rms_norm", launch, &[out, x, answers, shares, weight, cols, top, eps])
    }

    fn product(&self, weights: &DeviceMatrix, x: &Buffer, count: usize, target: Target) -> Result<()> {
        Product { weights, x: x.address(), count, inner: false, target, groups: None }.launch(&self.gpu)
    }

    /// Query, key and value of each token; keys and values enter the cache, so that tokens see themselves and each other.
    fn keys_and_values(&self, layer: &Layer, number: usize, step: &Step<'_>, marks: &mut Marks) -> Result<()> {
        let (space, config) = (&self.space, &self.config);
        let rows = step.plan.tokens.len();
        let stride = (config.heads + 2 * config.kv_heads) * config.head_dim;
        for (column, matrix) in &layer.qkv {
            let out = space.qkv.at(column * size_of::<f32>());
            self.product(matrix, &space.normed, rows, Target::Store { out, stride })?;
        }
        marks.after(&self.gpu, "query, key, value")?;
        let (keys, values) = self.cache.layer(number);
        let args = [
            space.q.address().into(),
            keys.into(),
            values.into(),
            space.qkv.address().into(),
            self.angles.address().into(),
            step.places.positions.into(),
            step.places.slots.into(),
            Arg::I32(config.heads as i32),
            Arg::I32(config.kv_heads as i32),
            Arg::I32(config.head_dim as i32),
        ];
        let blocks = ((stride / 2) as u32).div_ceil(THREADS);
        let launch = Launch { grid: [rows as u32, blocks, 1], ..Launch::line(0, THREADS) };
        self.gpu.launch("rope_and_cache", launch, &args)?;
        marks.after(&self.gpu, "rope, cache")
    }

    fn attend(&self, layer: &Layer, number: usize, step: &Step<'_>, marks: &mut Marks) -> Result<()> {
        let space = &self.space;
        let (keys, values) = self.cache.layer(number);
        let inputs = AttentionInputs {
            q: space.q.address(),
            keys,
            values,
            words: step.places.words,
            starts: step.places.starts,
            contexts: step.places.contexts,
            tables: step.places.tables,
            table_stride: step.layout.table_stride,
            out: space.attended.address(),
            out_stride: Workspace::attended_stride(&self.config),
        };
        self.attention.launch(step.work, &inputs)?;
        marks.after(&self.gpu, "attention")?;
        let target = Target::Add { out: space.x.address(), stride: self.config.hidden_size };
        self.product(&layer.output, &space.attended, step.plan.tokens.len(), target)?;
        marks.after(&self.gpu, "attention output")
    }

    /// The rows of the residual stream whose logits are wanted, and how many.
    fn wanted(&self, step: &Step<'_>) -> Result<(&Buffer, usize)> {
        let rows = step.plan.outputs.len();
        let at = [self.space.wanted.address(), self.space.x.address(), step.places.outputs];
        self.rows("gather_rows", rows, at)?;
        Ok((&self.space.wanted, rows))
    }

    /// The experts' answers for each row, not yet added up.
    fn experts(&self, layer: &Layer, x: &Buffer, rows: usize, marks: &mut Marks) -> Result<()> {
        let (space, config) = (&self.space, &self.config);
        let (experts, top) = (config.num_experts, config.experts_per_token);
        self.norm(x, rows, &layer.expert_norm, false)?;
        marks.after(&self.gpu, "norm")?;
        let target = Target::Store { out: space.routing.logits.address(), stride: experts };
        self.product(&layer.router, &space.normed, rows, target)?;
        let groups = route(&*self.gpu, &space.routing, rows, experts, top)?;
        marks.after(&self.gpu, "router")?;
        self.gate_up(&layer.gate_up, rows, groups)?;
        marks.after(&self.gpu, "gate, up")?;
        let product = Product {
            weights: &layer.down,
            x: space.inner.address(),
            count: groups.assignments,
            inner: true,
            target: Target::Store { out: space.answers.address(), stride: config.hidden_size },
            groups: Some((groups, Rows::Places, Rows::Assignments)),
        };
        product.launch(&self.gpu)?;
        marks.after(&self.gpu, "down")
    }

    fn gate_up(&self, weights: &GateUp, rows: usize, groups: Groups) -> Result<()> {
        let (space, ffn) = (&self.space, self.config.intermediate_size);
        let launch = |weights, target| {
            let groups = Some((groups, Rows::Tokens, Rows::Places));
            Product { weights, x: space.normed.address(), count: rows, inner: false, target, groups }.launch(&self.gpu)
        };
        match weights {
            GateUp::Fused(both) => launch(both, Target::GateUp { out: space.inner.address() }),
            GateUp::Apart { gate, up } => {
                let (first, second) =
                    (space.gate_and_up.address(), space.gate_and_up.at(groups.assignments * ffn * size_of::<f32>()));
                launch(gate, Target::Store { out: first, stride: ffn })?;
                launch(up, Target::Store { out: second, stride: ffn })?;
                let out = space.inner.address();
                activations_from_gate_up(&self.gpu, (first, second, ffn), groups.assignments, ffn, out)
            }
        }
    }

    /// The logits of `rows` of the normalised rows, from `start` on, and what is chosen of them.
    fn logits(&self, start: usize, rows: usize, sample: bool, marks: &mut Marks) -> Result<()> {
        let x = self.space.normed.at(activation_bytes(start, self.config.hidden_size));
        let target = Target::Store { out: self.space.logits.address(), stride: self.config.vocab_size };
        let weights = &self.weights.output;
        Product { weights, x, count: rows, inner: false, target, groups: None }.launch(&self.gpu)?;
        marks.after(&self.gpu, "logits")?;
        if !sample {
            return Ok(());
        }
        self.sampler.launch(self.space.logits.address(), rows)?;
        marks.after(&self.gpu, "sample")
    }

    /// Forgets the cache, after a step that may have left it half written.
    ///
    /// # Errors
    /// The device refused.
    pub fn reset(&mut self) -> Result<()> {
        self.graphs.clear();
        self.attention.reset()?;
        self.cache.clear()?;
        // A device that is lost says so here.
        self.gpu.wait()
    }
}

/// A step on its way.
struct Step<'a> {
    plan: &'a StepInput,
    places: Places,
    work: &'a AttentionWork,
    layout: Layout,
}
