//! What is to be written of one answer, and what was heard of its row.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::domain::{ReplyId, ReplyStatus};
use crate::store::battles::{NewProgress, SavedProgress};

/// How far an answer has come, apart from its text.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::streams) struct State {
    pub(in crate::streams) status: ReplyStatus,
    /// How many characters the browser may see.
    pub(in crate::streams) released: i32,
    pub(in crate::streams) finish_reason: Option<String>,
    pub(in crate::streams) error_code: Option<String>,
    pub(in crate::streams) prompt_tokens: Option<i32>,
    pub(in crate::streams) completion_tokens: Option<i32>,
    pub(in crate::streams) first_token_ms: Option<i32>,
    pub(in crate::streams) total_ms: Option<i32>,
}

/// What other servers have done to the row.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(in crate::streams) struct Signals {
    /// Somebody pressed stop.
    pub(in crate::streams) stop: bool,
    /// Seconds since somebody last read it elsewhere.
    pub(in crate::streams) read_seconds_ago: Option<f64>,
    /// The row is no longer this server's: another one took it for dead, or the battle was deleted.
    pub(in crate::streams) is_lost: bool,
}

/// The place between the task that drains an answer and the writer.
#[derive(Debug)]
pub(in crate::streams) struct Slot {
    pub(super) reply: ReplyId,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    state: Option<State>,
    /// Bytes that the row has, as far as is known.
    written: usize,
    /// The text after those.
    unwritten: String,
    /// Counts the texts: when one is replaced, what was sent of the one before says nothing of it.
    text: u64,
    /// Counts changes, and says which of them the row has.
    change: u64,
    saved: u64,
    sent: u64,
    sent_text: u64,
    saved_at: Instant,
    /// The row is not what it should be: the text is to be laid down as a whole.
    wants_whole: bool,
    is_closed: bool,
    signals: Signals,
}

/// What is to be done about a slot now.
pub(super) enum Due {
    /// There is something to write.
    Write(NewProgress),
    /// Nothing, but its row may say something.
    Watch,
    Nothing,
}

impl Slot {
    pub(super) fn new(reply: ReplyId) -> Self {
        let inner = Inner {
            state: None,
            written: 0,
            unwritten: String::new(),
            text: 0,
            change: 0,
            saved: 0,
            sent: 0,
            sent_text: 0,
            saved_at: Instant::now(),
            wants_whole: false,
            is_closed: false,
            signals: Signals::default(),
        };
        Self { reply, inner: Mutex::new(inner) }
    }

    /// Lays down how far the answer has come, and what came after what was laid down before. False: the whole text is
    /// wanted, see [`Self::replace`].
    pub(in crate::streams) fn append(&self, state: State, more: &str) -> bool {
        let mut inner = self.inner();
        if inner.wants_whole {
            return false;
        }
        inner.unwritten.push_str(more);
        inner.take(state, !more.is_empty());
        true
    }

    /// Lays down how far the answer has come, and a text in the place of what was laid down before.
    pub(in crate::streams) fn replace(&self, state: State, whole: &str) {
        let mut inner = self.inner();
        inner.written = 0;
        inner.unwritten = whole.to_owned();
        inner.text += 1;
        inner.wants_whole = false;
        inner.take(state, true);
    }

    /// What was heard since this was last asked.
    pub(in crate::streams) fn signals(&self) -> Signals {
        std::mem::take(&mut self.inner().signals)
    }

    pub(super) fn close(&self) {
        self.inner().is_closed = true;
    }

    pub(super) fn is_closed(&self) -> bool {
        self.inner().is_closed
    }

    pub(super) fn due(&self, heartbeat: Duration) -> Due {
        let mut inner = self.inner();
        let Some(state) = inner.state.clone().filter(|_| !inner.is_closed) else { return Due::Nothing };
        if inner.change == inner.saved && inner.saved_at.elapsed() < heartbeat {
            return Due::Watch;
        }
        (inner.sent, inner.sent_text) = (inner.change, inner.text);
        let State { status, released, finish_reason, error_code, .. } = state;
        Due::Write(NewProgress {
            id: self.reply,
            status,
            from: inner.written,
            text: inner.unwritten.clone(),
            released,
            finish_reason,
            error_code,
            prompt_tokens: state.prompt_tokens,
            completion_tokens: state.completion_tokens,
            first_token_ms: state.first_token_ms,
            total_ms: state.total_ms,
        })
    }

    /// Hears of the row after a statement in which `new` of it was sent; no row: it is lost.
    pub(super) fn saved(&self, row: Option<&SavedProgress>, new: Option<&NewProgress>) {
        let mut inner = self.inner();
        let Some(row) = row else {
            inner.signals.is_lost = true;
            return;
        };
        inner.signals.stop |= row.stop;
        inner.signals.read_seconds_ago = row.read_seconds_ago;
        // Somebody else held the row: the next statement has it all again.
        let (Some(new), Some(length)) = (new, row.length) else { return };
        inner.saved = inner.sent;
        inner.saved_at = Instant::now();
        if inner.sent_text != inner.text {
            return;
        }
        let whole = new.from + new.text.len();
        if length == whole {
            inner.written = whole;
            inner.unwritten.drain(..new.text.len());
        } else {
            // A database that crashed may have lost what it had taken; one that hung up may have more than it said.
            inner.wants_whole = true;
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn take(&mut self, state: State, has_text: bool) {
        if has_text || self.state.as_ref() != Some(&state) {
            self.change += 1;
            self.state = Some(state);
        }
    }
}
