//! Quantisers of our own: weights into the blocks of every type that can be written.

mod blocks;
mod encode;
mod fit;
mod grid;
mod non_linear;
mod pack;
mod rows;
mod super_block;

pub use encode::{WRITABLE, by_name, encode, needs_importance};
pub(crate) use rows::encode_rows;

#[cfg(test)]
mod tests;
