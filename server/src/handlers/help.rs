//! Pages of help: how the arena works, and the way from a file to a running arena.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::html;
use crate::domain::HelpTopic;
use crate::error::Error;
use crate::views::{Page, guide_html};

/// A page of help.
#[derive(Debug, Template)]
#[template(path = "help.html")]
struct HelpPage {
    page: Page,
    topic: HelpTopic,
    /// Safe HTML.
    html: String,
}

impl HelpPage {
    /// Every topic and its address: the visitors' own is the first.
    fn topics() -> impl Iterator<Item = (HelpTopic, String)> {
        let path = |topic| match topic {
            HelpTopic::Arena => "/help".to_owned(),
            other => format!("/help/{other}"),
        };
        HelpTopic::ALL.iter().map(move |topic| (*topic, path(*topic)))
    }
}

fn show(request: &HttpRequest, topic: HelpTopic) -> Result<HttpResponse, Error> {
    let page = Page::of(request);
    let written = guide_html(topic, page.locale);
    html(&HelpPage { page, topic, html: written })
}

/// Battles, votes and boards.
pub async fn page(request: HttpRequest) -> Result<HttpResponse, Error> {
    show(&request, HelpTopic::Arena)
}

/// One of the others.
pub async fn topic(request: HttpRequest, topic: web::Path<String>) -> Result<HttpResponse, Error> {
    show(&request, topic.parse().map_err(|_| Error::NotFound)?)
}
