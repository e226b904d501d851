//! The numeric types of GGML files: their names and block layouts, and blocks in memory.

mod blocks;
mod codes;
mod finite;
mod halves;
pub mod iq;
mod kind;
mod mxfp4;
mod round;
mod signed_codes;
mod ternary;

pub use blocks::{Blocks, decode, is_decoded};
pub use codes::Codes;
pub use finite::are_finite;
pub use iq::NON_LINEAR;
pub use kind::GgmlType;
pub use round::{check_range, largest, round_rows};
pub use signed_codes::SignedCodes;
