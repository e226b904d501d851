//! One prompt of a run: the models' answers, and what the judge says of them.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use mixtral_judge::{Answer, Item, Mode, Question, Reader, Verdict, Wording, form, orders};
use uuid::Uuid;

use crate::actions::answering::target_in_turn;
use crate::backends::{BackendError, ChatEvent, ChatRequest, ErrorKind, Message, Role, Sampling};
use crate::backoff::doubled;
use crate::state::AppState;
use crate::store::models::Model;

/// How often a judge is asked whose replies cannot be read.
const ATTEMPTS: usize = 3;
/// How often a request is tried again that failed for now, beside the endpoint's own retries; and the pauses between.
const RETRIES: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// The longest answer, and the longest verdict: a judge may think first.
const ANSWER_TOKENS: u32 = 1024;
const VERDICT_TOKENS: u32 = 2048;
/// The published temperature of Chinese-Mixtral's examples.
const TEMPERATURE: f32 = 0.2;

/// Why a prompt has not all its verdicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gap {
    /// A model or the judge could not be asked.
    Backend(ErrorKind),
    /// The judge's replies hold no verdict.
    Unread,
    /// No more requests may be made.
    Budget,
}

/// What is asked of whom.
pub(super) struct Asker<'a> {
    pub arena: &'a AppState,
    pub judge: &'a Model,
    pub models: &'a [Model],
    pub reader: &'a Reader,
    pub mode: Mode,
    pub wording: Wording,
    /// Requests so far, and at most.
    pub requests: &'a AtomicI64,
    pub max_requests: Option<i64>,
}

/// Why there is no text.
struct NoText {
    gap: Gap,
    /// What the list shows of it.
    why: String,
}

impl Asker<'_> {
    /// Has a prompt answered and judged. What is missing is told beside it.
    pub async fn item(&self, number: usize, question: &Question) -> (Item, Option<Gap>) {
        let mut item = Item {
            id: question.id.clone(),
            turns: question.turns.clone(),
            answers: question.answers.clone(),
            verdicts: Vec::new(),
            people: question.people,
            failed: None,
        };
        if item.answers.is_empty() {
            for answered in join_all(self.models.iter().map(|model| self.answer(model, &question.turns))).await {
                match answered {
                    Ok(answer) => item.answers.push(answer),
                    Err(NoText { gap, why }) => {
                        let item = Item { answers: Vec::new(), failed: Some(why), ..item };
                        return (item, Some(gap));
                    }
                }
            }
        }
        for order in orders(self.mode, item.answers.len(), number) {
            match self.verdict(&item, order).await {
                Ok(verdict) => item.verdicts.push(verdict),
                Err(NoText { gap, why }) => {
                    item.failed = Some(why);
                    return (item, Some(gap));
                }
            }
        }
        (item, None)
    }

    async fn answer(&self, model: &Model, turns: &[String]) -> Result<Answer, NoText> {
        let (mut messages, mut answers) = (Vec::new(), Vec::new());
        // Its prompt is part of a contestant, as in battles.
        let own = &model.settings.answering.system_prompt;
        if !own.is_empty() {
            messages.push(Message { role: Role::System, content: own.clone() });
        }
        for turn in turns {
            messages.push(Message { role: Role::User, content: turn.clone() });
            let text = self.ask(model, &messages, TEMPERATURE, ANSWER_TOKENS).await?;
            messages.push(Message { role: Role::Assistant, content: text.clone() });
            answers.push(text);
        }
        Ok(Answer { model: model.slug.clone(), turns: answers })
    }

    /// What the judge says; it is reminded of the form where its reply cannot be read.
    async fn verdict(&self, item: &Item, order: Vec<usize>) -> Result<Verdict, NoText> {
        let ordered: Vec<&Answer> = order.iter().map(|at| &item.answers[*at]).collect();
        let is_pair = self.mode == Mode::Pairs;
        let asked = match ordered.as_slice() {
            [one, other] if is_pair => form::pair(self.wording, &item.turns, [one, other]),
            all => form::scores(self.wording, &item.turns, all),
        };
        let message = |role, content: &str| Message { role, content: content.to_owned() };
        let first = vec![message(Role::System, &asked.system), message(Role::User, &asked.user)];
        let mut messages = first.clone();
        let mut attempt = 1;
        loop {
            let reply = self.ask(self.judge, &messages, 0.0, VERDICT_TOKENS).await?;
            let read = match is_pair {
                true => self.reader.pair(&reply).map(|(outcome, reason)| (Vec::new(), Some(outcome), reason)),
                false => self.reader.scores(&reply, order.len()).map(|scores| (scores, None, String::new())),
            };
            match read {
                Ok((scores, outcome, reason)) => return Ok(Verdict { order, scores, outcome, reason }),
                Err(_) if attempt >= ATTEMPTS => {
                    // In the judge's own words: the list is read in two languages.
                    let begin: String = reply.trim().chars().take(80).collect();
                    return Err(NoText { gap: Gap::Unread, why: format!("{}: “{begin}”", self.judge.name()) });
                }
                Err(_) => attempt += 1,
            }
            messages.clone_from(&first);
            // An empty message of the model's is refused by many servers.
            if !reply.trim().is_empty() {
                messages.push(message(Role::Assistant, &reply));
                messages.push(message(Role::User, form::reminder(self.wording, is_pair)));
            }
        }
    }

    /// Asks a model until it answers, it refuses for good, or all tries and the budget are used up.
    async fn ask(&self, model: &Model, messages: &[Message], temperature: f32, tokens: u32) -> Result<String, NoText> {
        let sampling = Sampling { temperature: Some(temperature), max_tokens: Some(tokens), ..Sampling::default() };
        let mut tried = 0;
        loop {
            let before = self.requests.fetch_add(1, Ordering::Relaxed);
            if self.max_requests.is_some_and(|most| before >= most) {
                self.requests.fetch_sub(1, Ordering::Relaxed);
                return Err(NoText { gap: Gap::Budget, why: "budget".to_owned() });
            }
            let chat_template = model.settings.answering.own_template().map(str::to_owned);
            let request = ChatRequest { messages: messages.to_vec(), sampling: sampling.clone(), chat_template };
            let error = match self.once(model, request).await {
                Ok(text) => return Ok(text),
                Err(error) => error,
            };
            let may_pass =
                error.kind.is_transient() || matches!(error.kind, ErrorKind::QueueFull | ErrorKind::NotReady);
            if tried >= RETRIES || !may_pass {
                return Err(NoText { gap: Gap::Backend(error.kind), why: format!("{}: {error}", model.name()) });
            }
            let pause = doubled(FIRST_PAUSE, tried, LONGEST_PAUSE);
            tried += 1;
            tokio::time::sleep(error.retry_after.map_or(pause, |asked| asked.min(LONGEST_PAUSE))).await;
        }
    }

    async fn once(&self, model: &Model, request: ChatRequest) -> Result<String, BackendError> {
        let (target, _lease) = target_in_turn(self.arena, model).await?;
        let mut events = self.arena.backends.ask(target, request, Uuid::new_v4());
        let mut text = String::new();
        while let Some(event) = events.next().await {
            match event? {
                ChatEvent::Delta { text: more } => text.push_str(&more),
                ChatEvent::Retracted => text.clear(),
                ChatEvent::Asked(_) | ChatEvent::AnsweredBy(_) | ChatEvent::Thinking | ChatEvent::Finished { .. } => {}
            }
        }
        Ok(text)
    }
}
