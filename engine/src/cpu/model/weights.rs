//! A model's weights in main memory.

use crate::cpu::product::{Form, PackedMatrix, form};

/// All weights.
#[derive(Debug)]
pub struct Weights {
    /// (vocabulary, hidden)
    pub embedding: PackedMatrix,
    pub layers: Vec<Layer>,
    /// (hidden)
    pub norm: Vec<f32>,
    /// (vocabulary, hidden); absent where the embedding serves for it
    pub output: Option<PackedMatrix>,
}

/// One layer's.
#[derive(Debug)]
pub struct Layer {
    /// (hidden)
    pub attention_norm: Vec<f32>,
    /// Queries, keys, values: (heads * dim, hidden) each
    pub qkv: [PackedMatrix; 3],
    /// (hidden, heads * dim)
    pub output: PackedMatrix,
    /// (hidden)
    pub expert_norm: Vec<f32>,
    /// (experts, hidden)
    pub router: PackedMatrix,
    /// (ffn, hidden) for each expert
    pub gate: Vec<PackedMatrix>,
    /// (ffn, hidden) for each expert
    pub up: Vec<PackedMatrix>,
    /// (hidden, ffn) for each expert
    pub down: Vec<PackedMatrix>,
    pub forms: Forms,
}

/// The forms that a layer's matrices want their activations in.
#[derive(Debug, Default)]
pub struct Forms {
    pub qkv: Vec<Form>,
    pub output: Vec<Form>,
    pub experts: Vec<Form>,
    pub down: Vec<Form>,
}

/// Each form once.
pub fn forms<'a>(matrices: impl IntoIterator<Item = &'a PackedMatrix>) -> Vec<Form> {
    let mut all = Vec::new();
    for matrix in matrices {
        let form = form(matrix.kind());
        if !all.contains(&form) {
            all.push(form);
        }
    }
    all
}

impl Weights {
    /// The matrix that makes logits.
    pub fn head(&self) -> &PackedMatrix {
        self.output.as_ref().unwrap_or(&self.embedding)
    }
}
