//! Mixtral in plain loops over F32: the slowest and most readable way, and so what the engine is
//! held against. It keeps no cache and knows no batch.

use std::collections::HashMap;
use std::path::Path;

use mixtral_engine::arch::Config;
use mixtral_engine::formats::Source;
use mixtral_engine::formats::gguf::Gguf;
use mixtral_engine::quant::Blocks;

pub struct Plain {
    config: Config,
    /// every tensor as F32, merged experts cut apart
    weights: HashMap<String, Vec<f32>>,
}

impl Plain {
    pub fn open(path: &Path) -> Self {
        let file = Gguf::open(path).expect("a model");
        let config = Config::from_gguf(&file).expect("a Mixtral model");
        let mut weights = HashMap::new();
        for name in file.names() {
            let view = file.tensor(name).expect("a tensor");
            let mut all = vec![0f32; view.dims.iter().product()];
            Blocks::new(view.kind, view.bytes).expect("a known type").dequantise(0, &mut all);
            match name.split_once("_exps") {
                Some((part, _)) => {
                    for (e, one) in all.chunks(all.len() / config.num_experts).enumerate() {
                        weights.insert(format!("{part}.{e}.weight"), one.to_vec());
                    }
                }
                None => drop(weights.insert(name.to_owned(), all)),
            }
        }
        Self { config, weights }
    }

    fn times(&self, name: &str, x: &[f32]) -> Vec<f32> {
        let dot = |row: &[f32]| row.iter().zip(x).map(|(w, x)| f64::from(*w) * f64::from(*x)).sum::<f64>() as f32;
        self.weights[name].chunks(x.len()).map(dot).collect()
    }

    fn norm(&self, name: &str, x: &[f32]) -> Vec<f32> {
        let mean = x.iter().map(|x| x * x).sum::<f32>() / x.len() as f32;
        let scale = 1.0 / (mean + self.config.norm_eps).sqrt();
        x.iter().zip(&self.weights[name]).map(|(x, w)| x * scale * w).collect()
    }

    fn rotate(&self, x: &mut [f32], position: usize) {
        let dim = self.config.head_dim;
        for head in x.chunks_mut(dim) {
            for i in (0..dim).step_by(2) {
                let angle = position as f32 * self.config.rope_theta.powf(-(i as f32) / dim as f32);
                let (sin, cos) = angle.sin_cos();
                (head[i], head[i + 1]) = (head[i] * cos - head[i + 1] * sin, head[i] * sin + head[i + 1] * cos);
            }
        }
    }

    /// The logits after the last token.
    pub fn logits(&self, tokens: &[u32]) -> Vec<f32> {
        let c = &self.config;
        let row = |t: &u32| self.weights["token_embd.weight"][*t as usize * c.hidden_size..][..c.hidden_size].to_vec();
        let mut xs: Vec<Vec<f32>> = tokens.iter().map(row).collect();
        for layer in 0..c.layers {
            let name = |part: &str| format!("blk.{layer}.{part}.weight");
            let (mut qs, mut ks, mut vs) = (Vec::new(), Vec::new(), Vec::new());
            for (position, x) in xs.iter().enumerate() {
                let x = self.norm(&name("attn_norm"), x);
                let mut q = self.times(&name("attn_q"), &x);
                let mut k = self.times(&name("attn_k"), &x);
                self.rotate(&mut q, position);
                self.rotate(&mut k, position);
                qs.push(q);
                ks.push(k);
                vs.push(self.times(&name("attn_v"), &x));
            }
            for (position, x) in xs.iter_mut().enumerate() {
                let mut joined = vec![0f32; c.heads * c.head_dim];
                for head in 0..c.heads {
                    self.attend(head, &qs[position], &ks[..=position], &vs, &mut joined);
                }
                add(x, &self.times(&name("attn_output"), &joined), 1.0);
                let normed = self.norm(&name("ffn_norm"), x);
                let mixed = self.mix(layer, &normed);
                add(x, &mixed, 1.0);
            }
        }
        let x = self.norm("output_norm.weight", xs.last().expect("a token"));
        let output = if self.weights.contains_key("output.weight") { "output.weight" } else { "token_embd.weight" };
        self.times(output, &x)
    }

    fn attend(&self, head: usize, q: &[f32], ks: &[Vec<f32>], vs: &[Vec<f32>], out: &mut [f32]) {
        let (dim, kv) = (self.config.head_dim, head / (self.config.heads / self.config.kv_heads));
        let q = &q[head * dim..][..dim];
        let score = |k: &Vec<f32>| dot(q, &k[kv * dim..][..dim]) / (dim as f32).sqrt();
        let weights = softmax(&ks.iter().map(score).collect::<Vec<_>>());
        for (weight, v) in weights.iter().zip(vs) {
            add(&mut out[head * dim..][..dim], &v[kv * dim..][..dim], *weight);
        }
    }

    fn mix(&self, layer: usize, x: &[f32]) -> Vec<f32> {
        let probabilities = softmax(&self.times(&format!("blk.{layer}.ffn_gate_inp.weight"), x));
        let mut order: Vec<usize> = (0..probabilities.len()).collect();
        order.sort_by(|a, b| probabilities[*b].total_cmp(&probabilities[*a]));
        let chosen = &order[..self.config.experts_per_token];
        let sum: f32 = chosen.iter().map(|e| probabilities[*e]).sum();
        let mut out = vec![0f32; x.len()];
        for e in chosen {
            let part = |part: &str, x: &[f32]| self.times(&format!("blk.{layer}.ffn_{part}.{e}.weight"), x);
            let (gate, up) = (part("gate", x), part("up", x));
            let inner: Vec<f32> = gate.iter().zip(&up).map(|(g, u)| g / (1.0 + (-g).exp()) * u).collect();
            add(&mut out, &part("down", &inner), probabilities[*e] / sum);
        }
        out
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn add(out: &mut [f32], x: &[f32], weight: f32) {
    out.iter_mut().zip(x).for_each(|(o, x)| *o += weight * x);
}

fn softmax(x: &[f32]) -> Vec<f32> {
    let max = x.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exps: Vec<f32> = x.iter().map(|x| (x - max).exp()).collect();
    let sum: f32 = exps.iter().sum();
    exps.iter().map(|e| e / sum).collect()
}
