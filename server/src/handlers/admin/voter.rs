//! One voter: what they chose, on which side and when, how the evidence grew, and what an administrator decides.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;
use uuid::Uuid;

use super::voters::voter_path;
use crate::actions::decide_voter::DecideVoter;
use crate::actions::watch_voters::MAX_VOTES;
use crate::boards::suspicion::EvidencePath;
use crate::domain::{BattleKind, Choice, VoterDecision};
use crate::error::Error;
use crate::extract::{Admin, CsrfForm};
use crate::handlers::{html, see_other};
use crate::state::AppState;
use crate::store::model_names::{self, ModelNames};
use crate::store::ratings::{self, ALL_LANGUAGES};
use crate::store::voter_reviews::{self, ReviewFilter, VoterChoice, VoterReview};
use crate::views::Page;

/// The page.
#[derive(Debug, Template)]
#[template(path = "admin/voter.html")]
struct VoterPage {
    page: Page,
    admin: Admin,
    voter: Uuid,
    /// What is kept of the voter; nothing before the first look.
    review: Option<VoterReview>,
    votes: usize,
    compared: u64,
    sides: [Side; 3],
    chart: Option<Chart>,
    lines: Vec<Line>,
}

/// How often one side was chosen.
#[derive(Debug)]
struct Side {
    key: &'static str,
    percent: usize,
}

/// A vote, newest first.
#[derive(Debug)]
struct Line {
    vote: VoterChoice,
    model_a: String,
    model_b: String,
    /// The e-value after it.
    times: String,
}

/// The evidence over the votes, as a line whose height is the logarithm of the e-value.
#[derive(Debug)]
struct Chart {
    /// The points of the line.
    points: String,
    /// Where a voter is flagged.
    threshold: f64,
    /// Where the e-value is 1.
    zero: f64,
    threshold_times: String,
}

/// The chart's size in its own units.
const WIDTH: f64 = 600.0;
const HEIGHT: f64 = 160.0;

impl Chart {
    fn of(path: &EvidencePath, rate: f64) -> Option<Self> {
        if path.logarithms.len() < 2 || rate <= 0.0 {
            return None;
        }
        let threshold = -rate.ln();
        let logarithms = path.logarithms.iter().copied();
        let top = logarithms.clone().fold(threshold * 1.1, f64::max);
        let bottom = logarithms.clone().fold(-threshold * 0.3, f64::min);
        let y = |value: f64| HEIGHT * (top - value) / (top - bottom);
        let step = WIDTH / (path.logarithms.len() - 1) as f64;
        let points: Vec<String> =
            logarithms.enumerate().map(|(at, value)| format!("{:.1},{:.1}", at as f64 * step, y(value))).collect();
        let threshold_times = VoterReview::times(threshold);
        Some(Self { points: points.join(" "), threshold: y(threshold), zero: y(0.0), threshold_times })
    }
}

/// The voter.
pub async fn page(
    request: HttpRequest,
    arena: web::Data<AppState>,
    admin: Admin,
    voter: web::Path<Uuid>,
) -> Result<HttpResponse, Error> {
    let choices = voter_reviews::choices(&arena.db, *voter, MAX_VOTES).await?;
    let review = voter_reviews::page(&arena.db, ReviewFilter::All, Some(*voter), 0, 1).await?.pop();
    if choices.is_empty() && review.is_none() {
        return Err(Error::NotFound);
    }
    let pairs = ratings::of_board(&ratings::pairs(&arena.db, BattleKind::Battle).await?, ALL_LANGUAGES);
    let path = EvidencePath::of(&choices, &pairs);
    let names = model_names::all(&arena.db).await?;
    let view = VoterPage {
        page: Page::of(&request),
        admin,
        voter: *voter,
        review,
        votes: choices.len(),
        compared: path.compared,
        sides: sides(&choices),
        chart: Chart::of(&path, arena.site.rules().flag_rate),
        lines: lines(choices, &path, &names),
    };
    html(&view)
}

fn sides(choices: &[VoterChoice]) -> [Side; 3] {
    let side = |key, of: fn(Choice) -> bool| {
        let votes = choices.iter().filter(|choice| of(choice.choice)).count();
        Side { key, percent: (votes * 100 + choices.len() / 2) / choices.len().max(1) }
    };
    [
        side("votes-choice-a", |choice| choice == Choice::A),
        side("votes-choice-b", |choice| choice == Choice::B),
        side("voter-neither", |choice| !matches!(choice, Choice::A | Choice::B)),
    ]
}

fn lines(choices: Vec<VoterChoice>, path: &EvidencePath, names: &ModelNames) -> Vec<Line> {
    let name = |id| names.get(id).map(|model| model.display_name.clone()).unwrap_or_default();
    let line = |(vote, logarithm): (VoterChoice, &f64)| Line {
        model_a: name(vote.model_a),
        model_b: name(vote.model_b),
        times: VoterReview::times(*logarithm),
        vote,
    };
    choices.into_iter().zip(&path.logarithms).map(line).rev().take(200).collect()
}

/// What an administrator decides.
#[derive(Debug, Deserialize)]
pub struct Decided {
    /// `accepted`, `withdrawn`, or nothing to take it back.
    decision: String,
    #[serde(default)]
    note: String,
}

/// Decides about a voter.
pub async fn decide(
    arena: web::Data<AppState>,
    admin: Admin,
    voter: web::Path<Uuid>,
    CsrfForm(form): CsrfForm<Decided>,
) -> Result<HttpResponse, Error> {
    let decision: Option<VoterDecision> = match form.decision.as_str() {
        "" => None,
        name => Some(name.parse().map_err(|_| Error::invalid("form", "decision"))?),
    };
    let decided = DecideVoter { admin: Some(admin.id), voter: *voter, decision, note: form.note };
    decided.run(&arena).await?;
    Ok(see_other(&voter_path(*voter)))
}

impl VoterPage {
    /// The list of the voter's votes.
    fn votes_path(&self) -> String {
        format!("/admin/votes?voter={}", self.voter)
    }
}
