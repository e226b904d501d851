//! What the page of judgings shows of those that the arena does itself: the form's choices, and the runs.

use actix_web::HttpRequest;
use askama::Template;
use serde::Deserialize;

use crate::domain::ModelState;
use crate::error::Error;
use crate::state::AppState;
use crate::store::judge_runs::{self, Run};
use crate::store::models;
use crate::views::Page;

/// Runs that the page shows.
const RUNS: i64 = 10;
/// Battles that are judged where nobody says how many.
const BATTLES: usize = 100;
/// Requests that a run may make where nobody says how many.
const REQUESTS: &str = "1000";
/// Prompts of the models' cards that stand in the form.
const SAMPLES: usize = 20;

/// A model that may answer or judge.
#[derive(Debug)]
pub struct Choice {
    pub slug: String,
    pub name: String,
    pub answers: bool,
}

/// What was sent, and what the form shows.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct RunForm {
    pub judge: String,
    /// `prompts` or `battles`.
    pub source: String,
    pub model: Vec<String>,
    pub prompts: String,
    pub battles: String,
    /// `scores` or `pairs`.
    pub mode: String,
    pub max_requests: String,
}

/// The form with its choices.
#[derive(Debug)]
pub struct RunChoices {
    pub models: Vec<Choice>,
    pub form: RunForm,
}

impl RunChoices {
    /// The choices that there are; what stands in the form is what was sent, or what most will want.
    pub async fn of(arena: &AppState, sent: Option<RunForm>) -> Result<Self, Error> {
        let models = models::list(&arena.db).await?;
        let models: Vec<_> = models.into_iter().filter(|model| model.state != ModelState::Retired).collect();
        let form = sent.unwrap_or_else(|| {
            let enabled = models.iter().filter(|model| model.state == ModelState::Enabled);
            let lines = models.iter().flat_map(|model| model.card().sample_prompts.lines());
            let mut prompts: Vec<&str> = Vec::new();
            for line in lines.map(str::trim).filter(|line| !line.is_empty()) {
                if !prompts.contains(&line) {
                    prompts.push(line);
                }
            }
            prompts.truncate(SAMPLES);
            RunForm {
                source: "prompts".to_owned(),
                mode: "scores".to_owned(),
                model: enabled.map(|model| model.slug.clone()).collect(),
                prompts: prompts.join("\n"),
                battles: BATTLES.to_string(),
                max_requests: REQUESTS.to_owned(),
                judge: String::new(),
            }
        });
        let choice = |model: models::Model| Choice {
            name: model.name().to_owned(),
            answers: form.model.contains(&model.slug),
            slug: model.slug,
        };
        Ok(Self { models: models.into_iter().map(choice).collect(), form })
    }
}

/// The changing part: the runs.
#[derive(Debug, Template)]
#[template(path = "admin/judge_runs.html")]
pub struct RunsPart {
    page: Page,
    runs: Vec<Run>,
}

impl RunsPart {
    /// As things stand now.
    pub async fn of(request: &HttpRequest, arena: &AppState) -> Result<Self, Error> {
        Ok(Self { page: Page::of(request), runs: judge_runs::list(&arena.db, RUNS).await? })
    }

    /// How far a run is, in percent.
    fn percent(run: &Run) -> i32 {
        100 * run.done / run.total.max(1)
    }

    /// What became of it.
    fn state(&self, run: &Run) -> String {
        let key = match (run.state.as_str(), run.is_stopping, run.error.as_deref()) {
            ("running", true, _) => "judge-state-stopping",
            ("running", ..) => "judge-state-running",
            ("done", ..) => "judge-state-done",
            (_, _, Some("budget")) => "judge-state-budget",
            ("stopped", ..) => "judge-state-stopped",
            _ => "judge-state-failed",
        };
        self.page.t(key)
    }

    /// Why it failed.
    fn why(&self, run: &Run) -> Option<String> {
        let code = run.error.as_deref().filter(|_| run.state == "failed")?;
        Some(self.page.t(&format!("backend-{code}")))
    }

    /// How long the rest takes.
    fn left(&self, run: &Run) -> Option<String> {
        let minutes = (run.seconds_left? / 60.0).ceil();
        Some(self.page.t1("judge-left", "n", minutes as i64))
    }
}
