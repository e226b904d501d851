//! The types whose vectors are points of a grid: IQ3, IQ2 and IQ1.
//!
//! For a given scale the best point of a vector is found exactly (`nearest`), signs included: of a vector whose signs must be
//! even, the one that costs least is turned. So a sub-block's error is a function of its scale alone, and the search
//! (`super_block`) is one over scales. Layouts are those of ggml's `ggml-common.h`.

mod nearest;
mod pack;
mod shifted;
mod signed;
mod super_block;

use crate::quant::GgmlType;
use crate::quant::iq::{IQ2_LEVELS, IQ3_S_LEVELS, IQ3_XXS_LEVELS};

use nearest::{IQ2_S, IQ2_XS, IQ2_XXS, IQ3_S, IQ3_XXS};
use shifted::Shifts;
use signed::Signed;
use super_block::{Shape, search};

/// Scales in four bits; starts are shares of the sub-block's root mean square, in units of the levels.
const IQ2: Shape = Shape { scales: 16, starts: (0.035, 0.11, 6) };
const IQ3_OF_62: Shape = Shape { scales: 16, starts: (0.030, 0.056, 6) };
const IQ3_OF_15: Shape = Shape { scales: 16, starts: (0.12, 0.23, 6) };
/// Scales in three bits.
const IQ1: Shape = Shape { scales: 8, starts: (0.8, 1.7, 6) };

/// Writes one block of 256 weights; `false` if the type is not one of these.
pub fn write(kind: GgmlType, weights: &[f32], counts: &[f32], out: &mut [u8]) -> bool {
    match kind {
        GgmlType::IQ2_XXS => {
            let found = search::<32, 8>(weights, counts, IQ2, &Signed::new(&IQ2_XXS, &IQ2_LEVELS, true), 8.0);
            pack::iq2_xxs(&found, out);
        }
        GgmlType::IQ2_XS => {
            let found = search::<16, 16>(weights, counts, IQ2, &Signed::new(&IQ2_XS, &IQ2_LEVELS, true), 8.0);
            pack::iq2_xs(&found, out);
        }
        GgmlType::IQ2_S => {
            let found = search::<16, 16>(weights, counts, IQ2, &Signed::new(&IQ2_S, &IQ2_LEVELS, false), 8.0);
            pack::iq2_s(&found, out);
        }
        GgmlType::IQ3_XXS => {
            let found = search::<32, 8>(weights, counts, IQ3_OF_62, &Signed::new(&IQ3_XXS, &IQ3_XXS_LEVELS, true), 4.0);
            pack::iq3_xxs(&found, out);
        }
        GgmlType::IQ3_S => {
            let found = search::<32, 8>(weights, counts, IQ3_OF_15, &Signed::new(&IQ3_S, &IQ3_S_LEVELS, false), 1.0);
            pack::iq3_s(&found, out);
        }
        GgmlType::IQ1_S => pack::iq1_s(&search::<32, 8>(weights, counts, IQ1, &Shifts::One, 1.0), out),
        GgmlType::IQ1_M => pack::iq1_m(&search::<16, 16>(weights, counts, IQ1, &Shifts::OneAVector, 1.0), out),
        _ => return false,
    }
    true
}
