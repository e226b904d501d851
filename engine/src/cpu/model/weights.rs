//! A model's weights in main memory. Matrices are shared: a model with an adapter holds those of its base, and beside them the
//! low-rank pairs that are its own.

use std::sync::Arc;

use super::pair::Pair;
use crate::cpu::product::{Form, PackedMatrix, form};

/// All weights. A clone shares them.
#[derive(Clone, Debug)]
pub struct Weights {
    /// (vocabulary, hidden)
    pub embedding: Matrix,
    pub layers: Vec<Layer>,
    /// (hidden)
    pub norm: Arc<[f32]>,
    /// (vocabulary, hidden); absent where the embedding serves for it
    pub output: Option<Matrix>,
    /// The form that the matrix of logits wants its activations in.
    pub head_form: [Form; 1],
}

/// A matrix, and what an adapter adds to what it makes of a row.
#[derive(Clone, Debug)]
pub struct Matrix {
    pub base: Arc<PackedMatrix>,
    pub pair: Option<Arc<Pair>>,
}

impl From<PackedMatrix> for Matrix {
    fn from(base: PackedMatrix) -> Self {
        Self { base: Arc::new(base), pair: None }
    }
}

impl Matrix {
    /// The form that it wants its activations in.
    pub fn form(&self) -> Form {
        form(self.base.kind())
    }

    /// Whether both are the same matrix in memory, whatever is beside it.
    pub fn is_shared_with(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.base, &other.base)
    }
}

/// One layer's.
#[derive(Clone, Debug)]
pub struct Layer {
    /// (hidden)
    pub attention_norm: Arc<[f32]>,
    /// Queries, keys, values: (heads * dim, hidden) each
    pub qkv: [Matrix; 3],
    /// (hidden, heads * dim)
    pub output: Matrix,
    /// (hidden)
    pub expert_norm: Arc<[f32]>,
    /// (experts, hidden)
    pub router: Matrix,
    /// (ffn, hidden) for each expert
    pub gate: Vec<Matrix>,
    /// (ffn, hidden) for each expert
    pub up: Vec<Matrix>,
    /// (hidden, ffn) for each expert
    pub down: Vec<Matrix>,
    pub forms: Forms,
}

/// The forms that a layer's matrices want their activations in.
#[derive(Clone, Debug, Default)]
pub struct Forms {
    pub qkv: Vec<Form>,
    pub output: Vec<Form>,
    pub experts: Vec<Form>,
    pub down: Vec<Form>,
}

impl Layer {
    /// Finds out which forms they are.
    pub fn with_forms(mut self) -> Self {
        self.forms = Forms {
            qkv: forms(&self.qkv),
            output: forms([&self.output]),
            experts: forms(self.gate.iter().chain(&self.up).chain([&self.router])),
            down: forms(&self.down),
        };
        self
    }

    fn matrices(&self) -> impl Iterator<Item = &Matrix> {
        let experts = self.gate.iter().chain(&self.up).chain(&self.down);
        self.qkv.iter().chain([&self.output, &self.router]).chain(experts)
    }
}

/// Each form once.
pub fn forms<'a>(matrices: impl IntoIterator<Item = &'a Matrix>) -> Vec<Form> {
    let mut all = Vec::new();
    for form in matrices.into_iter().map(Matrix::form) {
        if !all.contains(&form) {
            all.push(form);
        }
    }
    all
}

impl Weights {
    /// The matrix that makes logits.
    pub fn head(&self) -> &Matrix {
        self.output.as_ref().unwrap_or(&self.embedding)
    }

    fn matrices(&self) -> impl Iterator<Item = &Matrix> {
        self.layers.iter().flat_map(Layer::matrices).chain([&self.embedding]).chain(&self.output)
    }

    /// The low-rank pairs, if there are any.
    pub fn pairs(&self) -> impl Iterator<Item = &Pair> {
        self.matrices().filter_map(|matrix| matrix.pair.as_deref())
    }

    /// Bytes of its pairs, and of matrices that are not those of `base`.
    pub fn own_bytes(&self, base: Option<&Self>) -> u64 {
        let pairs = self.pairs().map(Pair::bytes).sum::<usize>();
        let of_base = base.map(|base| base.matrices().collect::<Vec<_>>()).unwrap_or_default();
        let is_own = |(i, matrix): &(usize, &Matrix)| of_base.get(*i).is_none_or(|base| !matrix.is_shared_with(base));
        let own = self.matrices().enumerate().filter(is_own).map(|(_, matrix)| matrix.base.bytes()).sum::<usize>();
        (pairs + own) as u64
    }
}
