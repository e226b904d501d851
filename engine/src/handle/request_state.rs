//! A request on the engine's thread: it turns rows of logits into tokens, text and events.

use std::sync::Arc;
use std::time::Instant;

use super::entry::Entry;
use super::options::EngineOptions;
use super::shared::{QueuePlace, Shared};
use super::stream::{Emitter, EventStream, Reader, stream};
use crate::model::Outcome;
use crate::request::{Event, FinishReason, GenerateError, Input, Logprobs, Request, TokenLogprob, Usage};
use crate::sample::{Draw, Sampler, log_probability, top_logprobs};
use crate::text::{Decoder, StopMatcher, Tokenizer};

/// One accepted request.
pub(crate) struct RequestState {
    tokenizer: Arc<Tokenizer>,
    shared: Arc<Shared>,
    /// Taken by the scheduler when the job is queued there.
    pub(super) prompt: Vec<u32>,
    /// Most tokens that prompt and answer have together.
    pub(super) max_total_tokens: usize,
    max_tokens: usize,
    ignore_eos: bool,
    logprobs: Option<usize>,
    sampler: Sampler,
    decoder: Decoder,
    stops: StopMatcher,
    emitter: Emitter,
    place: Option<QueuePlace>,
    submitted: Instant,
    usage: Usage,
}

/// What a row of logits led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StepOutcome {
    /// This token follows.
    Token(u32),
    /// The request has ended and said so.
    Ended,
}

impl RequestState {
    pub(super) fn new(
        entry: &Entry,
        options: &EngineOptions,
        request: Request,
        prompt: Vec<u32>,
        place: QueuePlace,
    ) -> (Self, EventStream) {
        let (emitter, events) = stream(options.stream_buffer, options.read_timeout);
        let max_tokens = request.max_tokens.min(entry.card.context - prompt.len());
        // A vocabulary that puts a space before every text puts one before an answer too.
        let spaced = entry.tokenizer.vocabulary().adds_space_prefix() && matches!(request.input, Input::Chat(_));
        let job = Self {
            tokenizer: Arc::clone(&entry.tokenizer),
            shared: Arc::clone(&entry.shared),
            max_total_tokens: prompt.len() + max_tokens,
            max_tokens,
            ignore_eos: request.ignore_eos,
            logprobs: request.logprobs,
            sampler: Sampler::new(request.sampling, &prompt),
            decoder: if spaced { Decoder::without_first_space() } else { Decoder::new() },
            stops: StopMatcher::new(request.stop),
            emitter,
            place: Some(place),
            submitted: Instant::now(),
            usage: Usage { prompt_tokens: prompt.len(), ..Usage::default() },
            prompt,
        };
        (job, events)
    }

    /// Whether the reader has gone or has stopped reading.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.emitter.reader() == Reader::Gone
    }

    /// The model begins with the prompt. Only the first time counts: a request that had to give
    /// its cache back begins again unseen.
    pub(crate) fn start(&mut self, cached_tokens: usize) {
        if self.place.take().is_some() {
            self.usage.queue_seconds = self.seconds();
            self.usage.cached_tokens = cached_tokens;
            Shared::add(&self.shared.prompt_tokens, self.usage.prompt_tokens as u64);
            Shared::add(&self.shared.cached_tokens, cached_tokens as u64);
            self.emitter.started(self.usage.prompt_tokens, cached_tokens);
        }
    }

    /// How a device would choose the next token; `None` where the logits are wanted themselves.
    pub(super) fn draw(&self) -> Option<Draw> {
        self.logprobs.is_none().then(|| self.sampler.draw_elsewhere(self.tokenizer.vocabulary().len()))
    }

    /// Takes the next token, or chooses it from the logits, and sends what it means. Rows of a padded output matrix that no
    /// token has are left out.
    pub(crate) fn advance(&mut self, outcome: &Outcome) -> StepOutcome {
        let tokens = self.tokenizer.vocabulary().len();
        let chosen = match outcome {
            Outcome::Token(token) => {
                self.sampler.chosen_elsewhere(*token);
                Ok(*token)
            }
            Outcome::Logits(logits) => {
                self.sampler.choose(logits.get(..tokens).unwrap_or(logits)).map(|choice| choice.token)
            }
            Outcome::NotFinite(error) => Err(*error),
        };
        let token = match chosen {
            Ok(token) => token,
            Err(error) => {
                self.fail(GenerateError::NotFinite(error.to_string()));
                return StepOutcome::Ended;
            }
        };
        Shared::add(&self.shared.completion_tokens, 1);
        self.usage.completion_tokens += 1;
        if self.usage.completion_tokens == 1 {
            self.usage.first_token_seconds = self.seconds();
        }
        if !self.ignore_eos && self.tokenizer.vocabulary().is_end(token) {
            return self.finish(FinishReason::Stop);
        }
        let text = self.decoder.push(&self.tokenizer, token);
        let found = self.stops.push(&text);
        let logprobs = match (self.logprobs, outcome) {
            (Some(n), Outcome::Logits(logits)) => {
                Some(self.logprobs_of(logits.get(..tokens).unwrap_or(logits), token, n))
            }
            _ => None,
        };
        self.emitter.text(&found.text, Some(token), logprobs);
        if found.stop.is_some() {
            return self.finished(FinishReason::Stop, found.stop);
        }
        if self.usage.completion_tokens >= self.max_tokens {
            return self.finish(FinishReason::Length);
        }
        StepOutcome::Token(token)
    }

    /// Ends the answer where nothing more will come: what was held back is part of it, unless it
    /// completes a stop string.
    fn finish(&mut self, reason: FinishReason) -> StepOutcome {
        let tail = self.decoder.finish();
        let found = self.stops.push(&tail);
        self.emitter.text(&found.text, None, None);
        if found.stop.is_some() {
            return self.finished(FinishReason::Stop, found.stop);
        }
        let held = self.stops.finish();
        self.emitter.text(&held, None, None);
        self.finished(reason, None)
    }

    fn finished(&mut self, reason: FinishReason, stop: Option<String>) -> StepOutcome {
        Shared::add(&self.shared.finished, 1);
        self.usage.total_seconds = self.seconds();
        self.emitter.end(Event::Finished { reason, stop, usage: self.usage });
        StepOutcome::Ended
    }

    /// Ends the request with an error.
    pub(crate) fn fail(&mut self, error: GenerateError) {
        Shared::add(&self.shared.failed, 1);
        self.emitter.end(Event::Failed { error });
    }

    /// Ends a request that nobody reads.
    pub(crate) fn cancel(&mut self) {
        Shared::add(&self.shared.cancelled, 1);
        self.usage.total_seconds = self.seconds();
        self.emitter.end(Event::Finished { reason: FinishReason::Cancelled, stop: None, usage: self.usage });
    }

    fn seconds(&self) -> f64 {
        self.submitted.elapsed().as_secs_f64()
    }

    fn logprobs_of(&self, logits: &[f32], token: u32, n: usize) -> Logprobs {
        let entry = |token: u32, logprob: f32| TokenLogprob { token, bytes: self.tokenizer.bytes(token), logprob };
        Logprobs {
            chosen: entry(token, log_probability(logits, token)),
            top: top_logprobs(logits, n).into_iter().map(|(t, p)| entry(t, p)).collect(),
        }
    }
}
