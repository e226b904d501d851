//! Which of two models is better: how sure that is, what is missing, and how few votes it hangs on.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::{Duration, NaiveDate, Utc};
use serde::Deserialize;

use super::whiskers::{Whisker, Whiskers};
use crate::boards::BoardKey;
use crate::domain::BattleKind;
use crate::error::Error;
use crate::handlers::html;
use crate::i18n::{grouped, percent};
use crate::state::AppState;
use crate::store::model_names::{self, ModelName};
use crate::store::rating_history::{self, DayRating};
use crate::views::{Page, rank_range};
use arena_rating::{Difference, Entry, Scale};

/// The present rate is that of so many days.
const RATE_DAYS: i64 = 28;
/// More days than this are "years".
const MANY_DAYS: u64 = 3650;

/// The two models, by slug.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Two {
    a: String,
    b: String,
}

impl Two {
    /// With another model wherever none is named: a form that is ready to be sent.
    fn completed(&self, models: &[(String, String)]) -> Self {
        let but = |slug: &str| models.iter().map(|(own, _)| own).find(|own| *own != slug).cloned().unwrap_or_default();
        let a = if self.a.is_empty() { but(&self.b) } else { self.a.clone() };
        let b = if self.b.is_empty() { but(&a) } else { self.b.clone() };
        Self { a, b }
    }
}

/// One of the two.
struct Side {
    slug: String,
    name: String,
    rank: Option<String>,
    rating: Option<String>,
    margin: Option<String>,
    votes: String,
}

/// How sure it is which of the two is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// Sure, however often somebody looks.
    Certain,
    /// Sure for whoever looks once.
    Likely,
    /// Not known.
    Open,
}

/// Where two models are compared.
struct Decision {
    /// Whose name comes first: the one that is ahead.
    ahead: String,
    behind: String,
    chance: String,
    verdict: Verdict,
    points: String,
    margin: Option<String>,
    always_margin: Option<String>,
    win_rate: [String; 3],
    /// Votes on either, each once.
    votes: String,
    /// Votes that are missing; nothing where no difference is to be seen.
    needed: Option<u64>,
    days: Option<u64>,
    removals: Option<u64>,
    /// Of all votes on the two, in percent.
    removals_share: Option<String>,
    chart: Option<Whiskers>,
}

/// The page.
#[derive(Template)]
#[template(path = "compare.html")]
struct ComparePage {
    page: Page,
    /// All models that could be chosen.
    models: Vec<(String, String)>,
    chosen: Two,
    sides: Option<[Side; 2]>,
    /// Their battles with each other: won by the first, by the second, and neither.
    direct: Option<[String; 3]>,
    decision: Option<Decision>,
}

impl ComparePage {
    fn needed_text(&self, decision: &Decision) -> String {
        match (decision.needed, decision.days) {
            (None, _) => self.page.t("compare-needed-none"),
            (Some(0), _) => self.page.t("compare-needed-enough"),
            (Some(needed), None) => self.page.t1("compare-needed-votes", "votes", grouped(needed)),
            (Some(needed), Some(days)) if days > MANY_DAYS => {
                self.page.t1("compare-needed-years", "votes", grouped(needed))
            }
            (Some(needed), Some(days)) => {
                self.page.t2("compare-needed-days", "votes", grouped(needed), "days", grouped(days))
            }
        }
    }

    fn verdict_text(&self, decision: &Decision) -> String {
        let key = match decision.verdict {
            Verdict::Certain => "compare-verdict-certain",
            Verdict::Likely => "compare-verdict-likely",
            Verdict::Open => "compare-verdict-open",
        };
        self.page.t2(key, "ahead", &decision.ahead, "behind", &decision.behind)
    }
}

/// Which of two models is better.
pub async fn page(
    request: HttpRequest,
    arena: web::Data<AppState>,
    two: web::Query<Two>,
) -> Result<HttpResponse, Error> {
    let page = Page::of(&request);
    let names = model_names::all(&arena.db).await?;
    let mut models: Vec<(String, String)> =
        names.iter().map(|model| (model.slug.clone(), model.display_name.clone())).collect();
    models.sort_by_key(|(_, name)| name.to_lowercase());
    let chosen = two.completed(&models);
    let mut view = ComparePage { page, models, chosen, sides: None, direct: None, decision: None };
    let find = |slug: &str| names.iter().find(|model| model.slug == slug);
    let (Some(a), Some(b)) = (find(&two.a), find(&two.b)) else { return html(&view) };
    let read = arena.boards.read(&arena.db, &BoardKey::of(BattleKind::Battle)).await?;
    let board = &read.board;
    let place = |model: &ModelName| board.entries.iter().position(|entry| entry.id == model.id);
    let entry = |model: &ModelName| place(model).map(|at| &board.entries[at]);
    if a.id == b.id {
        return html(&view);
    }
    view.sides = Some([a, b].map(|model| Side::of(model, entry(model))));
    let Some((at_a, at_b)) = place(a).zip(place(b)) else { return html(&view) };
    let direct = board.pairs.get(at_a, at_b);
    view.direct =
        (direct.battles() > 0).then(|| [grouped(direct.wins), grouped(direct.losses), grouped(direct.halves())]);
    let Some(difference) = board.difference(at_a, at_b) else { return html(&view) };
    // Told from the one that is ahead.
    let (ahead, behind, difference) = match difference.value >= 0.0 {
        true => ((a, at_a), (b, at_b), difference),
        false => ((b, at_b), (a, at_a), Difference { value: -difference.value, ..difference }),
    };
    let votes = [at_a, at_b].iter().map(|&at| board.entries[at].tally.battles()).sum::<u64>() - direct.battles();
    let today = Utc::now().date_naive();
    let mut a_day = 0.0;
    for (model, at) in [ahead, behind] {
        let days = rating_history::of_model(&arena.db, BattleKind::Battle, model.id).await?;
        a_day += votes_a_day(&days, today, board.entries[at].tally.battles());
    }
    let removals = match difference.value > 0.0 {
        true => arena.evidence.fewest_removals(&read, ahead.1, behind.1).await?,
        false => None,
    };
    view.decision = Some(Decision::of(ahead.0, behind.0, difference, votes, a_day, removals));
    html(&view)
}

impl Side {
    fn of(model: &ModelName, entry: Option<&Entry<crate::domain::ModelId>>) -> Self {
        let rated = entry.and_then(|entry| entry.standing.rated());
        let margin = rated.map(|rated| rated.margin).filter(|margin| margin.is_finite());
        Self {
            slug: model.slug.clone(),
            name: model.display_name.clone(),
            rank: entry.and_then(|entry| entry.rank).map(rank_range),
            rating: rated.map(|rated| format!("{:.0}", rated.rating)),
            margin: margin.map(|margin| format!("{:.0}", margin.ceil())),
            votes: grouped(entry.map_or(0, |entry| entry.tally.battles())),
        }
    }
}

impl Decision {
    fn of(
        ahead: &ModelName,
        behind: &ModelName,
        difference: Difference,
        votes: u64,
        votes_a_day: f64,
        removals: Option<u64>,
    ) -> Self {
        let factor = Scale::default().factor();
        let points = factor * difference.value;
        let finite = |margin: f64| Some(factor * margin).filter(|margin| margin.is_finite());
        let (margin, always) = (finite(difference.margin()), finite(difference.always_valid_margin(votes)));
        let verdict = match (margin, always) {
            (_, Some(always)) if points > always => Verdict::Certain,
            (Some(margin), _) if points > margin => Verdict::Likely,
            _ => Verdict::Open,
        };
        let needed = difference.votes_needed(votes).filter(|_| points >= 0.5);
        let days = needed.filter(|_| votes_a_day > 0.0).map(|needed| (needed as f64 / votes_a_day).ceil() as u64);
        let whole = |value: f64| format!("{:.0}", value.ceil());
        let label = |margin: Option<f64>| margin.map_or_else(String::new, |margin| format!("± {}", whole(margin)));
        let (rate, from, to) = difference.win_rate();
        let whisker = Whisker {
            name: format!("{} − {}", ahead.display_name, behind.display_name),
            value: points,
            margin,
            wide: always,
            label: format!("{points:+.0} {}", label(margin)).replace('-', "−"),
        };
        Self {
            ahead: ahead.display_name.clone(),
            behind: behind.display_name.clone(),
            chance: chance(difference.chance_better()),
            verdict,
            points: format!("{points:.0}"),
            margin: margin.map(whole),
            always_margin: always.map(whole),
            win_rate: [rate, from, to].map(percent),
            votes: grouped(votes),
            needed,
            days,
            removals,
            removals_share: removals.map(|count| format!("{:.1}", 100.0 * count as f64 / votes.max(1) as f64)),
            chart: Whiskers::of(&[whisker]),
        }
    }
}

/// A probability in percent; nothing is told as certain that only the votes so far say.
fn chance(probability: f64) -> String {
    match probability {
        p if p > 0.999 => "> 99.9".to_owned(),
        p if p > 0.99 => format!("{:.1}", 100.0 * p),
        p => percent(p),
    }
}

/// How many votes a day a model got lately.
fn votes_a_day(days: &[DayRating], today: NaiveDate, now: u64) -> f64 {
    let Some(first) = days.first() else { return now as f64 };
    let since = today - Duration::days(RATE_DAYS);
    match days.iter().rev().find(|row| row.day < since) {
        Some(row) => (now.saturating_sub(row.votes.unsigned_abs())) as f64 / RATE_DAYS as f64,
        None => now as f64 / ((today - first.day).num_days() + 1) as f64,
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::{ModelId, ModelState};

    fn model(name: &str) -> ModelName {
        ModelName {
            id: ModelId(Uuid::nil()),
            slug: name.to_lowercase(),
            display_name: name.into(),
            state: ModelState::Enabled,
        }
    }

    fn decision(points: f64, standard_error: f64) -> Decision {
        let factor = Scale::default().factor();
        let difference = Difference { value: points / factor, standard_error: standard_error / factor, degrees: None };
        Decision::of(&model("A"), &model("B"), difference, 500, 10.0, None)
    }

    #[test]
    fn a_verdict_says_no_more_than_its_interval() {
        assert_eq!(decision(40.0, 10.0).verdict, Verdict::Certain, "four standard errors");
        assert_eq!(decision(25.0, 10.0).verdict, Verdict::Likely, "two and a half: enough for one look");
        let open = decision(10.0, 10.0);
        assert_eq!((open.verdict, open.needed, open.days), (Verdict::Open, Some(1421), Some(143)));
        assert_eq!(decision(0.2, 10.0).needed, None, "no difference is to be seen");
        assert_eq!(chance(0.99999), "> 99.9");
        assert_eq!(decision(40.0, f64::INFINITY).margin, None);
    }

    #[test]
    fn the_rate_is_that_of_the_last_weeks() {
        let today = NaiveDate::from_ymd_opt(2026, 7, 31).unwrap();
        let row = |back: i64, votes| DayRating {
            day: today - Duration::days(back),
            model: ModelId(Uuid::nil()),
            rating: None,
            margin: None,
            votes,
        };
        assert_eq!(votes_a_day(&[row(60, 100), row(40, 200), row(3, 400)], today, 480), 10.0);
        assert_eq!(votes_a_day(&[row(9, 50)], today, 100), 10.0, "it is ten days old");
        assert_eq!(votes_a_day(&[], today, 7), 7.0, "it began today");
    }
}
