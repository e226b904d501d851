//! Products of every type, shape and number of tokens: against sums in F64 of the same weights and the same rounded activations,
//! and each instruction set against plain loops.

mod fixtures;
mod matrices;
mod products;
