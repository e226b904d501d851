//! Reads one response: events or a whole answer, within the time, into the reader's events.

use std::future::Future;
use std::time::Duration;

use reqwest::Response;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::answer::{FinishReason, Piece, Usage, read, read_chunk};
use super::endpoint::Endpoint;
use super::error::{BackendError, ErrorKind};
use super::event::{ChatEvent, Item};
use super::halves::Halves;
use super::refusal::of_words;
use super::send::interrupted;
use super::sse::{Event, Parser};
use super::thinking::{Split, Thinking};
use crate::domain::Answerer;

/// The longest text of an answer, far above any model's limit on tokens.
const TEXT_BYTES: usize = 4 << 20;
/// The most bytes read for it, with all the JSON around each token.
const RAW_BYTES: usize = 64 << 20;
/// The longest answer that comes as one JSON text.
const WHOLE_BYTES: usize = 8 << 20;
/// U+FEFF in UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
/// How long the count of tokens may follow after the finish reason.
const AFTER_FINISH: Duration = Duration::from_secs(5);

/// What an endpoint may exceed the limit on tokens by before it is cut off: what a piece holds is a guess, a whole token as
/// a rule, part of one where a proxy cuts texts anew.
const SLACK: f64 = 1.5;
/// Bytes that a token has at least on average: pieces that are smaller are parts of tokens.
const LEAST_TOKEN: u64 = 3;
/// Bytes that a token has at most on average: larger pieces hold several.
const LARGEST_TOKEN: u64 = 16;

/// One answer while it is being read.
pub(super) struct Answer<'a> {
    endpoint: &'a Endpoint,
    sender: &'a mpsc::Sender<Item>,
    ends: Instant,
    deadline: Instant,
    begun: bool,
    thinking: Thinking,
    has_thought: bool,
    halves: Halves,
    /// The last that came and says nothing of an answer.
    strange: Option<String>,
    /// Which of several answers this is: the first that came.
    index: Option<u64>,
    /// Whether pieces of the answer came, so that a whole one repeats them.
    has_deltas: bool,
    /// Whether the last that came were the counts of tokens, as at the end.
    is_counted: bool,
    pieces: u64,
    /// Pieces that are thoughts or calls and nothing else.
    thoughts: u64,
    /// Bytes of everything that was said, thoughts between tags too.
    said: u64,
    text_bytes: usize,
    max_tokens: Option<u32>,
    reason: Option<FinishReason>,
    done: bool,
    usage: Usage,
    /// Who answers, as far as it was said, and whether the reader knows.
    answerer: Answerer,
    is_answerer_told: bool,
}

impl<'a> Answer<'a> {
    /// An answer that is about to be asked for; it must be complete at `ends` and is cut off where it is clearly longer
    /// than `max_tokens`.
    pub(super) fn new(
        endpoint: &'a Endpoint,
        sender: &'a mpsc::Sender<Item>,
        ends: Instant,
        max_tokens: Option<u32>,
    ) -> Self {
        Self {
            endpoint,
            sender,
            ends,
            deadline: Instant::now() + endpoint.timeouts.first_token,
            begun: false,
            thinking: Thinking::default(),
            has_thought: false,
            halves: Halves::default(),
            strange: None,
            index: None,
            has_deltas: false,
            is_counted: false,
            pieces: 0,
            thoughts: 0,
            said: 0,
            text_bytes: 0,
            max_tokens,
            reason: None,
            done: false,
            usage: Usage::default(),
            answerer: Answerer::default(),
            is_answerer_told: true,
        }
    }

    /// Whether anything of the answer has come, so that it cannot be asked for again unnoticed.
    pub(super) fn has_begun(&self) -> bool {
        self.begun
    }

    /// Waits for something that must happen before the current deadline.
    pub(super) async fn in_time<T>(&self, work: impl Future<Output = T>) -> Result<T, BackendError> {
        let deadline = self.deadline.min(self.ends);
        timeout_at(deadline, work).await.map_err(|_| {
            let timeouts = &self.endpoint.timeouts;
            let (kind, limit) = match (self.ends <= self.deadline, self.begun) {
                (true, _) => (ErrorKind::TotalTimeout, timeouts.total),
                (false, false) => (ErrorKind::FirstTokenTimeout, timeouts.first_token),
                (false, true) => (ErrorKind::BetweenTokensTimeout, timeouts.between_tokens),
            };
            BackendError::new(kind, format!("nothing within {limit:?}"))
        })
    }

    /// Reads the body to the end of the answer, whatever form it has.
    pub(super) async fn read(&mut self, mut response: Response) -> Result<(), BackendError> {
        let mut form = Form::Unknown(Vec::new());
        let mut raw_bytes = 0;
        while !self.done {
            let chunk = match self.in_time(response.chunk()).await {
                Ok(Ok(chunk)) => chunk,
                // The reason to finish is known: what breaks now takes nothing from the answer.
                Ok(Err(_)) | Err(_) if self.reason.is_some() => return Ok(()),
                Ok(Err(error)) => return Err(interrupted(&error)),
                Err(error) => return Err(error),
            };
            let Some(bytes) = chunk else {
                for event in form.finish() {
                    self.take(event).await?;
                }
                return self.ended();
            };
            raw_bytes += bytes.len();
            if raw_bytes > RAW_BYTES {
                return Err(too_large(RAW_BYTES));
            }
            for event in form.push(&bytes)? {
                self.take(event).await?;
            }
        }
        Ok(())
    }

    /// Tells the reader that the answer is complete.
    ///
    /// # Errors
    /// [`ErrorKind::Filtered`] where the provider's filter has left nothing of it.
    pub(super) async fn finish(mut self) -> Result<(), BackendError> {
        let half = self.halves.finish();
        let rest = self.thinking.take(half);
        self.tell_split(rest).await?;
        let rest = self.thinking.finish();
        self.tell_split(rest).await?;
        if self.reason == Some(FinishReason::Filtered) && self.text_bytes == 0 {
            return Err(BackendError::new(ErrorKind::Filtered, "the filter has left nothing of the answer"));
        }
        let usage = Usage {
            estimated: self.usage.completion_tokens == 0 && self.pieces > 0,
            completion_tokens: match self.usage.completion_tokens {
                0 => self.pieces,
                counted => counted,
            },
            ..self.usage
        };
        let reason = self.reason.clone().unwrap_or(FinishReason::Stop);
        self.tell_answerer().await?;
        self.tell(ChatEvent::Finished { reason, usage }).await
    }

    async fn take(&mut self, event: Event) -> Result<(), BackendError> {
        let data = match event {
            // A sign of life is not a token: a server that only pings must not hang a battle.
            Event::KeepAlive => return Ok(()),
            Event::Data(data) if data.trim() == "[DONE]" => {
                self.done = true;
                // An end without a beginning is no answer; it may be worth another try.
                return self.ended();
            }
            Event::Data(_) if self.done => return Ok(()),
            Event::Data(data) => data,
            Event::Error(data) => {
                let refusal = match read(&format!("{{\"error\":{data}}}")) {
                    Err(error) if error.kind != ErrorKind::InvalidAnswer => error,
                    _ => of_words(None, "", &data),
                };
                return Err(self.clean(refusal));
            }
        };
        let piece = match read_chunk(&data) {
            Ok(Some(piece)) => piece,
            Ok(None) => {
                self.strange = Some(data);
                return Ok(());
            }
            Err(_) if self.reason.is_some() => return Ok(()),
            Err(error) => return Err(self.clean(error)),
        };
        self.take_piece(piece).await
    }

    async fn take_piece(&mut self, mut piece: Piece) -> Result<(), BackendError> {
        if let Some(count) = piece.prompt_tokens {
            self.usage.prompt_tokens = Some(count);
        }
        if let Some(count) = piece.completion_tokens {
            self.usage.completion_tokens = count;
        }
        self.note_answerer(std::mem::take(&mut piece.answerer));
        self.is_counted = piece.is_count && piece.completion_tokens.is_some_and(|count| count > 0);
        if !piece.is_count && *self.index.get_or_insert(piece.index) != piece.index {
            return Ok(());
        }
        if piece.is_whole && self.has_deltas {
            piece.text.clear();
        }
        self.has_deltas |= !piece.is_whole && !piece.text.is_empty();
        if piece.is_thinking || piece.is_other || !piece.text.is_empty() {
            self.begun = true;
            self.pieces += 1;
            self.deadline = Instant::now() + self.endpoint.timeouts.between_tokens;
        }
        let text = self.halves.join(piece.text, piece.has_halves);
        self.thoughts += u64::from((piece.is_thinking || piece.is_other) && text.is_empty());
        self.said += text.len() as u64;
        let mut split = self.thinking.take(&text);
        split.is_thinking |= piece.is_thinking;
        self.tell_split(split).await?;
        // Once there is an answer: whoever waits for its beginning waits for nothing else.
        if self.text_bytes > 0 {
            self.tell_answerer().await?;
        }
        if self.reason.is_none() && self.is_too_long() {
            tracing::warn!(model = self.endpoint.model(), "the endpoint goes on beyond the limit on tokens: cut off");
            self.reason = Some(FinishReason::Length);
            self.done = true;
        }
        if let Some(reason) = piece.finish
            && self.reason.is_none()
        {
            self.begun = true;
            self.reason = Some(reason);
            self.deadline = Instant::now() + AFTER_FINISH;
        }
        Ok(())
    }

    /// The name is the first that came: some servers write another one beside the counts. A fingerprint may come late.
    fn note_answerer(&mut self, said: Answerer) {
        let Answerer { fingerprint, model } = &self.answerer;
        let known = Answerer {
            fingerprint: said.fingerprint.or_else(|| fingerprint.clone()),
            model: model.clone().or(said.model),
        };
        if known != self.answerer {
            self.answerer = known;
            self.is_answerer_told = false;
        }
    }

    async fn tell_answerer(&mut self) -> Result<(), BackendError> {
        if std::mem::replace(&mut self.is_answerer_told, true) {
            return Ok(());
        }
        self.tell(ChatEvent::AnsweredBy(self.answerer.clone())).await
    }

    async fn tell_split(&mut self, split: Split) -> Result<(), BackendError> {
        if split.is_thinking && !self.has_thought {
            self.has_thought = true;
            self.tell(ChatEvent::Thinking).await?;
        }
        if split.retracts {
            self.text_bytes = 0;
            self.tell(ChatEvent::Retracted).await?;
        }
        if split.text.is_empty() {
            return Ok(());
        }
        self.text_bytes += split.text.len();
        if self.text_bytes > TEXT_BYTES {
            return Err(too_large(TEXT_BYTES));
        }
        let text = self.within_limit(split.text);
        self.tell(ChatEvent::Delta { text }).await
    }

    /// Whether it is clearly longer than was asked for.
    fn is_too_long(&self) -> bool {
        let Some(limit) = self.max_tokens.map(u64::from) else { return false };
        let written = (self.pieces - self.thoughts).min(self.said / LEAST_TOKEN);
        (self.thoughts + written) as f64 > limit as f64 * SLACK || self.said >= limit * LARGEST_TOKEN
    }

    /// As much of a piece as so many tokens may have.
    fn within_limit(&self, mut text: String) -> String {
        if let Some(limit) = self.max_tokens {
            let most = limit as usize * LARGEST_TOKEN as usize;
            let over = self.text_bytes.saturating_sub(most);
            text.truncate(text.floor_char_boundary(text.len().saturating_sub(over)));
        }
        text
    }

    /// The body or the protocol says that nothing follows.
    fn ended(&self) -> Result<(), BackendError> {
        match (&self.reason, self.done, self.begun) {
            (Some(_), _, _) | (None, true, true) => Ok(()),
            // Some servers name no reason, and count at the end.
            (None, false, true) if self.is_counted => Ok(()),
            (None, _, false) if self.strange.is_some() => {
                let came = self.strange.as_deref().unwrap_or_default();
                let came = format!("what came says nothing of an answer: {came}");
                Err(self.clean(BackendError::new(ErrorKind::InvalidAnswer, came)))
            }
            (None, _, false) => Err(BackendError::new(ErrorKind::Interrupted, "the answer ended before it began")),
            (None, false, true) => {
                Err(BackendError::new(ErrorKind::Interrupted, "the connection closed in the middle of the answer"))
            }
        }
    }

    /// Passes an event on. A reader that does not read for as long as a token may take is given up.
    async fn tell(&self, event: ChatEvent) -> Result<(), BackendError> {
        let limit = self.endpoint.timeouts.between_tokens;
        match self.sender.send_timeout(Ok(event), limit).await {
            Ok(()) => Ok(()),
            Err(_) => Err(BackendError::new(ErrorKind::TotalTimeout, "nobody reads the answer")),
        }
    }

    fn clean(&self, error: BackendError) -> BackendError {
        use secrecy::ExposeSecret;
        error.without(self.endpoint.key.as_ref().map(|key| key.expose_secret()))
    }
}

/// The form of a body, told by its first byte: content types lie.
enum Form {
    Unknown(Vec<u8>),
    Events(Parser),
    Whole(Vec<u8>),
}

impl Form {
    fn push(&mut self, bytes: &[u8]) -> Result<Vec<Event>, BackendError> {
        match self {
            Self::Unknown(start) => {
                start.extend_from_slice(bytes);
                // A mark of the byte order says nothing of the form.
                if BYTE_ORDER_MARK.starts_with(start) {
                    return Ok(Vec::new());
                }
                if start.starts_with(BYTE_ORDER_MARK) {
                    start.drain(..BYTE_ORDER_MARK.len());
                }
                let Some(first) = start.iter().find(|byte| !byte.is_ascii_whitespace()) else {
                    // White space is what some proxies send to keep a connection open.
                    start.clear();
                    return Ok(Vec::new());
                };
                let whole = *first == b'{';
                let page = *first == b'<';
                let start = std::mem::take(start);
                if page {
                    return Err(BackendError::new(
                        ErrorKind::InvalidAnswer,
                        format!("a page instead of an answer: {}", String::from_utf8_lossy(&start)),
                    ));
                }
                *self = if whole { Self::Whole(Vec::new()) } else { Self::Events(Parser::default()) };
                self.push(&start)
            }
            Self::Events(parser) => parser.push(bytes),
            Self::Whole(body) => {
                body.extend_from_slice(bytes);
                if body.len() > WHOLE_BYTES { Err(too_large(WHOLE_BYTES)) } else { Ok(Vec::new()) }
            }
        }
    }

    fn finish(&mut self) -> Vec<Event> {
        match self {
            Self::Unknown(_) => Vec::new(),
            Self::Events(parser) => parser.finish(),
            Self::Whole(body) => vec![Event::Data(String::from_utf8_lossy(body).into_owned())],
        }
    }
}

fn too_large(bound: usize) -> BackendError {
    BackendError::new(ErrorKind::AnswerTooLarge, format!("the answer is longer than {bound} bytes"))
}
