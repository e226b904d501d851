//! The way of events from the engine's thread to a reader: bounded, and never waiting.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures_util::Stream;
use tokio::sync::mpsc::{Receiver, Sender, channel, error::TrySendError};

use crate::request::{Event, GenerateError, Logprobs, PromptToken};

/// The events of one request. Dropping it cancels the request; so does leaving it unread for longer
/// than [`super::EngineOptions::read_timeout`].
#[derive(Debug)]
pub struct EventStream {
    receiver: Receiver<Event>,
    ended: bool,
}

impl EventStream {
    /// The next event, waiting on this thread. Not for use inside an asynchronous runtime.
    pub fn next_blocking(&mut self) -> Option<Event> {
        if self.ended {
            return None;
        }
        let event = self.receiver.blocking_recv();
        Some(self.noted(event))
    }

    /// Remembers the end; an end without a last event means that the engine is gone.
    fn noted(&mut self, event: Option<Event>) -> Event {
        let event = event.unwrap_or(Event::Failed { error: GenerateError::EngineStopped });
        self.ended = event.is_last();
        event
    }
}

impl Stream for EventStream {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        if self.ended {
            return Poll::Ready(None);
        }
        match self.receiver.poll_recv(cx) {
            Poll::Ready(event) => Poll::Ready(Some(self.noted(event))),
            Poll::Pending => Poll::Pending,
        }
    }
}

/// The engine's end of a stream. Sending never blocks: what a slow reader has no room for is held
/// and joined with what follows, and two places are kept free for the last text and the end.
#[derive(Debug)]
pub(super) struct Emitter {
    sender: Sender<Event>,
    room: usize,
    held: Held,
    read_timeout: Duration,
    unread_since: Option<Instant>,
}

#[derive(Debug, Default)]
struct Held {
    text: String,
    tokens: Vec<u32>,
    logprobs: Vec<Logprobs>,
}

/// Whether anybody still reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    There,
    Gone,
}

/// Places that only the end of a stream may use.
const LAST: usize = 2;

/// A stream and its engine's end; `room` events may wait unread.
pub(super) fn stream(room: usize, read_timeout: Duration) -> (Emitter, EventStream) {
    let (sender, receiver) = channel(room + LAST);
    (
        Emitter { sender, room, held: Held::default(), read_timeout, unread_since: None },
        EventStream { receiver, ended: false },
    )
}

impl Emitter {
    /// Whether the reader has gone or has stopped reading.
    pub(super) fn reader(&self) -> Reader {
        let full = self.sender.capacity() <= LAST;
        let stuck = full && self.unread_since.is_some_and(|since| since.elapsed() > self.read_timeout);
        if stuck || self.sender.is_closed() { Reader::Gone } else { Reader::There }
    }

    /// Says that the prompt is being read. The first event: there is room.
    pub(super) fn started(&mut self, prompt_tokens: usize, cached_tokens: usize) {
        self.offer(Event::Started { prompt_tokens, cached_tokens });
    }

    /// Tells the prompt's log probabilities, for which the stream has a place of its own.
    pub(super) fn prompt(&mut self, tokens: Vec<PromptToken>) {
        self.offer(Event::Prompt { tokens });
    }

    /// Tells the embedding, which has the same place.
    pub(super) fn embedding(&mut self, values: Vec<f32>) {
        self.offer(Event::Embedding { values });
    }

    /// Adds to the answer. Sent as soon as it has text and the reader has room.
    pub(super) fn text(&mut self, text: &str, token: Option<u32>, logprobs: Option<Logprobs>) {
        self.held.text.push_str(text);
        self.held.tokens.extend(token);
        self.held.logprobs.extend(logprobs);
        if self.held.text.is_empty() {
            return;
        }
        if self.sender.capacity() <= LAST {
            self.unread_since.get_or_insert_with(Instant::now);
            return;
        }
        self.unread_since = None;
        self.flush();
    }

    /// Ends the stream: the rest of the answer, then the last event.
    pub(super) fn end(&mut self, last: Event) {
        if !self.held.tokens.is_empty() || !self.held.text.is_empty() {
            self.flush();
        }
        self.offer(last);
    }

    fn flush(&mut self) {
        let Held { text, tokens, logprobs } = std::mem::take(&mut self.held);
        self.offer(Event::Text { text, tokens, logprobs });
    }

    fn offer(&mut self, event: Event) {
        match self.sender.try_send(event) {
            Ok(()) | Err(TrySendError::Closed(_)) => {}
            Err(TrySendError::Full(_)) => {
                debug_assert!(false, "a stream of {} places overflowed", self.room);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finished() -> Event {
        Event::Failed { error: GenerateError::Unloaded }
    }

    #[test]
    fn a_slow_reader_gets_everything_in_order_joined() {
        let (mut emitter, mut stream) = stream(2, Duration::from_secs(60));
        emitter.started(3, 0);
        for token in 0..50 {
            emitter.text("ab", Some(token), None);
        }
        assert_eq!(emitter.reader(), Reader::There);
        emitter.end(finished());
        let (mut text, mut tokens, mut events) = (String::new(), Vec::new(), 0);
        while let Some(event) = stream.next_blocking() {
            events += 1;
            if let Event::Text { text: more, tokens: t, .. } = event {
                text.push_str(&more);
                tokens.extend(t);
            }
        }
        assert_eq!((text.len(), tokens, events), (100, (0..50).collect(), 4));
    }

    #[test]
    fn a_reader_that_stops_reading_is_gone_after_the_patience() {
        let (mut emitter, _stream) = stream(1, Duration::ZERO);
        emitter.started(1, 0);
        emitter.text("a", Some(1), None);
        std::thread::sleep(Duration::from_millis(2));
        assert_eq!(emitter.reader(), Reader::Gone);
    }

    #[test]
    fn a_reader_that_went_away_is_gone() {
        let (emitter, stream) = stream(1, Duration::from_secs(60));
        assert_eq!(emitter.reader(), Reader::There);
        drop(stream);
        assert_eq!(emitter.reader(), Reader::Gone);
    }

    #[test]
    fn a_stream_whose_engine_is_gone_says_so_once() {
        let (emitter, mut stream) = stream(1, Duration::from_secs(60));
        drop(emitter);
        assert_eq!(stream.next_blocking(), Some(Event::Failed { error: GenerateError::EngineStopped }));
        assert_eq!(stream.next_blocking(), None);
    }
}
