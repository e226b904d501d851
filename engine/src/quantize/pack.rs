//! Codes and scales into the bytes of a block, as ggml's `ggml-common.h` and the decoders of `ggml-quants.c` lay them
//! out.

use half::f16;

/// The low halves of 16 bytes are the first 16 codes, the high ones the other 16.
pub fn nibbles(codes: &[u8; 32]) -> [u8; 16] {
    std::array::from_fn(|i| codes[i] & 15 | (codes[i + 16] & 15) << 4)
}

/// Bit i is the fifth bit of code i.
pub fn fifth_bits(codes: &[u8; 32]) -> [u8; 4] {
    let bits = codes.iter().enumerate().fold(0u32, |bits, (i, code)| bits | u32::from(code >> 4 & 1) << i);
    bits.to_le_bytes()
}

/// Two bits a code: byte l of each half of 32 has the codes l, l + 32, l + 64 and l + 96 of its 128.
fn pairs(codes: &[u8; 256], out: &mut [u8]) {
    for (codes, out) in codes.chunks_exact(128).zip(out.chunks_exact_mut(32)) {
        for (l, out) in out.iter_mut().enumerate() {
            *out = (0..4).map(|j| (codes[l + 32 * j] & 3) << (2 * j)).sum();
        }
    }
}

/// Four bits a code: of each 64, the low halves of 32 bytes are the first 32 codes.
fn halves(codes: &[u8; 256], out: &mut [u8]) {
    for (codes, out) in codes.chunks_exact(64).zip(out.chunks_exact_mut(32)) {
        for (l, out) in out.iter_mut().enumerate() {
            *out = codes[l] & 15 | (codes[l + 32] & 15) << 4;
        }
    }
}

/// One bit a code, of weight `bit` in it: bit j of byte l is that of code `l + 32 j`.
fn bits(codes: &[u8; 256], bit: u8, out: &mut [u8]) {
    for (l, out) in out.iter_mut().enumerate() {
        *out = (0..8).map(|j| (codes[l + 32 * j] >> bit & 1) << j).sum();
    }
}

fn unit(unit: f16, out: &mut [u8]) {
    out.copy_from_slice(&unit.to_le_bytes());
}

/// Scales and mins (16 bytes, 4 bits each), codes (64), unit, unit of mins.
pub fn q2_k(units: [f16; 2], scales: &[f32; 16], mins: &[f32; 16], codes: &[u8; 256], out: &mut [u8]) {
    for ((out, scale), min) in out.iter_mut().zip(scales).zip(mins) {
        *out = *scale as u8 | (*min as u8) << 4;
    }
    pairs(codes, &mut out[16..80]);
    unit(units[0], &mut out[80..82]);
    unit(units[1], &mut out[82..84]);
}

/// The codes' third bits (32 bytes), their low two (64), 16 scales of 6 bits (12), unit.
pub fn q3_k(d: f16, scales: &[f32; 16], codes: &[u8; 256], out: &mut [u8]) {
    bits(codes, 2, &mut out[..32]);
    pairs(codes, &mut out[32..96]);
    out[96..108].fill(0);
    for (i, scale) in scales.iter().enumerate() {
        let scale = (*scale as i8 + 32) as u8;
        out[96 + i % 8] |= (scale & 15) << (4 * (i / 8));
        out[104 + i % 4] |= (scale >> 4) << (2 * (i / 4));
    }
    unit(d, &mut out[108..110]);
}

/// Units, scales and mins of Q4_K and Q5_K: 8 of 6 bits each in 12 bytes.
fn head(units: [f16; 2], scales: &[f32; 8], mins: &[f32; 8], out: &mut [u8]) {
    unit(units[0], &mut out[..2]);
    unit(units[1], &mut out[2..4]);
    let out = &mut out[4..16];
    for i in 0..4 {
        let [low, high] = [i, i + 4].map(|i| (scales[i] as u8, mins[i] as u8));
        out[i] = low.0 | (high.0 >> 4) << 6;
        out[i + 4] = low.1 | (high.1 >> 4) << 6;
        out[i + 8] = high.0 & 15 | (high.1 & 15) << 4;
    }
}

/// Unit, unit of mins, scales and mins (12 bytes), codes (128).
pub fn q4_k(units: [f16; 2], scales: &[f32; 8], mins: &[f32; 8], codes: &[u8; 256], out: &mut [u8]) {
    head(units, scales, mins, out);
    halves(codes, &mut out[16..]);
}

/// As Q4_K, but the codes' fifth bits (32 bytes) before the others.
pub fn q5_k(units: [f16; 2], scales: &[f32; 8], mins: &[f32; 8], codes: &[u8; 256], out: &mut [u8]) {
    head(units, scales, mins, out);
    bits(codes, 4, &mut out[16..48]);
    halves(codes, &mut out[48..]);
}

/// The codes' low four bits (128 bytes), their high two (64), 16 scales of 8 bits, unit.
pub fn q6_k(d: f16, scales: &[f32; 16], codes: &[u8; 256], out: &mut [u8]) {
    for (codes, out) in codes.chunks_exact(128).zip(out[..128].chunks_exact_mut(64)) {
        for (l, out) in out.iter_mut().enumerate() {
            *out = codes[l] & 15 | (codes[l + 64] & 15) << 4;
        }
    }
    pairs(&codes.map(|code| code >> 4), &mut out[128..192]);
    for (out, scale) in out[192..208].iter_mut().zip(scales) {
        *out = *scale as i8 as u8;
    }
    unit(d, &mut out[208..210]);
}

/// Unit, the high two bits of eight scales (2 bytes), their low four (4), codes of four bits (128).
pub fn iq4_xs(d: f16, scales: &[f32; 8], codes: &[[u8; 32]; 8], out: &mut [u8]) {
    unit(d, &mut out[..2]);
    let scales = scales.map(|scale| (scale as i8 + 32) as u8);
    let high: u16 = scales.iter().enumerate().map(|(i, scale)| u16::from(scale >> 4) << (2 * i)).sum();
    out[2..4].copy_from_slice(&high.to_le_bytes());
    for (i, pair) in scales.chunks_exact(2).enumerate() {
        out[4 + i] = pair[0] & 15 | (pair[1] & 15) << 4;
    }
    for (codes, out) in codes.iter().zip(out[8..].chunks_exact_mut(16)) {
        out.copy_from_slice(&nibbles(codes));
    }
}
