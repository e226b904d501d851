//! A model made of a formula, into which failures can be put where they hurt.

use std::collections::HashMap;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::devices::Model;
use crate::error::{Error, Result};
use crate::handle::card::{ModelCard, TemplateState};
use crate::handle::load::LoadedModel;
use crate::model::{Forward, Outcome, Want};
use crate::sample::NotFinite;
use crate::schedule::{Limits, StepInput};
use crate::text::{ChatTemplate, test_bytes_only};

pub(super) const VOCABULARY: usize = 259;
/// A prompt with this token makes the model panic, give NaN, or fail.
pub(super) const PANIC: u32 = 250;
pub(super) const NAN: u32 = 251;
pub(super) const FAIL: u32 = 252;
/// A prompt with this token loses the device for good.
pub(super) const LOST: u32 = 249;

/// Continues by a rule over the whole past, which it reads back from its own cache: a scheduler
/// that mixed up slots or positions would change the text.
#[derive(Default)]
pub(super) struct Formula {
    pub(super) cache: HashMap<u32, u32>,
    pub(super) log: Option<(u32, Arc<Mutex<Vec<u32>>>)>,
    /// How long a token takes, and the sizes of the steps.
    pub(super) slow: Option<(Duration, Arc<Mutex<Vec<usize>>>)>,
    pub(super) gate: Option<Receiver<()>>,
    /// Whether it chooses tokens itself: greedily, whatever it is asked.
    pub(super) samples: bool,
    pub(super) is_lost: bool,
}

impl Forward for Formula {
    fn forward(&mut self, plan: &StepInput) -> Result<Vec<f32>> {
        if let Some(gate) = &self.gate {
            // A gate whose other end is gone stands open.
            let _ = gate.recv();
        }
        if let Some((name, log)) = &self.log {
            log.lock().expect("log").push(*name);
        }
        if let Some((time, sizes)) = &self.slow {
            std::thread::sleep(*time * plan.tokens.len() as u32);
            sizes.lock().expect("sizes").push(plan.tokens.len());
        }
        assert!(!plan.tokens.contains(&PANIC), "the formula panics");
        if plan.tokens.contains(&FAIL) {
            return Err(Error::Compute("the formula fails".to_owned()));
        }
        if plan.tokens.contains(&LOST) || self.is_lost {
            self.is_lost = true;
            return Err(Error::Compute("the device is lost".to_owned()));
        }
        for (slot, token) in plan.slots.iter().zip(&plan.tokens) {
            self.cache.insert(*slot, *token);
        }
        let mut logits = Vec::new();
        for row in &plan.outputs {
            let span =
                plan.sequences.iter().find(|s| (s.start..s.start + s.len).contains(&(*row as usize))).expect("a span");
            let past: Vec<u32> = (0..=plan.positions[*row as usize] as usize)
                .map(|p| self.cache[&(span.blocks[p / BLOCK] * BLOCK as u32 + (p % BLOCK) as u32)])
                .collect();
            let sum = past
                .iter()
                .enumerate()
                .fold(7u64, |sum, (i, t)| sum.wrapping_mul(31).wrapping_add(u64::from(*t) * (i as u64 + 1)));
            // Printable characters only: byte `b` is token `b + 3`.
            let next = 3 + 33 + (sum % 90) as usize;
            let value = if plan.tokens.contains(&NAN) { f32::NAN } else { 5.0 };
            // What breaks it stands in prompts alone: it never says so itself.
            logits.extend((0..VOCABULARY).map(|t| match t {
                _ if t == next => value,
                _ if (LOST..=FAIL).contains(&(t as u32)) => -1e4,
                _ => (t % 7) as f32 / 10.0,
            }));
        }
        Ok(logits)
    }

    fn samples(&self) -> bool {
        self.samples
    }

    fn sample(&mut self, plan: &StepInput, wants: &[Want]) -> Result<Vec<Outcome>> {
        let logits = self.forward(plan)?;
        let choose = |(row, want): (&[f32], &Want)| {
            let draw = match want {
                Want::Token(draw) => draw,
                Want::Logits => return Outcome::Logits(row.to_vec()),
                // One that tests can reckon with: (1, 0) after an even token, (0, 1) after an odd one.
                Want::Hidden => {
                    let is_odd = row.iter().position(|logit| *logit == 5.0).is_some_and(|next| next % 2 == 1);
                    return Outcome::Hidden(if is_odd { vec![0.0, 1.0] } else { vec![1.0, 0.0] });
                }
            };
            let row = &row[..draw.tokens];
            if let Some(at) = row.iter().position(|l| !l.is_finite()) {
                return Outcome::NotFinite(NotFinite { token: at as u32, value: row[at] });
            }
            let best = (0..row.len()).rev().max_by(|a, b| row[*a].total_cmp(&row[*b])).expect("a logit");
            Outcome::Token(best as u32)
        };
        Ok(logits.chunks_exact(VOCABULARY).zip(wants).map(choose).collect())
    }

    fn reset(&mut self) -> Result<()> {
        self.cache.clear();
        if self.is_lost { Err(Error::Compute("the device is lost".to_owned())) } else { Ok(()) }
    }
}

pub(super) const BLOCK: usize = 4;

pub(super) fn loaded(name: &str, model: Formula, blocks: u32) -> LoadedModel {
    let card = ModelCard {
        name: name.to_owned(),
        title: None,
        architecture: "formula".to_owned(),
        licence: None,
        file: String::new(),
        adapter: None,
        bytes: 0,
        parameters: 0,
        active_parameters: 0,
        quantisation: String::new(),
        experts: 1,
        experts_used: 1,
        context: 128,
        trained_context: 128,
        vocabulary: VOCABULARY,
        template: TemplateState::BuiltIn,
        device: "cpu".to_owned(),
        cache_bytes: 0,
        own_bytes: None,
    };
    LoadedModel {
        card,
        tokenizer: Arc::new(test_bytes_only()),
        template: Arc::new(ChatTemplate::new(None)),
        model: Model::Alone(Box::new(model)),
        limits: Limits { max_sequences: 4, max_waiting: 8, step_tokens: 16, block_size: BLOCK, blocks },
        vocabulary: VOCABULARY,
    }
}
