//! The types whose weights are points of a grid (IQ1, IQ2, IQ3) or of an uneven scale (IQ4): decoders, and what encoders need.
//!
//! A block of 256 weights is cut into vectors of eight (of four in IQ3). A vector is a point of the type's grid, found by its
//! number, times the scale of its sub-block; in IQ2 and IQ3 signs are stored apart. Layouts and numbers are those of ggml's
//! `ggml-common.h` and of the decoders in `ggml-quants.c`.

pub mod grids;
mod non_linear;
mod one_bit;
mod sets;
mod signs;
mod three_bits;
mod two_bits;

pub use non_linear::NON_LINEAR;
pub use one_bit::SHIFT;
pub use signs::signs_of;
pub use three_bits::{IQ3_S_LEVELS, IQ3_XXS_LEVELS};
pub use two_bits::IQ2_LEVELS;

pub(super) use non_linear::{iq4_nl, iq4_xs};
pub(super) use one_bit::{iq1_m, iq1_m_scale_bits, iq1_s};
pub(super) use three_bits::{iq3_s, iq3_xxs};
pub(super) use two_bits::{iq2_s, iq2_xs, iq2_xxs};
