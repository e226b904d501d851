//! Products through the emulator, against `Blocks` and sums in F64.

mod dense;
mod experts;
mod fixtures;

pub(super) use fixtures::{KINDS, random, weights};
