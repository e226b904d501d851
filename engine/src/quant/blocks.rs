//! Weights in main memory, in the blocks of their type: never larger than in their file.

#![expect(unsafe_code, reason = "blocks read as bytes")]

use candle_core::quantized::k_quants::{
    BlockQ2K, BlockQ3K, BlockQ4_0, BlockQ4_1, BlockQ4K, BlockQ5_0, BlockQ5_1, BlockQ5K, BlockQ6K, BlockQ8_0,
    GgmlType as Block,
};
use half::{bf16, f16};

use super::GgmlType;
use super::raw_blocks::RawBlocks;

/// The blocks of a matrix.
#[derive(Clone)]
#[expect(non_camel_case_types, reason = "the names are GGML's own")]
pub enum Blocks {
    F32(Vec<f32>),
    F16(Vec<f16>),
    BF16(Vec<bf16>),
    Q4_0(Vec<BlockQ4_0>),
    Q4_1(Vec<BlockQ4_1>),
    Q5_0(Vec<BlockQ5_0>),
    Q5_1(Vec<BlockQ5_1>),
    Q8_0(Vec<BlockQ8_0>),
    Q2_K(Vec<BlockQ2K>),
    Q3_K(Vec<BlockQ3K>),
    Q4_K(Vec<BlockQ4K>),
    Q5_K(Vec<BlockQ5K>),
    Q6_K(Vec<BlockQ6K>),
    Raw(RawBlocks),
}

/// Runs `$body` with `$v` bound to the vector of blocks, whatever its type; `$coded` for raw ones.
macro_rules! with_blocks {
    ($blocks:expr, $v:ident => $body:expr, coded => $coded:expr) => {
        match $blocks {
            $crate::quant::Blocks::F32($v) => $body,
            $crate::quant::Blocks::F16($v) => $body,
            $crate::quant::Blocks::BF16($v) => $body,
            $crate::quant::Blocks::Q4_0($v) => $body,
            $crate::quant::Blocks::Q4_1($v) => $body,
            $crate::quant::Blocks::Q5_0($v) => $body,
            $crate::quant::Blocks::Q5_1($v) => $body,
            $crate::quant::Blocks::Q8_0($v) => $body,
            $crate::quant::Blocks::Q2_K($v) => $body,
            $crate::quant::Blocks::Q3_K($v) => $body,
            $crate::quant::Blocks::Q4_K($v) => $body,
            $crate::quant::Blocks::Q5_K($v) => $body,
            $crate::quant::Blocks::Q6_K($v) => $body,
            $crate::quant::Blocks::Raw($v) => $coded,
        }
    };
}

impl Blocks {
    /// Copies blocks out of a file's bytes. Nothing if the type cannot be computed with, or if the
    /// bytes are not whole blocks.
    pub fn new(kind: GgmlType, bytes: &[u8]) -> Option<Self> {
        Some(match kind {
            GgmlType::F32 => Self::F32(copy(kind, bytes)?),
            GgmlType::F16 => Self::F16(copy(kind, bytes)?),
            GgmlType::BF16 => Self::BF16(copy(kind, bytes)?),
            GgmlType::Q4_0 => Self::Q4_0(copy(kind, bytes)?),
            GgmlType::Q4_1 => Self::Q4_1(copy(kind, bytes)?),
            GgmlType::Q5_0 => Self::Q5_0(copy(kind, bytes)?),
            GgmlType::Q5_1 => Self::Q5_1(copy(kind, bytes)?),
            GgmlType::Q8_0 => Self::Q8_0(copy(kind, bytes)?),
            GgmlType::Q2_K => Self::Q2_K(copy(kind, bytes)?),
            GgmlType::Q3_K => Self::Q3_K(copy(kind, bytes)?),
            GgmlType::Q4_K => Self::Q4_K(copy(kind, bytes)?),
            GgmlType::Q5_K => Self::Q5_K(copy(kind, bytes)?),
            GgmlType::Q6_K => Self::Q6_K(copy(kind, bytes)?),
            _ => Self::Raw(RawBlocks::new(kind, bytes)?),
        })
    }

    /// Their type.
    pub fn kind(&self) -> GgmlType {
        match self {
            Self::F32(_) => GgmlType::F32,
            Self::F16(_) => GgmlType::F16,
            Self::BF16(_) => GgmlType::BF16,
            Self::Q4_0(_) => GgmlType::Q4_0,
            Self::Q4_1(_) => GgmlType::Q4_1,
            Self::Q5_0(_) => GgmlType::Q5_0,
            Self::Q5_1(_) => GgmlType::Q5_1,
            Self::Q8_0(_) => GgmlType::Q8_0,
            Self::Q2_K(_) => GgmlType::Q2_K,
            Self::Q3_K(_) => GgmlType::Q3_K,
            Self::Q4_K(_) => GgmlType::Q4_K,
            Self::Q5_K(_) => GgmlType::Q5_K,
            Self::Q6_K(_) => GgmlType::Q6_K,
            Self::Raw(v) => v.kind(),
        }
    }

    /// Writes the weights from number `start` on into `out`; both must be whole blocks.
    ///
    /// # Panics
    /// If the range reaches beyond the blocks.
    pub fn dequantise(&self, start: usize, out: &mut [f32]) {
        with_blocks!(self, v => decode(v, start, out), coded => v.dequantise(start, out));
    }
}

impl std::fmt::Debug for Blocks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let blocks = with_blocks!(self, v => v.len(), coded => v.len());
        write!(f, "Blocks({} x {blocks})", self.kind())
    }
}

fn decode<T: Block>(blocks: &[T], start: usize, out: &mut [f32]) {
    let first = start / T::BLCK_SIZE;
    T::to_float(&blocks[first..first + out.len() / T::BLCK_SIZE], out);
}

/// Types that are plain bytes in GGML's layout: any bit pattern is a value.
///
/// # Safety
/// The type has no padding and no invalid bit pattern.
unsafe trait Pod: Block {}

macro_rules! pod {
    ($($t:ty),*) => {$(
        // SAFETY: numbers, or `repr(C)` structures of half-precision numbers and byte arrays.
        unsafe impl Pod for $t {}
    )*};
}
pod!(
    f32, f16, bf16, BlockQ4_0, BlockQ4_1, BlockQ5_0, BlockQ5_1, BlockQ8_0, BlockQ2K, BlockQ3K, BlockQ4K, BlockQ5K,
    BlockQ6K
);

fn copy<T: Pod>(kind: GgmlType, bytes: &[u8]) -> Option<Vec<T>> {
    let size = size_of::<T>();
    if size != kind.block_bytes() || T::BLCK_SIZE != kind.block_len() || !bytes.len().is_multiple_of(size) {
        return None;
    }
    let mut out = vec![T::zeros(); bytes.len() / size];
    // SAFETY: the vector owns exactly `bytes.len()` bytes, and `Pod` lets any bytes be a value.
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), out.as_mut_ptr().cast::<u8>(), bytes.len()) };
    Some(out)
}
