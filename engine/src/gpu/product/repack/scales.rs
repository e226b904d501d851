//! One row's scales into its tile; the order is told in `kernels/tile.cuh`.

use half::f16;

use super::planes::Place;
use crate::quant::Codes;

/// How the scales of a type lie in a tile.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scales {
    /// None: the weights are halves.
    None,
    /// One for 32 columns.
    OfBlock,
    /// One for 32 columns, with an offset.
    AndOffset,
    /// 6 bits of scale and of minimum for 32 columns.
    K,
    /// 4 bits of scale and of minimum for 16 columns.
    Q2,
    /// A byte for 16 columns.
    Of16,
    /// A byte for 32 columns.
    Of32,
}

/// Scales are stored times this: codes in the low bits of halves count 2^-24 or 2^-20 each.
const UNIT: f32 = (1 << 20) as f32;

impl Scales {
    /// Bytes of a tile.
    pub(super) const fn bytes(self) -> usize {
        match self {
            Self::None => 0,
            Self::OfBlock | Self::K => 256,
            Self::AndOffset => 512,
            Self::Q2 => 320,
            Self::Of16 => 288,
            Self::Of32 => 160,
        }
    }

    /// The largest number that a type's main scale is multiplied with before it meets codes.
    pub(super) const fn largest_sub(self) -> f32 {
        match self {
            Self::None | Self::OfBlock | Self::AndOffset => 1.0,
            Self::K => 63.0,
            Self::Q2 => 15.0,
            Self::Of16 => 128.0,
            Self::Of32 => 32.0,
        }
    }

    /// Writes one row's, multiplied with `factor`.
    pub(super) fn write(self, row: &Codes, factor: f32, place: Place, out: &mut [u8]) {
        let Place { group, second } = place;
        let unit = |v: f32| f16::from_f32(v * factor * UNIT);
        let mut half = |at: usize, v: f16| out[2 * at..2 * at + 2].copy_from_slice(&v.to_le_bytes());
        match self {
            Self::None => {}
            Self::OfBlock => {
                for (i, scale) in row.scale.iter().enumerate() {
                    half((4 * group + i / 2) * 4 + i % 2 * 2 + second, unit(*scale));
                }
            }
            Self::AndOffset => {
                for (i, (scale, offset)) in row.scale.iter().zip(&row.offset).enumerate() {
                    let at = (4 * group + i / 2) * 8 + i % 2 * 2 + second;
                    half(at, unit(*scale));
                    half(at + 4, f16::from_f32(offset * factor));
                }
            }
            Self::K => {
                half(96 + 4 * group + second, unit(row.scale[0]));
                half(96 + 4 * group + 2 + second, f16::from_f32(row.offset[0] * factor * 1024.0));
                for member in 0..4 {
                    let lane = 4 * group + member;
                    let [scale, minimum] =
                        [&row.subs, &row.minimums].map(|subs| [subs[2 * member], subs[2 * member + 1]]);
                    let low = u16::from(scale[0]) | u16::from(minimum[0]) << 6 | u16::from(scale[1] & 15) << 12;
                    out[lane * 4 + second * 2..][..2].copy_from_slice(&low.to_le_bytes());
                    out[128 + lane * 2 + second] = scale[1] >> 4 | minimum[1] << 2;
                }
            }
            Self::Q2 => {
                half(128 + 4 * group + second, unit(row.scale[0]));
                half(128 + 4 * group + 2 + second, f16::from_f32(row.offset[0] * factor * 1024.0));
                for member in 0..4 {
                    let at = (4 * group + member) * 8 + second * 2;
                    for (i, subs) in [&row.subs, &row.minimums].into_iter().enumerate() {
                        let four =
                            subs[4 * member..][..4].iter().rev().fold(0u16, |word, sub| word << 4 | u16::from(*sub));
                        out[at + 4 * i..][..2].copy_from_slice(&four.to_le_bytes());
                    }
                }
            }
            Self::Of16 => {
                half(128 + 2 * group + second, unit(row.scale[0]));
                for (i, sub) in row.subs.iter().enumerate() {
                    out[(4 * group + i / 4) * 8 + i % 4 / 2 * 4 + second * 2 + i % 2] = *sub;
                }
            }
            Self::Of32 => {
                half(64 + 2 * group + second, unit(row.scale[0]));
                for (i, sub) in row.subs[..8].iter().enumerate() {
                    out[(4 * group + i / 2) * 4 + second * 2 + i % 2] = *sub;
                }
            }
        }
    }
}
