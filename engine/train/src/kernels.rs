//! The vector loops of training: what its matrix products leave.

use mixtral_engine::leveled;
use mixtral_engine::ops::exp;

leveled! {
    /// `out = silu(gate) * up`
    fn swiglu(gate: &[f32], up: &[f32], out: &mut [f32]) {
        for ((o, g), u) in out.iter_mut().zip(gate).zip(up) {
            *o = g / (1.0 + exp(-g)) * u;
        }
    }
}

leveled! {
    /// From the gradient `d` of `silu(gate) * up`: `gate` and `up` become their own gradients.
    fn swiglu_backward(gate: &mut [f32], up: &mut [f32], d: &[f32]) {
        for ((g, u), d) in gate.iter_mut().zip(up).zip(d) {
            let s = 1.0 / (1.0 + exp(-*g));
            let silu = *g * s;
            let slope = s * (1.0 + *g * (1.0 - s));
            *g = d * *u * slope;
            *u = d * silu;
        }
    }
}

leveled! {
    /// `sum(a * b)`
    fn dot(a: &[f32], b: &[f32]) -> f32 {
        let mut sums = [0f32; 16];
        let (a16, a_rest) = a.as_chunks::<16>();
        let (b16, b_rest) = b.as_chunks::<16>();
        for (a, b) in a16.iter().zip(b16) {
            for ((s, a), b) in sums.iter_mut().zip(a).zip(b) {
                *s += a * b;
            }
        }
        sums.iter().sum::<f32>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f32>()
    }
}

leveled! {
    /// `out += weight * x`
    fn add_scaled(out: &mut [f32], weight: f32, x: &[f32]) {
        for (o, x) in out.iter_mut().zip(x) {
            *o += weight * x;
        }
    }
}

leveled! {
    /// `x *= weight`
    fn scale(x: &mut [f32], weight: f32) {
        for x in x {
            *x *= weight;
        }
    }
}

leveled! {
    /// Turns a row of logits into `scale * (softmax - one_hot(target))`, and tells the loss.
    fn cross_entropy(row: &mut [f32], target: usize, weight: f32) -> f32 {
        let mut tops = [f32::NEG_INFINITY; 16];
        let (chunks, rest) = row.as_chunks::<16>();
        for chunk in chunks {
            for (t, x) in tops.iter_mut().zip(chunk) {
                *t = if *x > *t { *x } else { *t };
            }
        }
        let top = tops.iter().chain(rest).copied().fold(f32::NEG_INFINITY, f32::max);
        let wanted = row[target] - top;
        let mut sums = [0f32; 16];
        let (chunks, rest) = row.as_chunks_mut::<16>();
        for chunk in chunks {
            for (x, sum) in chunk.iter_mut().zip(&mut sums) {
                *x = exp(*x - top);
                *sum += *x;
            }
        }
        for (x, sum) in rest.iter_mut().zip(&mut sums) {
            *x = exp(*x - top);
            *sum += *x;
        }
        let sum: f32 = sums.iter().sum();
        let factor = weight / sum;
        for x in row.iter_mut() {
            *x *= factor;
        }
        row[target] -= weight;
        sum.ln() - wanted
    }
}

leveled! {
    /// Softmax over a row, in place.
    fn softmax(row: &mut [f32]) {
        let top = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut sum = 0f32;
        for x in row.iter_mut() {
            *x = exp(*x - top);
        }
        for x in row.iter() {
            sum += x;
        }
        let factor = 1.0 / sum;
        for x in row.iter_mut() {
            *x *= factor;
        }
    }
}

leveled! {
    /// `out[i] = x[i] * weight[i] / rms(x)`; tells `1 / rms(x)`.
    fn rms_norm(x: &[f32], weight: &[f32], eps: f32, out: &mut [f32]) -> f32 {
        let mut sums = [0f32; 16];
        let (chunks, rest) = x.as_chunks::<16>();
        for chunk in chunks {
            for (x, sum) in chunk.iter().zip(&mut sums) {
                *sum += x * x;
            }
        }
        let sum = sums.iter().sum::<f32>() + rest.iter().map(|x| x * x).sum::<f32>();
        let inverse = 1.0 / (sum / x.len() as f32 + eps).sqrt();
        for ((o, x), w) in out.iter_mut().zip(x).zip(weight) {
            *o = x * inverse * w;
        }
        inverse
    }
}

leveled! {
    /// The gradients of RMS norm: `dx` is written, the weight's added to `dw`.
    fn rms_norm_backward(x: &[f32], weight: &[f32], eps: f32, dy: &[f32], dx: &mut [f32], dw: &mut [f32]) {
        let (mut squares, mut along) = (0f32, 0f32);
        for ((x, w), d) in x.iter().zip(weight).zip(dy) {
            squares += x * x;
            along += x * w * d;
        }
        let len = x.len() as f32;
        let inverse = 1.0 / (squares / len + eps).sqrt();
        let back = along * inverse * inverse * inverse / len;
        for ((((dx, dw), x), w), d) in dx.iter_mut().zip(dw).zip(x).zip(weight).zip(dy) {
            *dx = d * w * inverse - x * back;
            *dw += d * x * inverse;
        }
    }
}

/// What decides which inputs an adapter drops: a function of keys and place alone.
#[derive(Clone, Copy, Debug)]
pub struct Dropout {
    /// From seed and name.
    pub keys: [u32; 2],
    /// The place of the first number.
    pub start: usize,
    /// The share that is kept; what is kept is divided by it.
    pub keep: f32,
}

leveled! {
    /// DropoutKey numbers and scales the others up.
    fn dropout(x: &mut [f32], d: &Dropout) {
        let Dropout { keys: [first, second], start, keep } = *d;
        let (limit, scale) = ((f64::from(1.0 - keep) * 4_294_967_296.0) as u32, 1.0 / keep);
        // Two rounds of a hash of 32 bits (Wellons' lowbias32), a key before each.
        let one = |place: u32, x: &mut f32| {
            let mut h = place.wrapping_add(first);
            h = (h ^ (h >> 16)).wrapping_mul(0x7FEB_352D);
            h = (h ^ (h >> 15)).wrapping_mul(0x846C_A68B);
            h = (h ^ (h >> 16) ^ second).wrapping_mul(0x7FEB_352D);
            h ^= h >> 15;
            *x = if h < limit { 0.0 } else { *x * scale };
        };
        let mut place = start as u32;
        let (chunks, rest) = x.as_chunks_mut::<16>();
        for chunk in chunks {
            (0u32..).zip(chunk).for_each(|(at, x)| one(place.wrapping_add(at), x));
            place = place.wrapping_add(16);
        }
        (0u32..).zip(rest).for_each(|(at, x)| one(place.wrapping_add(at), x));
    }
}

leveled! {
    /// The sum of squares, in parts short enough for single precision.
    fn sum_of_squares(x: &[f32]) -> f64 {
        let mut total = 0f64;
        for part in x.chunks(4096) {
            let mut sums = [0f32; 16];
            let (chunks, rest) = part.as_chunks::<16>();
            for chunk in chunks {
                for (x, sum) in chunk.iter().zip(&mut sums) {
                    *sum += x * x;
                }
            }
            total += f64::from(sums.iter().sum::<f32>() + rest.iter().map(|x| x * x).sum::<f32>());
        }
        total
    }
}

/// One step's constants of AdamW.
#[derive(Clone, Copy, Debug)]
pub struct AdamW {
    /// Learning rate.
    pub rate: f32,
    /// Decay of the first moment.
    pub beta1: f32,
    /// Decay of the second moment.
    pub beta2: f32,
    /// `1 / (1 - beta1^step)`.
    pub correct1: f32,
    /// `1 / (1 - beta2^step)`.
    pub correct2: f32,
    /// Added to the root of the second moment.
    pub eps: f32,
    /// Weight decay.
    pub decay: f32,
    /// What gradients are multiplied by (clipping).
    pub scale: f32,
}

leveled! {
    /// One step of AdamW; the gradients become zero.
    fn adamw(p: &mut [f32], g: &mut [f32], m: &mut [f32], v: &mut [f32], c: &AdamW) {
        let c = *c;
        let shrink = 1.0 - c.rate * c.decay;
        for (((p, g), m), v) in p.iter_mut().zip(g).zip(m).zip(v) {
            let d = *g * c.scale;
            *g = 0.0;
            *m = c.beta1 * *m + (1.0 - c.beta1) * d;
            *v = c.beta2 * *v + (1.0 - c.beta2) * d * d;
            let step = *m * c.correct1 / ((*v * c.correct2).sqrt() + c.eps);
            *p = *p * shrink - c.rate * step;
        }
    }
}
