//! Grouped-query attention of each document over itself: norm, projections, rotation and the way around included.

use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp1, Device, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::norm::{Norm, add_rows};
use super::{Kept, Pass, numbers, with_weights};
use crate::kernels::{dot, scale, softmax};
use crate::profiler::Share;
use crate::projection::Projection;
use mixtral_engine::ops::apply_rope;
use mixtral_engine::ops::gemm::{Mat, gemm};

#[derive(Clone, Debug)]
pub struct AttentionLayer {
    pub query: Projection,
    pub key: Projection,
    pub value: Projection,
    pub output: Projection,
    pub heads: usize,
    pub kv_heads: usize,
    pub dim: usize,
}

/// The angles of a batch: (tokens, dim / 2) each.
#[derive(Debug)]
pub struct Angles {
    pub cos: Vec<f32>,
    pub sin: Vec<f32>,
    /// the sines of the way back
    pub back: Vec<f32>,
}

/// (tokens, hidden) to the same.
pub struct AttentionOp {
    pub norm: Norm,
    pub layer: AttentionLayer,
    pub starts: Arc<Vec<usize>>,
    pub angles: Arc<Angles>,
    pub pass: Pass,
    pub kept: Kept<Saved>,
}

/// What the forward pass computed: normed inputs, rotated queries and keys, values, and what attention said.
pub struct Saved {
    x: Vec<f32>,
    q: Vec<f32>,
    k: Vec<f32>,
    v: Vec<f32>,
    y: Vec<f32>,
}

impl AttentionOp {
    fn widths(&self) -> (usize, usize) {
        (self.layer.heads * self.layer.dim, self.layer.kv_heads * self.layer.dim)
    }

    /// Multiplications with weights of one pass.
    fn work(&self, tokens: usize) -> usize {
        let l = &self.layer;
        tokens * [&l.query, &l.key, &l.value, &l.output].map(|p| p.weight.len()).iter().sum::<usize>()
    }

    /// All but the output matrix: what the backward pass needs.
    fn inner(&self, input: &[f32]) -> Saved {
        let l = &self.layer;
        let normed = self.norm.forward(input);
        let x = normed.as_slice();
        let tokens = x.len() / l.query.cols();
        let (wide, narrow) = self.widths();
        let (mut q, mut k, mut v) = (vec![0.0; tokens * wide], vec![0.0; tokens * narrow], vec![0.0; tokens * narrow]);
        l.query.forward_wide(x, self.pass.drops, &mut q);
        l.key.forward_wide(x, self.pass.drops, &mut k);
        l.value.forward_wide(x, self.pass.drops, &mut v);
        apply_rope(&mut q, l.heads, l.dim, &self.angles.cos, &self.angles.sin);
        apply_rope(&mut k, l.kv_heads, l.dim, &self.angles.cos, &self.angles.sin);
        let mut y = vec![0.0; tokens * wide];
        let documents: Vec<_> = cut(&mut y, wide, &self.starts).into_iter().zip(self.starts.windows(2)).collect();
        documents.into_par_iter().for_each(|(y, w)| {
            let (q, k, v) =
                (&q[w[0] * wide..w[1] * wide], &k[w[0] * narrow..w[1] * narrow], &v[w[0] * narrow..w[1] * narrow]);
            self.attend(q, k, v, y);
        });
        Saved { x: normed, q, k, v, y }
    }

    fn forward(&self, input: &[f32]) -> Vec<f32> {
        let saved = self.inner(input);
        let mut out = vec![0.0; input.len()];
        self.layer.output.forward_wide(&saved.y, self.pass.drops, &mut out);
        add_rows(&mut out, input);
        if self.pass.keeps() {
            self.kept.put(saved);
        }
        out
    }

    /// The probabilities of one head of one document: (len, len), zero above the diagonal.
    fn probabilities(&self, q: &[f32], k: &[f32], head: usize, p: &mut [f32]) {
        let l = &self.layer;
        let (wide, narrow) = self.widths();
        let len = q.len() / wide;
        let kv = head / (l.heads / l.kv_heads);
        let query = Mat::strided(&q[head * l.dim..], len, l.dim, wide);
        let key = Mat::strided(&k[kv * l.dim..], len, l.dim, narrow);
        gemm(1.0 / (l.dim as f32).sqrt(), query, key.t(), 0.0, p, len);
        for (i, row) in p.chunks_exact_mut(len).enumerate() {
            softmax(&mut row[..=i]);
            row[i + 1..].fill(0.0);
        }
    }

    fn attend(&self, q: &[f32], k: &[f32], v: &[f32], y: &mut [f32]) {
        let l = &self.layer;
        let (wide, narrow) = self.widths();
        let len = q.len() / wide;
        let mut p = vec![0.0; len * len];
        for head in 0..l.heads {
            self.probabilities(q, k, head, &mut p);
            let kv = head / (l.heads / l.kv_heads);
            let value = Mat::strided(&v[kv * l.dim..], len, l.dim, narrow);
            gemm(1.0, Mat::new(&p, len), value, 0.0, &mut y[head * l.dim..], wide);
        }
    }

    /// Turns the saved numbers of one document into gradients.
    fn attend_backward(&self, s: Document<'_>, dy: &[f32]) {
        let l = &self.layer;
        let (wide, narrow) = self.widths();
        let len = s.q.len() / wide;
        let (mut p, mut d) = (vec![0.0; len * len], vec![0.0; len * len]);
        let root = 1.0 / (l.dim as f32).sqrt();
        for head in 0..l.heads {
            self.probabilities(s.q, s.k, head, &mut p);
            let at = head / (l.heads / l.kv_heads) * l.dim;
            let dy = Mat::strided(&dy[head * l.dim..], len, l.dim, wide);
            gemm(1.0, Mat::new(&p, len).t(), dy, 1.0, &mut s.dv[at..], narrow);
            gemm(1.0, dy, Mat::strided(&s.v[at..], len, l.dim, narrow).t(), 0.0, &mut d, len);
            for (p, d) in p.chunks_exact(len).zip(d.chunks_exact_mut(len)) {
                let mean = dot(p, d);
                d.iter_mut().zip(p).for_each(|(d, p)| *d = p * (*d - mean));
            }
            gemm(
                root,
                Mat::new(&d, len),
                Mat::strided(&s.k[at..], len, l.dim, narrow),
                0.0,
                &mut s.dq[head * l.dim..],
                wide,
            );
            let query = Mat::strided(&s.q[head * l.dim..], len, l.dim, wide);
            gemm(root, Mat::new(&d, len).t(), query, 1.0, &mut s.dk[at..], narrow);
        }
    }

    fn backward(&self, input: &[f32], dy: &[f32], saved: &Saved) -> Vec<f32> {
        let l = &self.layer;
        let x = saved.x.as_slice();
        let drops = self.pass.drops;
        let (wide, narrow) = self.widths();
        let tokens = x.len() / l.query.cols();
        let mut da = vec![0.0; tokens * wide];
        l.output.input_gradient_wide(dy, drops, 0.0, &mut da);
        l.output.weight_gradient_wide(&saved.y, dy, drops);
        let (mut dq, mut dk, mut dv) =
            (vec![0.0; tokens * wide], vec![0.0; tokens * narrow], vec![0.0; tokens * narrow]);
        let gradients = cut(&mut dq, wide, &self.starts)
            .into_iter()
            .zip(cut(&mut dk, narrow, &self.starts))
            .zip(cut(&mut dv, narrow, &self.starts))
            .zip(self.starts.windows(2));
        gradients.collect::<Vec<_>>().into_par_iter().for_each(|(((dq, dk), dv), w)| {
            let (q, kv) = (w[0] * wide..w[1] * wide, w[0] * narrow..w[1] * narrow);
            let document = Document { q: &saved.q[q.clone()], k: &saved.k[kv.clone()], v: &saved.v[kv], dq, dk, dv };
            self.attend_backward(document, &da[q]);
        });
        apply_rope(&mut dq, l.heads, l.dim, &self.angles.cos, &self.angles.back);
        apply_rope(&mut dk, l.kv_heads, l.dim, &self.angles.cos, &self.angles.back);
        let mut dx = vec![0.0; x.len()];
        for (beta, projection, d) in [(0.0, &l.query, &dq), (1.0, &l.key, &dk), (1.0, &l.value, &dv)] {
            projection.input_gradient_wide(d, drops, beta, &mut dx);
            projection.weight_gradient_wide(x, d, drops);
        }
        self.norm.backward_around(input, &dx, dy)
    }
}

/// One document's saved numbers and the places of their gradients.
struct Document<'a> {
    q: &'a [f32],
    k: &'a [f32],
    v: &'a [f32],
    dq: &'a mut [f32],
    dk: &'a mut [f32],
    dv: &'a mut [f32],
}

/// Cuts rows of `width` into documents.
fn cut<'a>(mut rest: &'a mut [f32], width: usize, starts: &[usize]) -> Vec<&'a mut [f32]> {
    let mut out = Vec::with_capacity(starts.len());
    for w in starts.windows(2) {
        let (head, tail) = rest.split_at_mut((w[1] - w[0]) * width);
        out.push(head);
        rest = tail;
    }
    out
}

impl Angles {
    /// From cosines and sines.
    pub fn new(cos: Vec<f32>, sin: Vec<f32>) -> Self {
        let mut back = sin.clone();
        scale(&mut back, -1.0);
        Self { cos, sin, back }
    }
}

impl CustomOp1 for AttentionOp {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = numbers(storage, layout)?;
        let work = self.work(x.len() / self.layer.query.cols());
        let out = self.pass.profiler.time(Share::Attention, work, || self.forward(x));
        Ok((CpuStorage::F32(out), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        let saved = if self.pass.recomputes { None } else { Some(self.kept.take()?) };
        let work = self.work(x.dim(0)?) * if saved.is_some() { 2 } else { 3 };
        let dx = with_weights([x, dy], |[x, dy]| {
            self.pass
                .profiler
                .time(Share::Attention, work, || self.backward(x, dy, &saved.unwrap_or_else(|| self.inner(x))))
        })?;
        Ok(Some(Tensor::from_vec(dx, x.shape(), &Device::Cpu)?))
    }
}
