//! Asking a model: by the logits of the letters, or by what it writes.

use std::collections::VecDeque;

use anyhow::anyhow;
use mixtral_engine::request::{Event, Input, Request, SubmitError};
use mixtral_engine::sample::Sampling;
use mixtral_engine::text::{Encoding, Tokenizer};
use mixtral_engine::{Engine, EngineOptions, EventStream};
use mixtral_evaluation::{Benchmark, CHOICES, Extractor, Found, Judged, Layout, Letter, Question, prompt};

use super::setup::{Answer, Mode, Part, THINKING_TOKENS, TOKENS};
use crate::options::{Machine, Model};

const MODEL: &str = "model";
/// Requests in the engine's hands at once: of one subject, so that all but the first find their examples in its cache.
const AT_ONCE: usize = 16;

/// A model that is asked.
pub struct Asker {
    engine: Engine,
    benchmark: Benchmark,
    mode: Mode,
    seed: u64,
    /// The tokens of each letter; the sum of their logits decides.
    letters: [Vec<u32>; 4],
    extractor: Extractor,
}

/// A question on its way.
struct Asked<'a> {
    question: &'a Question,
    examples: usize,
    /// None where the question alone is longer than the context.
    events: Option<EventStream>,
}

impl Asker {
    /// Loads the model.
    pub fn start(
        model: &Model,
        machine: &Machine,
        benchmark: Benchmark,
        mode: Mode,
        seed: u64,
    ) -> anyhow::Result<Self> {
        let options = EngineOptions { max_sequences: AT_ONCE, queue: AT_ONCE, ..machine.options() };
        let engine = Engine::start(machine.device, options)?;
        model.load(&engine, MODEL, machine.load_options(model))?;
        let tokenizer = engine.tokenizer(MODEL).ok_or_else(|| anyhow!("the model is gone"))?;
        let letters = CHOICES.map(|letter| letter_tokens(&tokenizer, benchmark, letter));
        Ok(Self { engine, benchmark, mode, seed, letters, extractor: Extractor::new()? })
    }

    /// Asks a subject's questions; `each` takes the answers in their order.
    pub fn ask(
        &self,
        part: &Part,
        questions: &[&Question],
        layout: Layout,
        each: &mut dyn FnMut(Answer) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut running: VecDeque<Asked<'_>> = VecDeque::new();
        let mut next = questions.iter();
        loop {
            while running.len() < AT_ONCE
                && let Some(question) = next.next()
            {
                let (examples, events) = self.submit(part, question, layout)?;
                running.push_back(Asked { question, examples, events });
                // The first alone: what it leaves in the cache serves the others.
                if running.len() == 1 && question.row == questions[0].row {
                    break;
                }
            }
            let Some(asked) = running.pop_front() else { return Ok(()) };
            each(self.read(part, asked)?)?;
        }
    }

    /// Hands a question in with as many examples as fit.
    fn submit(&self, part: &Part, question: &Question, layout: Layout) -> anyhow::Result<(usize, Option<EventStream>)> {
        let asked = prompt(self.benchmark, question, layout);
        for (fewer, header) in part.headers.iter().enumerate() {
            let examples = part.headers.len() - 1 - fewer;
            let input = Input::Text { text: format!("{header}{asked}"), parse_special: false };
            match self.engine.submit(MODEL, self.request(input, question)) {
                Ok(events) => return Ok((examples, Some(events))),
                Err(SubmitError::PromptTooLong { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok((0, None))
    }

    fn request(&self, input: Input, question: &Question) -> Request {
        let request = Request::new(input);
        match self.mode {
            Mode::Logits => Request {
                sampling: Sampling::greedy(),
                max_tokens: 1,
                ignore_eos: true,
                logprobs: Some(0),
                logprob_token_ids: self.letters.concat(),
                ..request
            },
            Mode::Generate | Mode::Think => Request {
                // The published settings, which are the engine's own.
                sampling: Sampling { seed: Some(self.seed.wrapping_add(question.row as u64)), ..Sampling::default() },
                max_tokens: if self.mode == Mode::Think { THINKING_TOKENS } else { TOKENS },
                ..request
            },
        }
    }

    fn read(&self, part: &Part, asked: Asked<'_>) -> anyhow::Result<Answer> {
        let Asked { question, examples, events } = asked;
        let (mut text, mut likely) = (String::new(), None);
        if let Some(mut events) = events {
            while let Some(event) = events.next_blocking() {
                match event {
                    Event::Text { text: more, logprobs, .. } => {
                        text.push_str(&more);
                        likely = likely.or_else(|| logprobs.into_iter().next());
                    }
                    Event::Failed { error } => return Err(error.into()),
                    Event::Started { .. } | Event::Prompt { .. } | Event::Embedding { .. } | Event::Finished { .. } => {
                    }
                }
            }
        }
        let chosen = match (self.mode, likely) {
            (Mode::Logits, Some(likely)) => {
                let values: Vec<f32> = likely.asked.iter().map(|token| token.logprob).collect();
                Some(likeliest(&values, &self.letters))
            }
            (Mode::Logits, None) => None,
            (Mode::Generate | Mode::Think, _) => match self.extractor.extract(question, &text) {
                Found::Letter(letter) => Some(letter),
                Found::Nothing => None,
            },
        };
        let judged = Judged { subject: part.subject.clone(), row: question.row, chosen, answer: question.answer };
        Ok(Answer { judged, examples, text: (self.mode != Mode::Logits).then_some(text) })
    }
}

/// The letter whose tokens' log probabilities have the greatest sum; of equals the first. Their common part of the softmax
/// changes nothing.
fn likeliest(values: &[f32], letters: &[Vec<u32>; 4]) -> Letter {
    let mut rest = values;
    let sums = letters.each_ref().map(|tokens| {
        let (own, others) = rest.split_at(tokens.len().min(rest.len()));
        rest = others;
        own.iter().sum::<f32>()
    });
    let mut best = 0;
    for at in 1..sums.len() {
        if sums[at] > sums[best] {
            best = at;
        }
    }
    CHOICES[best]
}

/// The tokens of a letter as the scripts take them: encoded alone, and in Chinese after a colon too.
fn letter_tokens(tokenizer: &Tokenizer, benchmark: Benchmark, letter: Letter) -> Vec<u32> {
    let encode = |text: &str| tokenizer.encode(text, Encoding { add_special: false, parse_special: false });
    let alone = encode(&letter.to_string());
    if benchmark.is_chinese() {
        let after_colon = encode(&format!("：{letter}"));
        alone.first().into_iter().chain(after_colon.last()).copied().collect()
    } else {
        alone.last().into_iter().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_letter_with_the_greatest_sum_is_chosen_and_of_equals_the_first() {
        let letters = [vec![1, 2], vec![3, 4], vec![5, 6], vec![7, 8]];
        assert_eq!(likeliest(&[-1.0, -9.0, -4.0, -4.0, -3.0, -6.0, -5.0, -5.0], &letters), Letter::B);
        assert_eq!(likeliest(&[-2.0; 8], &letters), Letter::A);
        assert_eq!(likeliest(&[-4.0, -3.0, -1.0, -2.0], &[vec![1], vec![2], vec![3], vec![4]]), Letter::C);
    }
}
