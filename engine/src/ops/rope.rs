//! Rotating heads by their position.

/// Rotates neighbouring pairs of each head by its token's angles.
/// `x`: (tokens, heads, dim); `cos`, `sin`: (tokens, dim / 2).
pub fn apply_rope(x: &mut [f32], heads: usize, dim: usize, cos: &[f32], sin: &[f32]) {
    let half = dim / 2;
    for (token, x) in x.chunks_exact_mut(heads * dim).enumerate() {
        let (cos, sin) = (&cos[token * half..][..half], &sin[token * half..][..half]);
        for head in x.chunks_exact_mut(dim) {
            for ((pair, cos), sin) in head.as_chunks_mut::<2>().0.iter_mut().zip(cos).zip(sin) {
                *pair = [pair[0] * cos - pair[1] * sin, pair[0] * sin + pair[1] * cos];
            }
        }
    }
}
