//! The tile registers. Each function leaves nothing in them that another would need, so that the compiler need not know of them.

use std::arch::asm;

/// What tiles look like: `ldtilecfg` reads it.
#[repr(C, align(64))]
struct Config {
    palette: u8,
    start: u8,
    reserved: [u8; 14],
    row_bytes: [u16; 16],
    rows: [u8; 16],
}

/// How many columns one product adds up.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// 64, in whole tiles.
    Whole,
    /// 32: a block that has its own scale.
    Block,
}

/// This thread's tiles, as long as it lives; then the system need not save them any more.
pub struct Tiles(());

impl Tiles {
    /// Tiles 0 to 3 are sums, (16 tokens, 16 rows of weights); 4 and 5 activations, (16 tokens, columns); 6 and 7 weights,
    /// (columns in fours, 16 rows).
    ///
    /// # Safety
    /// The processor has tiles, and the system lets the process use them.
    pub unsafe fn new(depth: Depth) -> Self {
        let columns = if depth == Depth::Whole { 64 } else { 32 };
        let mut config = Config { palette: 1, start: 0, reserved: [0; 14], row_bytes: [0; 16], rows: [0; 16] };
        config.row_bytes[..8].copy_from_slice(&[64, 64, 64, 64, columns, columns, 64, 64]);
        let deep = columns as u8 / 4;
        config.rows[..8].copy_from_slice(&[16, 16, 16, 16, 16, 16, deep, deep]);
        // SAFETY: the caller's promise.
        unsafe { Self::load(&config) }
    }

    /// For numbers. Tiles 0 and 1 are sums of up to 16 tokens for 16 rows of weights and 16 others, tiles 2 and 3 the same of up to
    /// 16 more tokens; 4 and 5 weights, (columns in twos, 16 rows); 6 and 7 activations, (tokens, 32 columns).
    ///
    /// # Safety
    /// The same.
    pub unsafe fn of_numbers(tokens: [usize; 2]) -> Self {
        let mut config = Config { palette: 1, start: 0, reserved: [0; 14], row_bytes: [0; 16], rows: [0; 16] };
        config.row_bytes[..8].fill(64);
        let [first, second] = tokens.map(|tokens| tokens.clamp(1, 16) as u8);
        config.rows[..8].copy_from_slice(&[first, first, second, second, 16, 16, first, second]);
        // SAFETY: the caller's promise.
        unsafe { Self::load(&config) }
    }

    /// # Safety
    /// The same.
    unsafe fn load(config: &Config) -> Self {
        // SAFETY: the caller's promise; 64 bytes are read.
        unsafe { asm!("ldtilecfg [{}]", in(reg) &raw const *config, options(nostack, readonly)) };
        Self(())
    }
}

impl Drop for Tiles {
    fn drop(&mut self) {
        // SAFETY: there were tiles when this was made.
        unsafe { asm!("tilerelease", options(nostack, nomem)) };
    }
}

/// 16 tokens' codes: where the first one's begin, and how far the next one's are.
#[derive(Clone, Copy)]
pub struct Sixteen {
    pub codes: *const i8,
    pub stride: usize,
}

/// 256 columns of 16 rows, as tiles of weights read them: (columns in fours, 16 rows, 4 columns).
#[repr(C, align(64))]
pub struct Columns(pub [[u8; 64]; 64]);

/// Sums of 16 tokens: (tokens, 16 rows).
#[repr(C, align(64))]
pub struct Sums(pub [[i32; 16]; 16]);

macro_rules! products {
    ($two:ident, $one:ident, $product:literal, $signs:literal) => {
        /// Sums of 32 tokens' products with 256 columns, which are two numbers each: (16 tokens, first number), (16 tokens,
        /// second), and the same of the other 16 tokens.
        #[doc = $signs]
        ///
        /// # Safety
        /// There are tiles of whole depth; each of the 16 tokens has 256 codes.
        pub unsafe fn $two(tiles: &Tiles, x: [Sixteen; 2], w: [&Columns; 2], out: &mut [Sums; 4]) {
            let _ = tiles;
            // SAFETY: the caller's promise; sums are written to 4 times 1,024 bytes.
            unsafe {
                asm!(
                    "tilezero tmm0", "tilezero tmm1", "tilezero tmm2", "tilezero tmm3",
                    "tileloadd tmm6, [{low} + {row}*1]",
                    "tileloadd tmm4, [{a} + {sa}*1]",
                    concat!($product, " tmm0, tmm4, tmm6"),
                    "tileloadd tmm7, [{high} + {row}*1]",
                    concat!($product, " tmm1, tmm4, tmm7"),
                    "tileloadd tmm5, [{b} + {sb}*1]",
                    concat!($product, " tmm2, tmm5, tmm6"),
                    concat!($product, " tmm3, tmm5, tmm7"),
                    "tileloadd tmm6, [{low} + {row}*1 + 1024]",
                    "tileloadd tmm4, [{a} + {sa}*1 + 64]",
                    concat!($product, " tmm0, tmm4, tmm6"),
                    "tileloadd tmm7, [{high} + {row}*1 + 1024]",
                    concat!($product, " tmm1, tmm4, tmm7"),
                    "tileloadd tmm5, [{b} + {sb}*1 + 64]",
                    concat!($product, " tmm2, tmm5, tmm6"),
                    concat!($product, " tmm3, tmm5, tmm7"),
                    "tileloadd tmm6, [{low} + {row}*1 + 2048]",
                    "tileloadd tmm4, [{a} + {sa}*1 + 128]",
                    concat!($product, " tmm0, tmm4, tmm6"),
                    "tileloadd tmm7, [{high} + {row}*1 + 2048]",
                    concat!($product, " tmm1, tmm4, tmm7"),
                    "tileloadd tmm5, [{b} + {sb}*1 + 128]",
                    concat!($product, " tmm2, tmm5, tmm6"),
                    concat!($product, " tmm3, tmm5, tmm7"),
                    "tileloadd tmm6, [{low} + {row}*1 + 3072]",
                    "tileloadd tmm4, [{a} + {sa}*1 + 192]",
                    concat!($product, " tmm0, tmm4, tmm6"),
                    "tileloadd tmm7, [{high} + {row}*1 + 3072]",
                    concat!($product, " tmm1, tmm4, tmm7"),
                    "tileloadd tmm5, [{b} + {sb}*1 + 192]",
                    concat!($product, " tmm2, tmm5, tmm6"),
                    concat!($product, " tmm3, tmm5, tmm7"),
                    "tilestored [{out} + {row}*1], tmm0",
                    "tilestored [{out} + {row}*1 + 1024], tmm1",
                    "tilestored [{out} + {row}*1 + 2048], tmm2",
                    "tilestored [{out} + {row}*1 + 3072], tmm3",
                    a = in(reg) x[0].codes, sa = in(reg) x[0].stride,
                    b = in(reg) x[1].codes, sb = in(reg) x[1].stride,
                    low = in(reg) w[0].0.as_ptr(), high = in(reg) w[1].0.as_ptr(),
                    row = in(reg) 64usize, out = in(reg) out.as_mut_ptr(),
                    options(nostack)
                );
            }
        }

        /// The same with columns that are one number each: (16 tokens), and the other 16.
        ///
        /// # Safety
        /// The same.
        pub unsafe fn $one(tiles: &Tiles, x: [Sixteen; 2], w: &Columns, out: &mut [Sums; 2]) {
            let _ = tiles;
            // SAFETY: the caller's promise; sums are written to twice 1,024 bytes.
            unsafe {
                asm!(
                    "tilezero tmm0", "tilezero tmm1",
                    "tileloadd tmm6, [{w} + {row}*1]",
                    "tileloadd tmm4, [{a} + {sa}*1]",
                    concat!($product, " tmm0, tmm4, tmm6"),
                    "tileloadd tmm5, [{b} + {sb}*1]",
                    concat!($product, " tmm1, tmm5, tmm6"),
                    "tileloadd tmm7, [{w} + {row}*1 + 1024]",
                    "tileloadd tmm4, [{a} + {sa}*1 + 64]",
                    concat!($product, " tmm0, tmm4, tmm7"),
                    "tileloadd tmm5, [{b} + {sb}*1 + 64]",
                    concat!($product, " tmm1, tmm5, tmm7"),
                    "tileloadd tmm6, [{w} + {row}*1 + 2048]",
                    "tileloadd tmm4, [{a} + {sa}*1 + 128]",
                    concat!($product, " tmm0, tmm4, tmm6"),
                    "tileloadd tmm5, [{b} + {sb}*1 + 128]",
                    concat!($product, " tmm1, tmm5, tmm6"),
                    "tileloadd tmm7, [{w} + {row}*1 + 3072]",
                    "tileloadd tmm4, [{a} + {sa}*1 + 192]",
                    concat!($product, " tmm0, tmm4, tmm7"),
                    "tileloadd tmm5, [{b} + {sb}*1 + 192]",
                    concat!($product, " tmm1, tmm5, tmm7"),
                    "tilestored [{out} + {row}*1], tmm0",
                    "tilestored [{out} + {row}*1 + 1024], tmm1",
                    a = in(reg) x[0].codes, sa = in(reg) x[0].stride,
                    b = in(reg) x[1].codes, sb = in(reg) x[1].stride,
                    w = in(reg) w.0.as_ptr(), row = in(reg) 64usize, out = in(reg) out.as_mut_ptr(),
                    options(nostack)
                );
            }
        }
    };
}

products!(two_unsigned, one_unsigned, "tdpbsud", "Weights have no signs.");
products!(two_signed, one_signed, "tdpbssd", "Weights have signs.");

/// Sums of 16 tokens' products with each of `blocks` blocks of 32 columns: (blocks, 16 tokens).
///
/// # Safety
/// There are tiles of a block's depth; each of the 16 tokens has that many codes.
pub unsafe fn blocks(tiles: &Tiles, x: Sixteen, w: &Columns, blocks: usize, out: &mut [Sums; 8]) {
    assert!(blocks <= 8, "blocks of 256 columns");
    let _ = tiles;
    let (mut block, out) = (0, out.as_mut_ptr());
    while block < blocks {
        // SAFETY: block < 8: inside the 64 rows of weights, the 8 sums and the tokens' columns.
        let (codes, w, out) = unsafe { (x.codes.add(32 * block), w.0.as_ptr().add(8 * block), out.add(block)) };
        if blocks - block >= 2 {
            // SAFETY: the caller's promise; sums are written to twice 1,024 bytes, for there are two blocks more.
            unsafe {
                asm!(
                    "tilezero tmm0", "tilezero tmm1",
                    "tileloadd tmm4, [{a} + {sa}*1]",
                    "tileloadd tmm6, [{w} + {row}*1]",
                    "tdpbssd tmm0, tmm4, tmm6",
                    "tileloadd tmm5, [{a} + {sa}*1 + 32]",
                    "tileloadd tmm7, [{w} + {row}*1 + 512]",
                    "tdpbssd tmm1, tmm5, tmm7",
                    "tilestored [{out} + {row}*1], tmm0",
                    "tilestored [{out} + {row}*1 + 1024], tmm1",
                    a = in(reg) codes, sa = in(reg) x.stride, w = in(reg) w, row = in(reg) 64usize, out = in(reg) out,
                    options(nostack)
                );
            }
            block += 2;
        } else {
            // SAFETY: the same, for one block.
            unsafe {
                asm!(
                    "tilezero tmm0",
                    "tileloadd tmm4, [{a} + {sa}*1]",
                    "tileloadd tmm6, [{w} + {row}*1]",
                    "tdpbssd tmm0, tmm4, tmm6",
                    "tilestored [{out} + {row}*1], tmm0",
                    a = in(reg) codes, sa = in(reg) x.stride, w = in(reg) w, row = in(reg) 64usize, out = in(reg) out,
                    options(nostack)
                );
            }
            block += 1;
        }
    }
}
