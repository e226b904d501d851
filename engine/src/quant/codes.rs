//! GGML's blocks into codes and scales. The layouts are those of the structures and of `dequantize_row_*` in ggml's
//! `ggml-common.h` and `ggml-quants.c`.

use super::GgmlType;
use super::halves::half;

/// Weights of a row that are read at once.
pub const COLUMNS: usize = 256;

/// Up to 256 weights of a row as unsigned codes, with what they mean: what executors repack, and [`super::decode`] reads.
///
/// A type with blocks of 32 has a scale (and perhaps an offset) for each; a K type has one of each in front, and small
/// whole numbers for its sub-blocks.
pub struct Codes {
    /// Those of Q8_0 are 128 higher than what they mean.
    pub codes: [u8; COLUMNS],
    /// Of a block of 32, or of all in front.
    pub scale: [f32; 8],
    /// Offset, or what the minimums are multiplied with.
    pub offset: [f32; 8],
    /// Scales of sub-blocks of 16 or 32; signed ones 128 higher.
    pub subs: [u8; 16],
    /// Minimums of sub-blocks.
    pub minimums: [u8; 16],
}

impl Codes {
    /// No weights.
    pub const ZERO: Self =
        Self { codes: [0; COLUMNS], scale: [0.0; 8], offset: [0.0; 8], subs: [0; 16], minimums: [0; 16] };

    /// Reads the blocks of up to 256 weights; what is missing counts as zero. `bytes` are whole blocks.
    pub fn read(&mut self, kind: GgmlType, bytes: &[u8]) {
        *self = Self::ZERO;
        let (len, size) = (kind.block_len(), kind.block_bytes());
        for (i, block) in bytes.chunks_exact(size).enumerate() {
            if len == 32 {
                let codes = &mut self.codes[32 * i..][..32];
                self.scale[i] = half(block);
                match kind {
                    GgmlType::Q4_0 | GgmlType::IQ4_NL => digits(&block[2..], codes),
                    GgmlType::Q4_1 => {
                        self.offset[i] = half(&block[2..]);
                        digits(&block[4..], codes);
                    }
                    GgmlType::Q5_0 => fifth_bits(&block[2..6], &block[6..], codes),
                    GgmlType::Q5_1 => {
                        self.offset[i] = half(&block[2..]);
                        fifth_bits(&block[4..8], &block[8..], codes);
                    }
                    // Q8_0
                    _ => codes.iter_mut().zip(&block[2..]).for_each(|(code, byte)| *code = byte ^ 0x80),
                }
            } else {
                match kind {
                    GgmlType::Q2_K => self.q2_k(block),
                    GgmlType::Q3_K => self.q3_k(block),
                    GgmlType::Q4_K => self.q4_k(block, None),
                    GgmlType::Q5_K => self.q4_k(block, Some(&block[16..48])),
                    GgmlType::Q6_K => self.q6_k(block),
                    // IQ4_XS
                    _ => self.iq4_xs(block),
                }
            }
        }
    }

    /// The weights that were read, as many as `out` is long.
    pub(super) fn weights(&self, kind: GgmlType, out: &mut [f32]) {
        match kind {
            GgmlType::Q4_0 => self.scaled(8.0, out),
            GgmlType::Q5_0 => self.scaled(16.0, out),
            GgmlType::Q8_0 => self.scaled(128.0, out),
            GgmlType::Q4_1 | GgmlType::Q5_1 => {
                let scales = self.scale.iter().zip(&self.offset);
                for ((out, codes), (scale, offset)) in out.chunks_mut(32).zip(self.codes.chunks_exact(32)).zip(scales) {
                    out.iter_mut().zip(codes).for_each(|(out, code)| *out = f32::from(*code) * scale + offset);
                }
            }
            GgmlType::Q2_K => self.with_minimums(16, out),
            GgmlType::Q4_K | GgmlType::Q5_K => self.with_minimums(32, out),
            GgmlType::Q3_K => self.with_sub_scales(4.0, out),
            // Q6_K
            _ => self.with_sub_scales(32.0, out),
        }
    }

    /// `zero` is the code that means 0.
    fn scaled(&self, zero: f32, out: &mut [f32]) {
        for ((out, codes), scale) in out.chunks_mut(32).zip(self.codes.chunks_exact(32)).zip(&self.scale) {
            out.iter_mut().zip(codes).for_each(|(out, code)| *out = (f32::from(*code) - zero) * scale);
        }
    }

    /// Sub-blocks of `len` weights with a scale and a minimum each.
    fn with_minimums(&self, len: usize, out: &mut [f32]) {
        let subs = self.subs.iter().zip(&self.minimums);
        for ((out, codes), (sub, minimum)) in out.chunks_mut(len).zip(self.codes.chunks_exact(len)).zip(subs) {
            let (scale, minimum) = (self.scale[0] * f32::from(*sub), self.offset[0] * f32::from(*minimum));
            out.iter_mut().zip(codes).for_each(|(out, code)| *out = scale * f32::from(*code) - minimum);
        }
    }

    /// Sub-blocks of 16 weights with a signed scale each.
    fn with_sub_scales(&self, zero: f32, out: &mut [f32]) {
        for ((out, codes), sub) in out.chunks_mut(16).zip(self.codes.chunks_exact(16)).zip(&self.subs) {
            let scale = self.scale[0] * (f32::from(*sub) - 128.0);
            out.iter_mut().zip(codes).for_each(|(out, code)| *out = scale * (f32::from(*code) - zero));
        }
    }

    fn q2_k(&mut self, block: &[u8]) {
        let (scales, codes) = (&block[..16], &block[16..80]);
        (self.scale[0], self.offset[0]) = (half(&block[80..]), half(&block[82..]));
        for ((both, sub), minimum) in scales.iter().zip(&mut self.subs).zip(&mut self.minimums) {
            (*sub, *minimum) = (both & 15, both >> 4);
        }
        two_bits(codes, &mut self.codes);
    }

    fn q3_k(&mut self, block: &[u8]) {
        let (high, codes, scales) = (&block[..32], &block[32..96], &block[96..108]);
        self.scale[0] = half(&block[108..]);
        for i in 0..16 {
            let low = if i < 8 { scales[i] & 15 } else { scales[i - 8] >> 4 };
            let bits = low | (scales[8 + i % 4] >> (2 * (i / 4)) & 3) << 4;
            self.subs[i] = bits + 128 - 32;
        }
        two_bits(codes, &mut self.codes);
        for (i, codes) in self.codes.chunks_exact_mut(32).enumerate() {
            codes.iter_mut().zip(high).for_each(|(code, high)| *code |= (high >> i & 1) << 2);
        }
    }

    fn q4_k(&mut self, block: &[u8], high: Option<&[u8]>) {
        let (scales, codes) = (&block[4..16], &block[if high.is_some() { 48 } else { 16 }..]);
        (self.scale[0], self.offset[0]) = (half(block), half(&block[2..]));
        for i in 0..8 {
            (self.subs[i], self.minimums[i]) = if i < 4 {
                (scales[i] & 63, scales[i + 4] & 63)
            } else {
                ((scales[i + 4] & 15) | (scales[i - 4] >> 6) << 4, (scales[i + 4] >> 4) | (scales[i] >> 6) << 4)
            };
        }
        for (i, (to, from)) in self.codes.chunks_exact_mut(64).zip(codes.chunks_exact(32)).enumerate() {
            for (part, to) in to.chunks_exact_mut(32).enumerate() {
                to.iter_mut().zip(from).for_each(|(code, byte)| *code = byte >> (4 * part) & 15);
                if let Some(high) = high {
                    to.iter_mut().zip(high).for_each(|(code, high)| *code |= (high >> (2 * i + part) & 1) << 4);
                }
            }
        }
    }

    fn q6_k(&mut self, block: &[u8]) {
        let (low, high, scales) = (&block[..128], &block[128..192], &block[192..208]);
        self.scale[0] = half(&block[208..]);
        self.subs.iter_mut().zip(scales).for_each(|(sub, byte)| *sub = byte ^ 0x80);
        let halves = self.codes.chunks_exact_mut(128).zip(low.chunks_exact(64).zip(high.chunks_exact(32)));
        for (codes, (low, high)) in halves {
            for (part, codes) in codes.chunks_exact_mut(32).enumerate() {
                for (i, code) in codes.iter_mut().enumerate() {
                    let byte = low[part % 2 * 32 + i] >> (part / 2 * 4);
                    *code = (byte & 15) | (high[i] >> (2 * part) & 3) << 4;
                }
            }
        }
    }

    fn iq4_xs(&mut self, block: &[u8]) {
        let high = u16::from_le_bytes([block[2], block[3]]);
        self.scale[0] = half(block);
        for (i, codes) in self.codes.chunks_exact_mut(32).enumerate() {
            let low = block[4 + i / 2] >> (4 * (i % 2)) & 15;
            self.subs[i] = (low | ((high >> (2 * i) & 3) as u8) << 4) + 128 - 32;
            digits(&block[8 + 16 * i..], codes);
        }
    }
}

/// 32 codes: the low halves of 16 bytes, then the high ones.
fn digits(bytes: &[u8], codes: &mut [u8]) {
    let (low, high) = codes.split_at_mut(16);
    low.iter_mut().zip(bytes).for_each(|(code, byte)| *code = byte & 15);
    high.iter_mut().zip(bytes).for_each(|(code, byte)| *code = byte >> 4);
}

fn fifth_bits(high: &[u8], bytes: &[u8], codes: &mut [u8]) {
    digits(bytes, codes);
    codes.iter_mut().enumerate().for_each(|(i, code)| *code |= (high[i / 8] >> (i % 8) & 1) << 4);
}

/// 256 codes of 2 bits: of 32 bytes the lowest bits of all, then the next.
fn two_bits(bytes: &[u8], codes: &mut [u8; COLUMNS]) {
    for (codes, bytes) in codes.chunks_exact_mut(128).zip(bytes.chunks_exact(32)) {
        for (part, codes) in codes.chunks_exact_mut(32).enumerate() {
            codes.iter_mut().zip(bytes).for_each(|(code, byte)| *code = byte >> (2 * part) & 3);
        }
    }
}
