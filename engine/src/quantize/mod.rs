//! Quantisers of our own: weights into the blocks of every type that can be written, and which matrices get which.

mod blocks;
mod encode;
mod fit;
mod grid;
mod load_type;
mod mix;
mod non_linear;
mod pack;
mod rows;
mod super_block;

pub use encode::{WRITABLE, by_name, encode, needs_importance};
pub use load_type::load_type;
pub use mix::{QuantMix, tells_types, type_values};
pub use rows::encode_rows;

#[cfg(test)]
mod tests;
