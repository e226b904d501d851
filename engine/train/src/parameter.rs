//! A model's weights while it is trained, with their gradients.

use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use mixtral_engine::quant::{Blocks, GgmlType};

/// One tensor of weights. A tensor of all experts keeps one gradient an expert, so that experts can
/// be computed side by side.
#[derive(Debug)]
pub struct Parameter {
    /// Its name, as in GGUF (adapters: as in PEFT).
    pub name: String,
    /// Its shape, outermost first.
    pub dims: Vec<usize>,
    /// Whether weight decay acts on it: matrices yes, norms no.
    pub decays: bool,
    values: Values,
    /// one an expert; empty where frozen
    gradients: Vec<Mutex<Vec<f32>>>,
}

#[derive(Debug)]
enum Values {
    Plain(RwLock<Vec<f32>>),
    /// frozen, in the blocks of a quantised type: all in one, or one an expert
    Blocks(Vec<Blocks>),
}

impl Parameter {
    /// Weights that are trained, or frozen ones.
    pub fn new(name: impl Into<String>, dims: &[usize], values: Vec<f32>, trained: bool) -> Self {
        let experts = if dims.len() == 3 { dims[0] } else { 1 };
        let share = values.len() / experts;
        let gradients = if trained { (0..experts).map(|_| Mutex::new(vec![0.0; share])).collect() } else { Vec::new() };
        Self {
            name: name.into(),
            dims: dims.to_vec(),
            decays: dims.len() > 1,
            values: Values::Plain(RwLock::new(values)),
            gradients,
        }
    }

    /// Frozen weights that stay quantised; what is needed is turned into F32 when it is needed. `blocks` hold the whole
    /// tensor, or each of them an expert.
    ///
    /// # Panics
    /// If there are several that are not one an expert.
    pub fn quantised(name: impl Into<String>, dims: &[usize], blocks: Vec<Blocks>) -> Self {
        assert!(blocks.len() == 1 || (dims.len() == 3 && blocks.len() == dims[0]), "one, or one an expert");
        Self {
            name: name.into(),
            dims: dims.to_vec(),
            decays: false,
            values: Values::Blocks(blocks),
            gradients: Vec::new(),
        }
    }

    /// How many weights there are.
    pub fn len(&self) -> usize {
        self.dims.iter().product()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether it is trained.
    pub fn is_trained(&self) -> bool {
        !self.gradients.is_empty()
    }

    /// The type that frozen weights stay in; nothing for plain numbers.
    pub fn kind(&self) -> Option<GgmlType> {
        match &self.values {
            Values::Plain(_) => None,
            Values::Blocks(blocks) => blocks.first().map(Blocks::kind),
        }
    }

    /// How many weights an expert has; all where there are no experts.
    fn share(&self) -> usize {
        if self.dims.len() == 3 { self.len() / self.dims[0] } else { self.len() }
    }

    /// Lends the weights of one expert (0 where there are no experts).
    pub fn with_weights<R>(&self, expert: usize, body: impl FnOnce(&[f32]) -> R) -> R {
        let share = self.share();
        self.lend_range(expert * share, share, body)
    }

    /// Lends one row: of a matrix, or of the first expert's.
    pub fn lend_row<R>(&self, row: usize, body: impl FnOnce(&[f32]) -> R) -> R {
        let cols = self.dims[self.dims.len() - 1];
        self.lend_range(row * cols, cols, body)
    }

    /// Lends weights that lie within one expert, whole rows of them.
    fn lend_range<R>(&self, start: usize, len: usize, body: impl FnOnce(&[f32]) -> R) -> R {
        match &self.values {
            Values::Plain(values) => body(&read(values)[start..][..len]),
            Values::Blocks(blocks) => {
                let mut plain = vec![0.0; len];
                match blocks.as_slice() {
                    [all] => all.dequantise(start, &mut plain),
                    each => each[start / self.share()].dequantise(start % self.share(), &mut plain),
                }
                body(&plain)
            }
        }
    }

    /// A copy of all weights.
    pub fn copy(&self) -> Vec<f32> {
        match &self.values {
            Values::Plain(values) => read(values).clone(),
            Values::Blocks(blocks) => {
                let mut plain = vec![0.0; self.len()];
                let share = plain.len() / blocks.len();
                blocks.iter().zip(plain.chunks_mut(share.max(1))).for_each(|(b, out)| b.dequantise(0, out));
                plain
            }
        }
    }

    /// Lends the weights for changing; nothing for quantised ones.
    pub fn change<R>(&self, body: impl FnOnce(&mut [f32]) -> R) -> Option<R> {
        match &self.values {
            Values::Plain(values) => Some(body(&mut write(values))),
            Values::Blocks(_) => None,
        }
    }

    /// The gradient of one expert's weights; nothing where frozen.
    pub fn gradient(&self, expert: usize) -> Option<MutexGuard<'_, Vec<f32>>> {
        // A thread that panicked has already ended the training; the numbers themselves are whole.
        self.gradients.get(expert).map(|g| g.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How many gradients there are: one an expert.
    pub fn shares(&self) -> usize {
        self.gradients.len()
    }
}

fn read(values: &RwLock<Vec<f32>>) -> RwLockReadGuard<'_, Vec<f32>> {
    values.read().unwrap_or_else(PoisonError::into_inner)
}

fn write(values: &RwLock<Vec<f32>>) -> RwLockWriteGuard<'_, Vec<f32>> {
    values.write().unwrap_or_else(PoisonError::into_inner)
}
