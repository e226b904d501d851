//! Asking the models, then the judge: several requests at once, each result kept as it comes.

use std::future::Future;

use anyhow::bail;
use futures_util::{StreamExt as _, stream};
use indicatif::ProgressBar;
use mixtral_engine::request::{Message, Role};
use mixtral_judge::{Answer, Mode, Reader, Unread, Verdict, form};

use super::folder::Folder;
use super::setup::{Setup, Task};
use super::speaker::{Named, Place, Speaker};
use crate::endpoint::{Fault, Input, Patience, Prompt};
use crate::i18n::Language;
use crate::progress::bar;

/// How often a judge is asked whose replies cannot be read.
const ATTEMPTS: usize = 3;
/// So many questions in a row that fail: nothing is to be hoped from the next one.
const IN_A_ROW: usize = 3;

/// A judging on its way.
pub struct Work<'a> {
    pub setup: &'a Setup,
    pub folder: Folder,
    pub patience: &'a Patience,
    pub parallel: usize,
    pub language: Language,
}

/// Why one question has no answer or verdict.
enum Failure {
    Fault(Fault),
    /// The judge's replies cannot be read: what is wrong with the last one, and how it began.
    Unread(Unread, String),
}

impl Work<'_> {
    /// Has a model answer what it has not answered yet.
    pub async fn answer(&mut self, model: &Named, place: &Place<'_>) -> anyhow::Result<()> {
        let number = self.setup.models.iter().position(|name| *name == model.name).unwrap_or_default();
        let all = self.setup.questions.len();
        let todo: Vec<usize> = (0..all).filter(|question| !self.folder.has_answer(*question, number)).collect();
        if todo.is_empty() || self.patience.budget.is_used_up() {
            return Ok(());
        }
        let speaker = Speaker::start(model, place, self.language)?;
        let bar = self.bar(all, todo.len(), &t!(self.language, "judge-answering", model = &model.name));
        let (setup, patience) = (self.setup, self.patience);
        let asked = todo.into_iter().map(|question| {
            let speaker = &speaker;
            async move { (question, answer(speaker, setup, question, patience).await) }
        });
        let keep = |work: &mut Self, question, turns| work.folder.keep_answer(question, number, turns);
        self.each(asked.collect(), &model.name, &bar, keep, |question| *question).await
    }

    /// Has the judge judge what it has not judged yet, of the questions that have all their answers.
    pub async fn judge(&mut self, judge: &Named, place: &Place<'_>) -> anyhow::Result<()> {
        let tasks = self.setup.tasks();
        let all = tasks.len();
        let left = tasks.into_iter().filter(|task| !self.folder.has_verdict(task));
        let ready = |task: Task| Some((self.folder.answers(task.question, self.setup)?, task));
        let todo: Vec<(Vec<Answer>, Task)> = left.filter_map(ready).collect();
        if todo.is_empty() || self.patience.budget.is_used_up() {
            return Ok(());
        }
        let speaker = Speaker::start(judge, place, self.language)?;
        let bar = self.bar(all, todo.len(), &t!(self.language, "judge-judging", model = &judge.name));
        let (setup, patience, reader) = (self.setup, self.patience, Reader::new()?);
        let asked = todo.into_iter().map(|(answers, task)| {
            let (speaker, reader) = (&speaker, &reader);
            async move {
                let verdict = verdict(speaker, reader, setup, &task, &answers, patience).await;
                (task, verdict)
            }
        });
        let keep = |work: &mut Self, task: Task, verdict| work.folder.keep_verdict(task.question, verdict);
        self.each(asked.collect(), &judge.name, &bar, keep, |task: &Task| task.question).await
    }

    /// Runs what is asked, some at once, and keeps what comes of it.
    async fn each<K, T, F: Future<Output = (K, Result<T, Failure>)>>(
        &mut self,
        asked: Vec<F>,
        name: &str,
        bar: &ProgressBar,
        keep: impl Fn(&mut Self, K, T) -> anyhow::Result<()>,
        question: impl Fn(&K) -> usize,
    ) -> anyhow::Result<()> {
        let mut done = stream::iter(asked).buffer_unordered(self.parallel);
        let mut in_a_row = 0;
        while let Some((key, result)) = done.next().await {
            let failure = match result {
                Ok(result) => {
                    in_a_row = 0;
                    keep(self, key, result)?;
                    bar.inc(1);
                    continue;
                }
                Err(failure) => failure,
            };
            let fault = match failure {
                // What is under way is still paid for, and kept.
                Failure::Fault(Fault::Budget) => continue,
                Failure::Fault(fault) => fault,
                Failure::Unread(why, begin) => {
                    self.folder.fail(question(&key), unread(&why, &begin, self.language));
                    continue;
                }
            };
            in_a_row += usize::from(fault.is_transient());
            let what = fault.text(self.language);
            if fault.concerns_all() || in_a_row >= IN_A_ROW {
                bar.finish_and_clear();
                bail!(t!(self.language, "judge-gave-up", name = name, what = what));
            }
            self.folder.fail(question(&key), format!("{name}{}{what}", t!(self.language, "error-colon")));
        }
        bar.finish_and_clear();
        Ok(())
    }

    fn bar(&self, all: usize, left: usize, message: &str) -> ProgressBar {
        let bar = bar(all, "{msg} {wide_bar} {pos}/{len} {eta}");
        bar.set_message(message.to_owned());
        bar.set_position((all - left) as u64);
        // What was done before an interruption is no work, and would make the estimate too hopeful.
        bar.reset_eta();
        bar
    }
}

/// A model's answers to a question, turn by turn.
async fn answer(
    speaker: &Speaker,
    setup: &Setup,
    question: usize,
    patience: &Patience,
) -> Result<Vec<String>, Failure> {
    let seed = setup.seed.wrapping_add(question as u64);
    let mut messages = Vec::new();
    let mut answers = Vec::new();
    for turn in &setup.questions[question].turns {
        messages.push(Message::new(Role::User, turn.as_str()));
        let prompt = chat(&messages, setup.max_tokens, setup.temperature, seed);
        let reply = speaker.ask(&prompt, patience).await.map_err(Failure::Fault)?;
        messages.push(Message::new(Role::Assistant, reply.text.as_str()));
        answers.push(reply.text);
    }
    Ok(answers)
}

fn chat(messages: &[Message], max_tokens: usize, temperature: f32, seed: u64) -> Prompt {
    Prompt { input: Input::Chat(messages.to_vec()), max_tokens, temperature, seed, first_tokens: false }
}

/// What the judge says; it is reminded of the form where its reply cannot be read.
async fn verdict(
    speaker: &Speaker,
    reader: &Reader,
    setup: &Setup,
    task: &Task,
    answers: &[Answer],
    patience: &Patience,
) -> Result<Verdict, Failure> {
    let turns = &setup.questions[task.question].turns;
    let ordered: Vec<&Answer> = task.order.iter().map(|at| &answers[*at]).collect();
    let is_pair = setup.mode == Mode::Pairs;
    let asked = match ordered.as_slice() {
        [one, other] if is_pair => form::pair(setup.wording, turns, [one, other]),
        all => form::scores(setup.wording, turns, all),
    };
    let first = vec![Message::new(Role::System, asked.system), Message::new(Role::User, asked.user)];
    let mut messages = first.clone();
    let mut attempt = 1;
    loop {
        // Always the likeliest words: the same answers have the same verdict.
        let prompt = chat(&messages, setup.judge_max_tokens, 0.0, setup.seed);
        let reply = speaker.ask(&prompt, patience).await.map_err(Failure::Fault)?.text;
        let read = match is_pair {
            true => reader.pair(&reply).map(|(outcome, reason)| (Vec::new(), Some(outcome), reason)),
            false => reader.scores(&reply, task.order.len()).map(|scores| (scores, None, String::new())),
        };
        match read {
            Ok((scores, outcome, reason)) => return Ok(Verdict { order: task.order.clone(), scores, outcome, reason }),
            Err(unread) if attempt >= ATTEMPTS => {
                return Err(Failure::Unread(unread, reply.trim().chars().take(80).collect()));
            }
            Err(_) => {
                attempt += 1;
                messages.clone_from(&first);
                // An empty message of the model's is refused by many servers.
                if !reply.trim().is_empty() {
                    messages.push(Message::new(Role::Assistant, reply));
                    messages.push(Message::new(Role::User, form::reminder(setup.wording, is_pair)));
                }
            }
        }
    }
}

/// Why a judge's reply is none.
fn unread(why: &Unread, begin: &str, language: Language) -> String {
    let what = match why {
        Unread::NoScore(number) => t!(language, "judge-unread-no-score", number = *number),
        Unread::Range(said) => t!(language, "judge-unread-range", said = said),
        Unread::NoVerdict => t!(language, "judge-unread-no-verdict"),
    };
    t!(language, "judge-unread", what = what, begin = begin)
}
