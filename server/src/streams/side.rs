//! One side of a live turn: what has arrived, what was released, how it ended.

use std::sync::Arc;
use std::time::Instant;

use futures_util::stream::BoxStream;

use super::progress::{Slot, State};
use super::provenance::provenance;
use super::release_pacer::ColumnProgress;
use super::view::{SideView, prefix};
use crate::backends::{Asked, BackendError, ChatEvent, ErrorKind};
use crate::domain::{Answerer, ReplyId, ReplyStatus, Side};
use crate::store::battles::Finished;

/// The events of one answer.
pub type ChatEvents = BoxStream<'static, Result<ChatEvent, BackendError>>;

/// The longest answer that is kept, in bytes. ModelClients end earlier; this is the last wall.
const MAX_CONTENT: usize = 1024 * 1024;

/// A side that this server drains.
pub(super) struct LiveSide {
    pub(super) reply: ReplyId,
    pub(super) side: Side,
    attempt: i32,
    /// Whether an empty answer was retried for it.
    pub(super) after_empty: bool,
    restarts: u32,
    pub(super) chat_events: Option<ChatEvents>,
    began: Instant,
    content: String,
    chars: usize,
    released: usize,
    released_bytes: usize,
    status: ReplyStatus,
    finish_reason: Option<String>,
    error_code: Option<String>,
    prompt_tokens: Option<i32>,
    completion_tokens: Option<i32>,
    first_token_ms: Option<i32>,
    total_ms: Option<i32>,
    /// What was asked of whom.
    asked: Option<Box<Asked>>,
    /// Who answers, as far as it says.
    answerer: Answerer,
    /// Where its progress is laid down to be written.
    pub(super) slot: Arc<Slot>,
    /// How much of the text was laid down; nothing where the text is no longer what was.
    laid_down: Option<usize>,
    /// Whether it was looked through for names.
    pub(super) names: Step,
    /// Whether the row says all of it, and lasts.
    pub(super) last_write: Step,
    /// Another server or a deletion took the row away: nothing more is written.
    pub(super) is_lost: bool,
}

/// Something that has to be done once, and may fail while the database is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// From then on.
    Due(Instant),
    UnderWay,
    Done,
}

/// What a view of a side depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    reply: ReplyId,
    status: ReplyStatus,
    restarts: u32,
    released: usize,
}

impl Step {
    pub(super) fn is_due(self) -> bool {
        matches!(self, Self::Due(at) if at <= Instant::now())
    }
}

impl LiveSide {
    pub(super) fn new(reply: ReplyId, side: Side, attempt: i32, chat_events: ChatEvents, slot: Arc<Slot>) -> Self {
        let now = Instant::now();
        Self {
            reply,
            side,
            attempt,
            after_empty: false,
            restarts: 0,
            chat_events: Some(chat_events),
            began: now,
            content: String::new(),
            chars: 0,
            released: 0,
            released_bytes: 0,
            status: ReplyStatus::Waiting,
            finish_reason: None,
            error_code: None,
            prompt_tokens: None,
            completion_tokens: None,
            first_token_ms: None,
            total_ms: None,
            asked: None,
            answerer: Answerer::default(),
            slot,
            laid_down: Some(0),
            names: Step::Due(now),
            last_write: Step::Due(now),
            is_lost: false,
        }
    }

    /// Takes what the backend sent; the end of the events without a last word is a broken connection.
    pub(super) fn take(&mut self, piece: Option<Result<ChatEvent, BackendError>>) {
        match piece {
            Some(Ok(ChatEvent::Asked(asked))) => {
                // How long it took to be loaded says nothing of how fast it answers.
                self.began = Instant::now();
                self.asked = Some(asked);
            }
            Some(Ok(ChatEvent::AnsweredBy(answerer))) => self.answerer = answerer,
            Some(Ok(ChatEvent::Thinking)) => {}
            Some(Ok(ChatEvent::Retracted)) => self.retract(),
            Some(Ok(ChatEvent::Delta { text })) => self.append(&text),
            Some(Ok(ChatEvent::Finished { reason, usage })) => {
                self.prompt_tokens = usage.prompt_tokens.map(whole);
                self.completion_tokens = Some(whole(usage.completion_tokens));
                self.end(ReplyStatus::Done, reason.code(), None);
            }
            Some(Err(error)) => self.end(ReplyStatus::Failed, "error", Some(error.kind.code())),
            None => self.end(ReplyStatus::Failed, "error", Some(ErrorKind::Interrupted.code())),
        }
    }

    fn append(&mut self, text: &str) {
        // Postgres cannot store NUL.
        let text = text.replace('\0', "");
        if text.is_empty() {
            return;
        }
        if self.content.len() + text.len() > MAX_CONTENT {
            return self.end(ReplyStatus::Failed, "error", Some(ErrorKind::AnswerTooLarge.code()));
        }
        if self.first_token_ms.is_none() {
            self.first_token_ms = Some(self.elapsed());
        }
        self.status = ReplyStatus::Streaming;
        self.chars += text.chars().count();
        self.content.push_str(&text);
    }

    /// Forgets what has come: it was thinking.
    fn retract(&mut self) {
        self.content.clear();
        (self.chars, self.released, self.released_bytes) = (0, 0, 0);
        self.restarts += 1;
        self.first_token_ms = None;
        self.laid_down = None;
    }

    /// Ends the side and cancels its request.
    pub(super) fn end(&mut self, status: ReplyStatus, reason: &str, error: Option<&str>) {
        self.chat_events = None;
        self.status = status;
        self.finish_reason = Some(reason.to_owned());
        self.error_code = error.map(str::to_owned);
        self.total_ms = Some(self.elapsed());
    }

    /// Ends it where the reader sees it, though more may have arrived: the row is what was read.
    pub(super) fn stop(&mut self) {
        if !self.is_running() && self.released == self.chars {
            return;
        }
        self.content.truncate(self.released_bytes);
        self.chars = self.released;
        self.laid_down = None;
        self.end(ReplyStatus::Stopped, "stopped", None);
    }

    /// Releases all that has arrived at once.
    pub(super) fn release_all(&mut self) {
        self.release(self.chars - self.released);
    }

    /// Releases the next characters.
    pub(super) fn release(&mut self, chars: usize) {
        if chars == 0 {
            return;
        }
        self.released_bytes += prefix(&self.content[self.released_bytes..], chars).len();
        self.released = (self.released + chars).min(self.chars);
    }

    pub(super) const fn is_running(&self) -> bool {
        self.status.is_running()
    }

    /// Whether it has ended and all of it was released.
    pub(super) const fn is_over(&self) -> bool {
        !self.is_running() && (self.released == self.chars)
    }

    /// Whether it is over and nothing remains to be written.
    pub(super) fn is_settled(&self) -> bool {
        self.is_over() && (self.is_lost || self.last_write == Step::Done)
    }

    /// Lays down how far it has come, for the writer of progress.
    pub(super) fn lay_down(&mut self) {
        let state = State {
            status: self.status,
            released: whole(self.released as u64),
            finish_reason: self.finish_reason.clone(),
            error_code: self.error_code.clone(),
            prompt_tokens: self.prompt_tokens,
            completion_tokens: self.completion_tokens,
            first_token_ms: self.first_token_ms,
            total_ms: self.total_ms,
        };
        let is_appended = self.laid_down.is_some_and(|bytes| self.slot.append(state.clone(), &self.content[bytes..]));
        if !is_appended {
            self.slot.replace(state, &self.content);
        }
        self.laid_down = Some(self.content.len());
    }

    pub(super) const fn lane(&self) -> ColumnProgress {
        let ended = !self.is_running();
        let is_unasked = self.asked.is_none() && self.chars == 0 && !ended;
        ColumnProgress { arrived: self.chars, released: self.released, ended, is_unasked }
    }

    /// Where two are equal, so are the views.
    pub(super) fn look(&self, has_given_up: bool) -> Look {
        let status = self.shown_status(has_given_up);
        Look { reply: self.reply, status, restarts: self.restarts, released: self.released }
    }

    /// The end is shown only when it is written down.
    fn shown_status(&self, has_given_up: bool) -> ReplyStatus {
        let has_ended = self.is_settled() || (has_given_up && self.is_over());
        if has_ended { self.status } else { ReplyStatus::Streaming }
    }

    /// What a reader may see.
    pub(super) fn view(&self, has_given_up: bool) -> SideView {
        let status = self.shown_status(has_given_up);
        let text = &self.content[..self.released_bytes];
        let view = SideView::new(self.reply, self.attempt, status, text, self.error_code.as_deref());
        SideView { restarts: self.restarts, ..view }.with(self.finish_reason.as_deref(), self.after_empty)
    }

    pub(super) fn content(&self) -> &str {
        &self.content
    }

    pub(super) fn error_code(&self) -> Option<&str> {
        self.error_code.as_deref()
    }

    pub(super) const fn tokens(&self) -> (Option<i32>, Option<i32>) {
        (self.prompt_tokens, self.completion_tokens)
    }

    /// The row to last.
    pub(super) fn finished(&self) -> Finished {
        Finished {
            id: self.reply,
            status: self.status,
            content: self.content.clone(),
            released: whole(self.released as u64),
            finish_reason: self.finish_reason.clone(),
            error_code: self.error_code.clone(),
            prompt_tokens: self.prompt_tokens,
            completion_tokens: self.completion_tokens,
            first_token_ms: self.first_token_ms,
            total_ms: self.total_ms,
            provenance: self.asked.as_deref().and_then(|asked| provenance(asked, self.answerer.clone())),
        }
    }

    fn elapsed(&self) -> i32 {
        whole(self.began.elapsed().as_millis() as u64)
    }
}

fn whole(number: u64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
