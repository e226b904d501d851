//! Steps of tiles of BF16: 32 columns of two strips with one sixteen of tokens or two.
//!
//! Each function loads sums, adds to them step by step, and stores them, so that the compiler need not know of the tiles.

use std::arch::asm;

use super::tiles::Tiles;
use crate::cpu::product::layout::TILE_ROWS;
use crate::cpu::product::terms::{Line, STEP};

/// Columns whose weights become terms before tokens meet them: those of two strips fill a third of the nearest cache.
pub const COLUMNS: usize = 128;
/// Steps of as many.
pub const STEPS: usize = COLUMNS / STEP;

/// A term of 32 columns of 16 rows: (columns in twos, 16 rows, 2 columns).
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub struct Term(pub [[u32; TILE_ROWS]; STEP / 2]);

/// First terms of two strips, then second ones, which BF16 does not have.
pub type Panel = [[Term; 4]; STEPS];

/// Sums of a token.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub struct Row(pub [f32; TILE_ROWS]);

/// 16 tokens' terms, or fewer: where the first one's begin.
#[derive(Clone, Copy)]
pub struct Sixteen {
    pub first: *const Line,
    /// Lines from one token to the next.
    pub stride: usize,
}

/// Steps of one sixteen with two strips. `$terms` are the products of a step, its first terms being loaded.
macro_rules! one {
    ($name:ident, $($more:literal),*) => {
        /// # Safety
        /// There are tiles of numbers as large as the sixteen. It has `steps` lines, and as many `far` bytes behind them, for each
        /// token; so has the panel; and there are sums of the tokens for both strips.
        pub unsafe fn $name(
            tiles: &Tiles, x: *const Line, far: usize, stride: usize, panel: &Panel, steps: usize, sums: [*mut Row; 2],
        ) {
            let _ = tiles;
            // SAFETY: the caller's promise.
            unsafe {
                asm!(
                    "tileloadd tmm0, [{low} + {row}*1]",
                    "tileloadd tmm1, [{high} + {row}*1]",
                    "2:",
                    "tileloadd tmm4, [{w} + {row}*1]",
                    "tileloadd tmm6, [{a} + {stride}*1]",
                    "tdpbf16ps tmm0, tmm6, tmm4",
                    "tileloadd tmm5, [{w} + {row}*1 + 1024]",
                    "tdpbf16ps tmm1, tmm6, tmm5",
                    "tileloadd tmm7, [{c} + {stride}*1]",
                    "tdpbf16ps tmm0, tmm7, tmm4",
                    "tdpbf16ps tmm1, tmm7, tmm5",
                    $($more,)*
                    "add {w}, 4096",
                    "add {a}, 64",
                    "add {c}, 64",
                    "dec {steps}",
                    "jnz 2b",
                    "tilestored [{low} + {row}*1], tmm0",
                    "tilestored [{high} + {row}*1], tmm1",
                    a = inout(reg) x => _, c = inout(reg) x.cast::<u8>().wrapping_add(far) => _,
                    w = inout(reg) panel.as_ptr() => _, steps = inout(reg) steps => _,
                    stride = in(reg) stride, row = in(reg) 64usize, low = in(reg) sums[0], high = in(reg) sums[1],
                    options(nostack)
                );
            }
        }
    };
}

one!(one_two,);
one!(
    one_three,
    "tileloadd tmm4, [{w} + {row}*1 + 2048]",
    "tdpbf16ps tmm0, tmm6, tmm4",
    "tileloadd tmm5, [{w} + {row}*1 + 3072]",
    "tdpbf16ps tmm1, tmm6, tmm5"
);

/// The same of two sixteens.
macro_rules! two {
    ($name:ident, $($more:literal),*) => {
        /// # Safety
        /// As of one sixteen.
        pub unsafe fn $name(
            tiles: &Tiles, x: [*const Line; 2], far: usize, stride: usize, panel: &Panel, steps: usize, sums: [*mut Row; 2],
        ) {
            let _ = tiles;
            // SAFETY: the caller's promise.
            unsafe {
                asm!(
                    "tileloadd tmm0, [{low} + {row}*1]",
                    "tileloadd tmm1, [{high} + {row}*1]",
                    "tileloadd tmm2, [{low} + {row}*1 + 1024]",
                    "tileloadd tmm3, [{high} + {row}*1 + 1024]",
                    "2:",
                    "tileloadd tmm4, [{w} + {row}*1]",
                    "tileloadd tmm6, [{a} + {stride}*1]",
                    "tdpbf16ps tmm0, tmm6, tmm4",
                    "tileloadd tmm5, [{w} + {row}*1 + 1024]",
                    "tdpbf16ps tmm1, tmm6, tmm5",
                    "tileloadd tmm7, [{b} + {stride}*1]",
                    "tdpbf16ps tmm2, tmm7, tmm4",
                    "tdpbf16ps tmm3, tmm7, tmm5",
                    "tileloadd tmm6, [{c} + {stride}*1]",
                    "tdpbf16ps tmm0, tmm6, tmm4",
                    "tdpbf16ps tmm1, tmm6, tmm5",
                    "tileloadd tmm7, [{d} + {stride}*1]",
                    "tdpbf16ps tmm2, tmm7, tmm4",
                    "tdpbf16ps tmm3, tmm7, tmm5",
                    $($more,)*
                    "add {w}, 4096",
                    "add {a}, 64",
                    "add {b}, 64",
                    "add {c}, 64",
                    "add {d}, 64",
                    "dec {steps}",
                    "jnz 2b",
                    "tilestored [{low} + {row}*1], tmm0",
                    "tilestored [{high} + {row}*1], tmm1",
                    "tilestored [{low} + {row}*1 + 1024], tmm2",
                    "tilestored [{high} + {row}*1 + 1024], tmm3",
                    a = inout(reg) x[0] => _, b = inout(reg) x[1] => _,
                    c = inout(reg) x[0].cast::<u8>().wrapping_add(far) => _,
                    d = inout(reg) x[1].cast::<u8>().wrapping_add(far) => _,
                    w = inout(reg) panel.as_ptr() => _, steps = inout(reg) steps => _,
                    stride = in(reg) stride, row = in(reg) 64usize, low = in(reg) sums[0], high = in(reg) sums[1],
                    options(nostack)
                );
            }
        }
    };
}

two!(two_two,);
two!(
    two_three,
    "tileloadd tmm4, [{w} + {row}*1 + 2048]",
    "tileloadd tmm6, [{a} + {stride}*1]",
    "tdpbf16ps tmm0, tmm6, tmm4",
    "tileloadd tmm5, [{w} + {row}*1 + 3072]",
    "tdpbf16ps tmm1, tmm6, tmm5",
    "tileloadd tmm7, [{b} + {stride}*1]",
    "tdpbf16ps tmm2, tmm7, tmm4",
    "tdpbf16ps tmm3, tmm7, tmm5"
);
