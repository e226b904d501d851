//! Points, signs and scales into the bytes of a block, as `crate::quant` reads them.

use super::super_block::{Codes, Found};

fn unit<const G: usize>(found: &Found<G>, out: &mut [u8]) {
    out[..2].copy_from_slice(&found.unit.to_le_bytes());
}

/// Scales of four bits, low halves first.
fn nibbles(scales: &[u8], out: &mut [u8]) {
    for (pair, out) in scales.chunks_exact(2).zip(out) {
        *out = pair[0] | pair[1] << 4;
    }
}

/// Four times seven bits of signs, and a scale.
fn signs_and_scale(codes: &Codes, scale: u8) -> [u8; 4] {
    let signs = codes.signs.iter().enumerate().map(|(i, signs)| u32::from(signs & 127) << (7 * i));
    (signs.sum::<u32>() | u32::from(scale) << 28).to_le_bytes()
}

pub fn iq2_xxs(found: &Found<8>, out: &mut [u8]) {
    unit(found, out);
    for ((codes, scale), out) in found.codes.iter().zip(found.scales).zip(out[2..].chunks_exact_mut(8)) {
        for (out, point) in out.iter_mut().zip(&codes.points[..4]) {
            *out = *point as u8;
        }
        out[4..].copy_from_slice(&signs_and_scale(codes, scale));
    }
}

pub fn iq2_xs(found: &Found<16>, out: &mut [u8]) {
    unit(found, out);
    for (codes, out) in found.codes.iter().zip(out[2..66].chunks_exact_mut(4)) {
        for (v, out) in out.chunks_exact_mut(2).enumerate() {
            let code = codes.points[v] | u16::from(codes.signs[v] & 127) << 9;
            out.copy_from_slice(&code.to_le_bytes());
        }
    }
    nibbles(&found.scales, &mut out[66..]);
}

pub fn iq2_s(found: &Found<16>, out: &mut [u8]) {
    unit(found, out);
    out[66..74].fill(0);
    for (i, codes) in found.codes.iter().enumerate() {
        for v in 0..2 {
            let at = 2 * i + v;
            out[2 + at] = codes.points[v] as u8;
            out[34 + at] = codes.signs[v];
            out[66 + at / 4] |= ((codes.points[v] >> 8) as u8) << (2 * (at % 4));
        }
    }
    nibbles(&found.scales, &mut out[74..]);
}

pub fn iq3_xxs(found: &Found<8>, out: &mut [u8]) {
    unit(found, out);
    for (i, codes) in found.codes.iter().enumerate() {
        for (out, point) in out[2 + 8 * i..].iter_mut().zip(&codes.points) {
            *out = *point as u8;
        }
        out[66 + 4 * i..][..4].copy_from_slice(&signs_and_scale(codes, found.scales[i]));
    }
}

pub fn iq3_s(found: &Found<8>, out: &mut [u8]) {
    unit(found, out);
    for (i, codes) in found.codes.iter().enumerate() {
        for (out, point) in out[2 + 8 * i..].iter_mut().zip(&codes.points) {
            *out = *point as u8;
        }
        let ninth = codes.points.iter().enumerate().map(|(v, point)| ((point >> 8) as u8) << v);
        out[66 + i] = ninth.sum();
        out[74 + 4 * i..][..4].copy_from_slice(&codes.signs);
    }
    nibbles(&found.scales, &mut out[106..]);
}

pub fn iq1_s(found: &Found<8>, out: &mut [u8]) {
    unit(found, out);
    for (i, codes) in found.codes.iter().enumerate() {
        let mut word = u16::from(found.scales[i]) << 12 | u16::from(codes.down & 1) << 15;
        for (v, point) in codes.points[..4].iter().enumerate() {
            out[2 + 4 * i + v] = *point as u8;
            word |= point >> 8 << (3 * v);
        }
        out[34 + 2 * i..][..2].copy_from_slice(&word.to_le_bytes());
    }
}

pub fn iq1_m(found: &Found<16>, out: &mut [u8]) {
    for (i, codes) in found.codes.iter().enumerate() {
        let high = |v: usize| (codes.points[v] >> 8) as u8 | (codes.down >> v & 1) << 3;
        out[2 * i] = codes.points[0] as u8;
        out[2 * i + 1] = codes.points[1] as u8;
        out[32 + i] = high(0) | high(1) << 4;
    }
    for (i, (scales, out)) in found.scales.chunks_exact(4).zip(out[48..].chunks_exact_mut(2)).enumerate() {
        let scales: u16 = scales.iter().enumerate().map(|(j, scale)| u16::from(*scale) << (3 * j)).sum();
        let word = scales | found.unit.to_bits() >> (4 * i) << 12;
        out.copy_from_slice(&word.to_le_bytes());
    }
}
