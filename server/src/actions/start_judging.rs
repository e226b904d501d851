//! An administrator has a registered model judge: the arena's models on prompts, or battles that people voted on. It goes on in
//! the background; see [`super::run_judging`].

use std::collections::BTreeSet;

use mixtral_judge::{Answer, Mode, Outcome, Question, Wording};
use serde_json::json;
use uuid::Uuid;

use crate::domain::{AdminId, BattleKind, Choice, MAX_PROMPT_CHARS, ModelState, VoteCriteria, VoteState};
use crate::error::Error;
use crate::state::AppState;
use crate::store::judge_runs::{self, NewRun, RunSetup, mode_name};
use crate::store::models::{self, Model};
use crate::store::{audit, exports};

/// The most prompts or battles of one run.
pub const MAX_QUESTIONS: usize = 2000;
/// Votes that are looked through at a time for battles whose texts are there.
const PAGE: i64 = 500;

/// What is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judged {
    /// New answers of these models, by slug, to these prompts.
    Prompts { models: Vec<String>, prompts: Vec<String> },
    /// The newest so many battles with a counted vote, as they are.
    Battles(usize),
}

/// A judging is started.
#[derive(Debug, Clone)]
pub struct StartJudging {
    pub admin: Option<AdminId>,
    /// The judge's slug.
    pub judge: String,
    pub judged: Judged,
    pub mode: Mode,
    pub wording: Wording,
    /// Requests to models and judge, at most.
    pub max_requests: Option<i64>,
}

impl StartJudging {
    /// Starts it, and gives its id.
    ///
    /// # Errors
    /// A model is not there or would judge itself; there is nothing to judge, or too much.
    pub async fn run(self, arena: &AppState) -> Result<Uuid, Error> {
        let judge = model(arena, &self.judge).await?;
        if self.max_requests.is_some_and(|most| most < 1) {
            return Err(Error::invalid("judge-budget", ""));
        }
        let (models, questions) = match &self.judged {
            Judged::Prompts { models, prompts } => (self.answering(arena, models).await?, questions(prompts)?),
            Judged::Battles(count) => (Vec::new(), battles(arena, (*count).min(MAX_QUESTIONS)).await?),
        };
        if questions.is_empty() {
            return Err(Error::invalid("judge-nothing", ""));
        }
        let of_judge = |answer: &Answer| answer.model == judge.slug;
        let setup = RunSetup {
            models: models.iter().map(|model| model.id).collect(),
            wording: self.wording,
            // What the judge itself answered is not for it to judge.
            questions: questions.into_iter().filter(|one| !one.answers.iter().any(of_judge)).collect(),
            max_requests: self.max_requests,
        };
        if setup.questions.is_empty() {
            return Err(Error::invalid("judge-itself", judge.name().to_owned()));
        }
        let id = Uuid::now_v7();
        let mut transaction = arena.db.begin().await?;
        let new = NewRun { id, judge: judge.id, mode: self.mode, setup: &setup, by: self.admin };
        judge_runs::insert(&mut transaction, &new).await?;
        let detail = json!({ "mode": mode_name(self.mode), "prompts": setup.questions.len(), "models": models.len() });
        audit::record(&mut *transaction, self.admin, "votes.judge-start", &judge.slug, detail).await?;
        transaction.commit().await?;
        Ok(id)
    }

    /// The models that are to answer.
    async fn answering(&self, arena: &AppState, slugs: &[String]) -> Result<Vec<Model>, Error> {
        let slugs: BTreeSet<&String> = slugs.iter().collect();
        let mut found = Vec::new();
        for slug in slugs {
            if *slug == self.judge {
                return Err(Error::invalid("judge-itself", slug.clone()));
            }
            found.push(model(arena, slug).await?);
        }
        if found.len() < 2 {
            return Err(Error::invalid("judge-two-models", ""));
        }
        Ok(found)
    }
}

/// A judging that runs is stopped; what is judged by then counts.
#[derive(Debug, Clone, Copy)]
pub struct StopJudging {
    pub admin: Option<AdminId>,
    pub run: Uuid,
}

impl StopJudging {
    /// Stops it. One that ended meanwhile stays as it is.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn run(self, arena: &AppState) -> Result<(), Error> {
        let mut transaction = arena.db.begin().await?;
        if judge_runs::request_stop(&mut *transaction, self.run).await? {
            let subject = self.run.to_string();
            audit::record(&mut *transaction, self.admin, "votes.judge-stop", &subject, json!({})).await?;
        }
        Ok(transaction.commit().await?)
    }
}

/// A model that can be asked, whether battles draw it or not.
async fn model(arena: &AppState, slug: &str) -> Result<Model, Error> {
    let found = models::by_slug(&arena.db, slug).await?.filter(|model| model.state != ModelState::Retired);
    found.ok_or_else(|| Error::invalid("judge-model", slug.chars().take(120).collect::<String>()))
}

fn questions(prompts: &[String]) -> Result<Vec<Question>, Error> {
    let mut seen = BTreeSet::new();
    let prompts: Vec<&str> =
        prompts.iter().map(|prompt| prompt.trim()).filter(|one| !one.is_empty() && seen.insert(*one)).collect();
    if prompts.len() > MAX_QUESTIONS {
        return Err(Error::invalid("judge-many", MAX_QUESTIONS.to_string()));
    }
    if prompts.iter().any(|prompt| prompt.chars().count() > MAX_PROMPT_CHARS) {
        return Err(Error::invalid("prompt-too-long", ""));
    }
    let one = |(at, prompt): (usize, &&str)| Question {
        id: (at + 1).to_string(),
        turns: vec![prompt.replace('\0', "")],
        answers: Vec::new(),
        people: None,
    };
    Ok(prompts.iter().enumerate().map(one).collect())
}

/// The newest battles with a counted vote whose texts are there.
async fn battles(arena: &AppState, count: usize) -> Result<Vec<Question>, Error> {
    let filter =
        VoteCriteria { kind: Some(BattleKind::Battle), state: Some(VoteState::Counted), ..VoteCriteria::default() };
    let (mut found, mut before) = (Vec::new(), i64::MAX);
    while found.len() < count {
        let rows = exports::newest(&arena.db, &filter, before, PAGE).await?;
        let Some(last) = rows.last() else { break };
        before = last.id;
        let ids: Vec<Uuid> = rows.iter().map(|row| row.battle).collect();
        let mut conversations = exports::conversations(&arena.db, &ids).await?;
        for row in rows {
            let Some([left, right]) = conversations.remove(&row.battle) else { continue };
            let said = |messages: &[(&str, String)], role: &str| {
                let own = messages.iter().filter(|(who, _)| *who == role);
                own.map(|(_, text)| text.clone()).collect::<Vec<_>>()
            };
            let (turns, answers) = (said(&left, "user"), [said(&left, "assistant"), said(&right, "assistant")]);
            if turns.is_empty() || answers.iter().any(|answers| answers.len() != turns.len()) {
                continue;
            }
            let [a, b] = answers;
            let answers = [(row.model_a, a), (row.model_b, b)].map(|(model, turns)| Answer { model, turns });
            let people = match row.choice {
                Choice::A | Choice::Up => Outcome::First,
                Choice::B | Choice::Down => Outcome::Second,
                Choice::Tie | Choice::BothBad => Outcome::Tie,
            };
            let id = row.battle.simple().to_string();
            found.push(Question { id, turns, answers: answers.into(), people: Some(people) });
        }
    }
    found.truncate(count);
    Ok(found)
}
