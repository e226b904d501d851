//! AdamW (arXiv 1711.05101) with clipping by the norm of all gradients.

use std::sync::Arc;

use rayon::prelude::*;

use super::parameter::Parameter;
use super::profiler::{Profiler, Share};
use super::recipe::Recipe;
use crate::kernels::{AdamW, adamw, sum_of_squares};

/// Weights that one thread takes at a time.
const CHUNK: usize = 1 << 15;

/// The moments of all trained parameters.
#[derive(Debug)]
pub struct Optimiser {
    parameters: Vec<Arc<Parameter>>,
    first: Vec<Vec<f32>>,
    second: Vec<Vec<f32>>,
    steps: u64,
}

impl Optimiser {
    /// Starts with moments of zero.
    pub fn new(parameters: Vec<Arc<Parameter>>) -> Self {
        let zeros = || parameters.iter().map(|p| vec![0.0; p.len()]).collect();
        let (first, second) = (zeros(), zeros());
        Self { parameters, first, second, steps: 0 }
    }

    /// Steps done.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The parameters with their moments, for a checkpoint.
    pub fn state(&self) -> impl Iterator<Item = (&Arc<Parameter>, &[f32], &[f32])> {
        self.parameters.iter().zip(&self.first).zip(&self.second).map(|((p, m), v)| (p, m.as_slice(), v.as_slice()))
    }

    /// Sets the moments as a checkpoint has them.
    pub fn restore(&mut self, steps: u64, moments: Vec<(Vec<f32>, Vec<f32>)>) {
        (self.first, self.second) = moments.into_iter().unzip();
        self.steps = steps;
    }

    /// Takes a step along the gradients and sets them to zero. Tells their norm before clipping; a
    /// norm that is no number changes nothing but the gradients.
    pub fn step(&mut self, rate: f32, recipe: &Recipe, profiler: &Profiler) -> f64 {
        profiler.time(Share::Optimiser, 0, || self.update(rate, recipe))
    }

    fn update(&mut self, rate: f32, recipe: &Recipe) -> f64 {
        let squares: f64 = self
            .parameters
            .iter()
            .flat_map(|p| (0..p.shares()).filter_map(|e| p.gradient(e)))
            .map(|g| g.par_chunks(CHUNK).map(sum_of_squares).collect::<Vec<_>>().iter().sum::<f64>())
            .sum();
        let norm = squares.sqrt();
        if !norm.is_finite() {
            self.parameters
                .iter()
                .flat_map(|p| (0..p.shares()).filter_map(|e| p.gradient(e)))
                .for_each(|mut g| g.fill(0.0));
            return norm;
        }
        self.steps += 1;
        let power = self.steps.min(1 << 30) as i32;
        let clip = f64::from(recipe.max_grad_norm);
        let scale = if clip > 0.0 && norm > clip { (clip / norm) as f32 } else { 1.0 };
        let correct = |beta: f32| (1.0 / (1.0 - f64::from(beta).powi(power))) as f32;
        let constants = AdamW {
            rate,
            beta1: recipe.adam_beta1,
            beta2: recipe.adam_beta2,
            correct1: correct(recipe.adam_beta1),
            correct2: correct(recipe.adam_beta2),
            eps: 1e-8,
            decay: 0.0,
            scale,
        };
        for ((p, m), v) in self.parameters.iter().zip(&mut self.first).zip(&mut self.second) {
            let constants = AdamW { decay: if p.decays { recipe.weight_decay } else { 0.0 }, ..constants };
            let share = p.len() / p.shares().max(1);
            p.change(|values| {
                for e in 0..p.shares() {
                    let Some(mut g) = p.gradient(e) else { continue };
                    let range = e * share..(e + 1) * share;
                    values[range.clone()]
                        .par_chunks_mut(CHUNK)
                        .zip(g.par_chunks_mut(CHUNK))
                        .zip(m[range.clone()].par_chunks_mut(CHUNK))
                        .zip(v[range].par_chunks_mut(CHUNK))
                        .for_each(|(((p, g), m), v)| adamw(p, g, m, v, &constants));
                }
            });
        }
        norm
    }
}
