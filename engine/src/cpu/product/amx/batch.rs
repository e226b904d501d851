//! Tokens in sixteens, as tiles read them: each as far from the one before.

use super::tiles::Sixteen;
use crate::cpu::product::activations::Rows;
use crate::cpu::product::layout::GROUP;
use crate::cpu::product::rounded::{Rounded32, Rounded256};

/// A group of activations with codes in front.
///
/// # Safety
/// The type begins with 256 codes.
pub unsafe trait Coded: Copy {
    fn codes(&self) -> &[i8; GROUP];
}

// SAFETY: so it does, being `repr(C)`.
unsafe impl Coded for Rounded256 {
    fn codes(&self) -> &[i8; GROUP] {
        &self.codes
    }
}

// SAFETY: the same.
unsafe impl Coded for Rounded32 {
    fn codes(&self) -> &[i8; GROUP] {
        &self.codes
    }
}

/// Codes of tokens that do not follow each other, side by side.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([i8; 64]);

/// The tokens of a product.
pub struct Batch<'a> {
    /// The first group of each sixteen, and the way to the next group.
    sixteens: &'a [(Sixteen, usize)],
}

impl Batch<'_> {
    /// Sixteens of tokens. Where they are rows that follow each other they stay; others are gathered, and the last ones
    /// filled up.
    pub fn with<T: Coded, R>(x: &Rows<T>, tokens: &[u32], body: impl FnOnce(&Batch<'_>) -> R) -> R {
        let groups = tokens.first().map_or(0, |token| x.row(*token as usize).len());
        // A line between tokens: else all would meet in the same few lines of the cache.
        let stride = groups * GROUP / 64 + 1;
        let follow = |tokens: &[u32]| tokens.len() == 16 && tokens.windows(2).all(|two| two[1] == two[0] + 1);
        let gathered = tokens.chunks(16).filter(|sixteen| !follow(sixteen)).count();
        let mut lines = vec![Line([0; 64]); gathered * 16 * stride];
        let mut rest = &mut lines[..];
        let sixteens: Vec<(Sixteen, usize)> = tokens
            .chunks(16)
            .map(|sixteen| {
                let first = x.row(sixteen[0] as usize);
                if follow(sixteen) {
                    let codes = first.as_ptr().cast();
                    return (Sixteen { codes, stride: size_of_val(first) }, size_of::<T>());
                }
                let (own, others) = std::mem::take(&mut rest).split_at_mut(16 * stride);
                rest = others;
                for (token, lines) in sixteen.iter().zip(own.chunks_exact_mut(stride)) {
                    let groups = x.row(*token as usize).iter();
                    for (group, lines) in groups.zip(lines.chunks_exact_mut(GROUP / 64)) {
                        for (line, codes) in lines.iter_mut().zip(group.codes().as_chunks::<64>().0) {
                            line.0 = *codes;
                        }
                    }
                }
                (Sixteen { codes: own.as_ptr().cast(), stride: stride * 64 }, GROUP)
            })
            .collect();
        body(&Batch { sixteens: &sixteens })
    }

    /// How many sixteens there are.
    pub fn len(&self) -> usize {
        self.sixteens.len()
    }

    /// The codes of a sixteen in a group of columns.
    ///
    /// # Panics
    /// If there is no such sixteen.
    pub fn get(&self, number: usize, group: usize) -> Sixteen {
        let (first, step) = self.sixteens[number];
        Sixteen { codes: first.codes.wrapping_add(group * step), stride: first.stride }
    }
}
