//! How the arena did over time: battles, votes, failures, and how fast each model began to answer.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::NaiveDate;
use serde::Deserialize;

use crate::error::Error;
use crate::extract::Admin;
use crate::handlers::html;
use crate::state::AppState;
use crate::store::activity::{self, FirstTokens};
use crate::store::model_names;
use crate::views::{DayChart, Page};

/// How far back can be looked, in days.
const PERIODS: [i32; 3] = [7, 30, 90];

/// A chart and the same in numbers.
#[derive(Debug)]
struct Figure {
    /// In an element's id.
    id: String,
    title: String,
    note: String,
    chart: Option<DayChart>,
    /// What each line is.
    names: Vec<String>,
    /// The newest day first.
    table: Vec<(String, Vec<String>)>,
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "admin/charts.html")]
struct ChartsPage {
    page: Page,
    admin: Admin,
    days: i32,
    figures: Vec<Figure>,
    models: Vec<Figure>,
}

impl ChartsPage {
    fn periods(&self) -> [i32; 3] {
        PERIODS
    }
}

/// How far back.
#[derive(Debug, Deserialize)]
pub struct Period {
    #[serde(default)]
    days: String,
}

/// A column of a figure's numbers.
struct Line {
    name: String,
    numbers: Vec<Option<f64>>,
    /// How a number reads.
    text: fn(f64) -> String,
    /// Whether it is a line of the chart too: seconds and percent share no axis.
    is_drawn: bool,
    is_seconds: bool,
}

impl Figure {
    fn new(id: &str, title: String, note: String, days: &[NaiveDate], lines: Vec<Line>) -> Self {
        let drawn: Vec<Vec<Option<f64>>> =
            lines.iter().filter(|line| line.is_drawn).map(|line| line.numbers.clone()).collect();
        let row = |(at, day): (usize, &NaiveDate)| {
            let cell = |line: &Line| {
                let number = line.numbers.get(at).copied().flatten();
                number.map_or_else(|| "–".to_owned(), line.text)
            };
            (day.format("%Y-%m-%d").to_string(), lines.iter().map(cell).collect())
        };
        let table = days.iter().enumerate().rev().map(row).collect();
        // Votes and percents are whole; seconds are not.
        let least = if lines.iter().any(|line| line.is_seconds) { 0.001 } else { 1.0 };
        let chart = DayChart::of(days, &drawn, least);
        let names = lines.into_iter().map(|line| line.name).collect();
        Self { id: id.to_owned(), title, note, chart, names, table }
    }
}

fn count(number: f64) -> String {
    format!("{number:.0}")
}

fn hundredths(number: f64) -> String {
    format!("{number:.2}")
}

fn tenths(number: f64) -> String {
    format!("{number:.1}")
}

/// The charts.
pub async fn page(
    request: HttpRequest,
    arena: web::Data<AppState>,
    admin: Admin,
    query: web::Query<Period>,
) -> Result<HttpResponse, Error> {
    let page = Page::of(&request);
    let days = query.days.parse().ok().filter(|days| PERIODS.contains(days)).unwrap_or(PERIODS[1]);
    let rows = activity::days(&arena.db, days).await?;
    let tokens = activity::first_tokens(&arena.db, days).await?;
    let names = model_names::all(&arena.db).await?;
    let dates: Vec<NaiveDate> = rows.iter().map(|row| row.day).collect();
    let whole = |number: i64| Some(number as f64);
    let share = |failed: i64, all: i64| (all > 0).then(|| 100.0 * failed as f64 / all as f64);
    let line = |key: &str, numbers, text| Line { name: page.t(key), numbers, text, is_drawn: true, is_seconds: false };
    let battles = line("charts-battles", rows.iter().map(|row| whole(row.battles)).collect(), count);
    let votes = line("charts-votes", rows.iter().map(|row| whole(row.votes)).collect(), count);
    let failed = rows.iter().map(|row| share(row.failed, row.replies)).collect();
    let failed = line("charts-failed-share", failed, tenths);
    let (title, note) = (page.t("charts-activity"), page.t("charts-activity-note"));
    let activity = Figure::new("activity", title, note, &dates, vec![battles, votes]);
    let (title, note) = (page.t("charts-failures"), page.t("charts-failures-note"));
    let failures = Figure::new("failures", title, note, &dates, vec![failed]);
    let of_model = |own: &[FirstTokens]| {
        let model = names.get(own[0].model)?;
        let on = |day: &NaiveDate| own.iter().find(|row| row.day == *day);
        let seconds = dates.iter().map(|day| on(day)?.median_ms.map(|ms| ms / 1000.0)).collect();
        let failed = dates.iter().map(|day| on(day).and_then(|row| share(row.failed, row.replies))).collect();
        let failed = Line { is_drawn: false, ..line("charts-failed-share", failed, tenths) };
        let first = Line { is_seconds: true, ..line("charts-first-token", seconds, hundredths) };
        let lines = vec![first, failed];
        Some(Figure::new(&format!("of-{}", model.slug), model.display_name.clone(), String::new(), &dates, lines))
    };
    let models = tokens.chunk_by(|a, b| a.model == b.model).filter_map(of_model).collect();
    html(&ChartsPage { page, admin, days, figures: vec![activity, failures], models })
}
