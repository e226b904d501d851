//! How far language models can be trusted as judges: their agreement with people, and what sways them.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use mixtral_judge::{Agreement, Bias, Share};

use crate::error::Error;
use crate::handlers::html;
use crate::judges::{self, JudgeAgreement};
use crate::state::AppState;
use crate::store::judgings::{self, Judging};
use crate::views::Page;

/// A figure with its interval.
struct Figure {
    value: String,
    /// Of how many, and the interval's ends.
    detail: String,
}

/// A line of a judge's table.
struct Line {
    name: &'static str,
    figure: Figure,
    /// What stands for no leaning, and whether the interval leaves it out.
    is_off: bool,
}

/// What one file tells of its judge.
struct FileLines {
    name: String,
    mode: String,
    votes: i64,
    lines: Vec<Line>,
}

/// A judge's card.
struct Card {
    judge: String,
    votes: i64,
    agreement: Option<AgreementLines>,
    files: Vec<FileLines>,
}

/// How far a judge and people agree.
struct AgreementLines {
    same: Figure,
    without_ties: Option<Figure>,
    kappa: Option<Figure>,
}

/// The page.
#[derive(Template)]
#[template(path = "judges.html")]
struct JudgesPage {
    page: Page,
    cards: Vec<Card>,
    /// On pairs of models, over all judges.
    on_models: Option<AgreementLines>,
}

/// The judges.
pub async fn page(request: HttpRequest, arena: web::Data<AppState>) -> Result<HttpResponse, Error> {
    let page = Page::of(&request);
    let judgings = judgings::list(&arena.db).await?;
    let agreements = judges::agreements(&arena.db).await?;
    let on_models = judges::agreement_on_models(&arena.db).await?;
    let card = |found: JudgeAgreement| {
        let own = judgings.iter().filter(|judging| judging.judge == found.judge && judging.withdrawn < judging.votes);
        let files: Vec<FileLines> = own.map(|judging| FileLines::of(judging, &page)).collect();
        let votes = files.iter().map(|file| file.votes).sum();
        let agreement = found.same_answers.as_ref().map(|agreement| AgreementLines::of(agreement, &page));
        Card { judge: found.judge, votes, agreement, files }
    };
    let cards: Vec<Card> = agreements.into_iter().map(card).filter(|card| !card.files.is_empty()).collect();
    let on_models = on_models.as_ref().map(|agreement| AgreementLines::of(agreement, &page));
    html(&JudgesPage { page, cards, on_models })
}

impl Figure {
    fn of_share(share: Share, page: &Page) -> Self {
        let [low, high] = [share.low, share.high].map(|part| format!("{:.0}", 100.0 * part));
        let hits = format!("{} / {}", share.hits, share.of);
        Self {
            value: format!("{:.0}%", 100.0 * share.share),
            detail: format!("{hits}{}", page.t2("judges-interval-percent", "low", low, "high", high)),
        }
    }
}

impl AgreementLines {
    fn of(agreement: &Agreement, page: &Page) -> Self {
        let kappa = agreement.kappa.zip(agreement.kappa_interval).map(|(kappa, (low, high))| {
            let [low, high] = [low, high].map(|end| signed(end, 2));
            let detail = page.t2("judges-interval", "low", low, "high", high);
            Figure { value: signed(kappa, 2), detail }
        });
        Self {
            same: Figure::of_share(agreement.same, page),
            without_ties: agreement.same_without_ties.map(|share| Figure::of_share(share, page)),
            kappa,
        }
    }
}

impl FileLines {
    fn of(judging: &Judging, page: &Page) -> Self {
        let Bias { same_in_both_orders, first_place, first_place_points, longer, longer_of_people } = judging.bias.0;
        let share = |name: &'static str, share: Option<Share>, none: Option<f64>| {
            let share = share?;
            let is_off = none.is_some_and(|none| share.low > none || share.high < none);
            Some(Line { name, figure: Figure::of_share(share, page), is_off })
        };
        let points = first_place_points.map(|points| {
            let [low, high] = [points.low, points.high].map(|end| signed(end, 2));
            let detail = page.t2("judges-interval", "low", low, "high", high);
            let figure = Figure { value: signed(points.mean, 2), detail };
            Line { name: "judges-first-place-points", figure, is_off: points.low > 0.0 || points.high < 0.0 }
        });
        let lines = [
            share("judges-same-in-both-orders", same_in_both_orders, None),
            share("judges-first-place", first_place, Some(0.5)),
            points,
            share("judges-longer", longer, Some(0.5)),
            share("judges-longer-of-people", longer_of_people, None),
        ];
        Self {
            name: judging.name.clone(),
            mode: judging.mode.clone(),
            votes: judging.votes - judging.withdrawn,
            lines: lines.into_iter().flatten().collect(),
        }
    }
}

/// A number with a true minus.
fn signed(number: f64, digits: usize) -> String {
    format!("{number:.digits$}").replace('-', "−")
}
