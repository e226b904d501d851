//! A request on the engine's thread: it turns rows of logits into tokens, text and events.

use std::sync::Arc;
use std::time::Instant;

use super::entry::Entry;
use super::options::EngineOptions;
use super::shared::{QueuePlace, Shared};
use super::stream::{Emitter, EventStream, Reader, stream};
use crate::model::{Outcome, Want};
use crate::request::{Event, FinishReason, GenerateError, Input, Logprobs, PromptToken, Request, TokenLogprob, Usage};
use crate::sample::{BANNED, NotFinite, Sampler, log_probability, top_logprobs};
use crate::text::{Decoder, Grammar, StopMatcher, Tokenizer};

/// At this bias a token never comes.
const BANNED_BIAS: f32 = -100.0;

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
    logprob_token_ids: Vec<u32>,
    /// The prompt's own log probabilities, as far as they are known; gone once they were told.
    prompt_scores: Option<PromptScores>,
    /// Whether the token that ends the answer is told with its log probability: who scores a text counts on one token more.
    tells_end: bool,
    /// The embedding so far, where the prompt is to become one.
    pooled: Option<Pooled>,
    logit_bias: Vec<(u32, f32)>,
    stop_tokens: Vec<u32>,
    grammar: Option<Grammar>,
    sampler: Sampler,
    decoder: Decoder,
    stops: StopMatcher,
    emitter: Emitter,
    place: Option<QueuePlace>,
    submitted: Instant,
    usage: Usage,
}

/// The log probabilities of a prompt.
struct PromptScores {
    prompt: Vec<u32>,
    /// How many alternatives are told.
    top: usize,
    /// From the second token on.
    known: Vec<Logprobs>,
}

/// Hidden states, added up.
#[derive(Default)]
struct Pooled {
    sum: Vec<f64>,
    tokens: usize,
}

/// What a row of logits led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StepOutcome {
    /// The row was that of a token in the middle of the prompt, or of one that was chosen before: nothing follows.
    Scored,
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
        grammar: Option<Grammar>,
        place: QueuePlace,
    ) -> (Self, EventStream) {
        let room = options.stream_buffer + usize::from(request.prompt_logprobs.is_some() || request.embedding);
        let (emitter, events) = stream(room, options.read_timeout);
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
            logprob_token_ids: request.logprob_token_ids,
            prompt_scores: request.prompt_logprobs.map(|top| PromptScores {
                prompt: prompt.clone(),
                top,
                known: Vec::new(),
            }),
            tells_end: request.prompt_logprobs.is_some() && request.logprobs.is_some(),
            pooled: request.embedding.then(Pooled::default),
            logit_bias: request.logit_bias,
            stop_tokens: request.stop_tokens,
            grammar,
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

    /// What is wanted of the request's rows in the next step, from a model that chooses tokens itself or does not.
    pub(super) fn want(&self, samples: bool) -> Want {
        if self.pooled.is_some() {
            return Want::Hidden;
        }
        let is_simple = samples
            && self.logprobs.is_none()
            && self.prompt_scores.is_none()
            && self.logit_bias.is_empty()
            && self.grammar.is_none();
        if is_simple {
            Want::Token(self.sampler.draw_elsewhere(self.tokenizer.vocabulary().len()))
        } else {
            Want::Logits
        }
    }

    /// Whether something is wanted of all tokens of the prompt.
    pub(super) fn wants_whole_prompt(&self) -> bool {
        self.prompt_scores.is_some() || self.pooled.is_some()
    }

    /// Takes what came of the token at a position: of the last one it takes the next token, or chooses it from the logits, and
    /// sends what it means. Rows of a padded output matrix that no token has are left out.
    pub(crate) fn advance(&mut self, position: usize, outcome: &Outcome) -> StepOutcome {
        let last = self.usage.prompt_tokens + self.usage.completion_tokens - 1;
        if let Outcome::Hidden(hidden) = outcome {
            return self.pool(position, hidden, position == last);
        }
        if position < last {
            return self.score(position, outcome);
        }
        if let Some(PromptScores { prompt, known, .. }) = self.prompt_scores.take() {
            self.tell_prompt(&prompt, known);
            if self.max_tokens == 0 {
                self.usage.first_token_seconds = self.seconds();
                return self.finish(FinishReason::Length);
            }
        }
        let token = match self.chosen(outcome) {
            Ok(token) => token,
            Err(error) => {
                self.fail(error);
                return StepOutcome::Ended;
            }
        };
        let is_complete = match self.grammar.as_mut().map(|grammar| grammar.accept(token)).transpose() {
            Ok(is_complete) => is_complete.unwrap_or(false),
            Err(error) => {
                self.fail(GenerateError::Model(error.to_string()));
                return StepOutcome::Ended;
            }
        };
        Shared::add(&self.shared.completion_tokens, 1);
        self.usage.completion_tokens += 1;
        if self.usage.completion_tokens == 1 {
            self.usage.first_token_seconds = self.seconds();
        }
        let logprobs = match (self.logprobs, outcome) {
            (Some(n), Outcome::Logits(logits)) => Some(self.logprobs_of(self.of_vocabulary(logits), token, n)),
            _ => None,
        };
        let is_end = !self.ignore_eos && self.tokenizer.vocabulary().is_end(token);
        if is_end || self.stop_tokens.contains(&token) {
            if self.tells_end {
                self.emitter.text("", Some(token), logprobs);
            }
            return self.finish(FinishReason::Stop);
        }
        let text = self.decoder.push(&self.tokenizer, token);
        let found = self.stops.push(&text);
        self.emitter.text(&found.text, Some(token), logprobs);
        if found.stop.is_some() {
            return self.finished(FinishReason::Stop, found.stop);
        }
        if is_complete {
            return self.finish(FinishReason::Stop);
        }
        if self.usage.completion_tokens >= self.max_tokens {
            return self.finish(FinishReason::Length);
        }
        StepOutcome::Token(token)
    }

    /// The next token: the one that a device chose, or one chosen from the logits.
    fn chosen(&mut self, outcome: &Outcome) -> Result<u32, GenerateError> {
        let not_finite = |error: NotFinite| GenerateError::NotFinite(error.to_string());
        let logits = match outcome {
            Outcome::Token(token) => {
                self.sampler.chosen_elsewhere(*token);
                return Ok(*token);
            }
            Outcome::NotFinite(error) => return Err(not_finite(*error)),
            Outcome::Hidden(_) => return Err(GenerateError::Model("a hidden state in place of a token".to_owned())),
            Outcome::Logits(logits) => self.of_vocabulary(logits),
        };
        if self.logit_bias.is_empty() && self.grammar.is_none() {
            return self.sampler.choose(logits).map(|choice| choice.token).map_err(not_finite);
        }
        let mut logits = logits.to_vec();
        for (token, bias) in &self.logit_bias {
            if let Some(logit) = logits.get_mut(*token as usize) {
                *logit = if *bias <= BANNED_BIAS { BANNED } else { *logit + bias };
            }
        }
        if let Some(grammar) = &mut self.grammar {
            grammar.restrict(&mut logits).map_err(|error| GenerateError::Model(error.to_string()))?;
        }
        self.sampler.choose(&logits).map(|choice| choice.token).map_err(not_finite)
    }

    /// Notes what the model thinks of the token after a position of the prompt. Rows may come again where the cache had to be
    /// given back.
    fn score(&mut self, position: usize, outcome: &Outcome) -> StepOutcome {
        let Outcome::Logits(logits) = outcome else { return StepOutcome::Scored };
        let Some(scores) = self.prompt_scores.as_ref().filter(|scores| scores.known.len() == position) else {
            return StepOutcome::Scored;
        };
        let logits = self.of_vocabulary(logits);
        if let Some(at) = logits.iter().position(|logit| !logit.is_finite()) {
            let error = NotFinite { token: at as u32, value: logits[at] };
            self.fail(GenerateError::NotFinite(error.to_string()));
            return StepOutcome::Ended;
        }
        let known = self.logprobs_of(logits, scores.prompt[position + 1], scores.top);
        if let Some(scores) = &mut self.prompt_scores {
            scores.known.push(known);
        }
        StepOutcome::Scored
    }

    /// Adds the hidden state of a position to the embedding, which is told after the last.
    fn pool(&mut self, position: usize, hidden: &[f32], is_last: bool) -> StepOutcome {
        let Some(pooled) = &mut self.pooled else { return StepOutcome::Scored };
        // As above: one that was added stays.
        if pooled.tokens == position {
            pooled.tokens += 1;
            pooled.sum.resize(hidden.len(), 0.0);
            pooled.sum.iter_mut().zip(hidden).for_each(|(sum, value)| *sum += f64::from(*value));
        }
        if !is_last {
            return StepOutcome::Scored;
        }
        let norm = pooled.sum.iter().map(|value| value * value).sum::<f64>().sqrt();
        if !(norm.is_finite() && norm > 0.0) {
            self.fail(GenerateError::NotFinite("the embedding has no direction".to_owned()));
            return StepOutcome::Ended;
        }
        // A mean's direction is that of the sum.
        let values = pooled.sum.iter().map(|value| (value / norm) as f32).collect();
        self.emitter.embedding(values);
        self.usage.first_token_seconds = self.seconds();
        self.finished(FinishReason::Length, None)
    }

    fn tell_prompt(&mut self, prompt: &[u32], known: Vec<Logprobs>) {
        let known = std::iter::once(None).chain(known.into_iter().map(Some));
        let token = |(token, logprobs): (&u32, Option<Logprobs>)| PromptToken {
            token: *token,
            bytes: self.tokenizer.bytes(*token),
            logprobs,
        };
        let tokens = prompt.iter().zip(known).map(token).collect();
        self.emitter.prompt(tokens);
    }

    /// A row without what a padded output matrix has beyond the vocabulary.
    fn of_vocabulary<'a>(&self, logits: &'a [f32]) -> &'a [f32] {
        logits.get(..self.tokenizer.vocabulary().len()).unwrap_or(logits)
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
            asked: self.logprob_token_ids.iter().map(|t| entry(*t, log_probability(logits, *t))).collect(),
        }
    }
}
