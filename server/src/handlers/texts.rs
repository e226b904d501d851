//! Pages of text: about, terms, privacy.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::html;
use crate::domain::SiteText;
use crate::error::Error;
use crate::state::AppState;
use crate::views::{Page, text_html};

/// A page of text.
#[derive(Debug, Template)]
#[template(path = "texts.html")]
struct TextsPage {
    page: Page,
    text: SiteText,
    /// Safe HTML.
    html: String,
}

fn show(request: &HttpRequest, arena: &AppState, text: SiteText) -> Result<HttpResponse, Error> {
    let page = Page::of(request);
    let written = text_html(&page, text, &arena.site.rules());
    html(&TextsPage { page, text, html: written })
}

/// Who runs the arena, and what for.
pub async fn about(request: HttpRequest, arena: web::Data<AppState>) -> Result<HttpResponse, Error> {
    show(&request, &arena, SiteText::About)
}

/// What visitors agree to.
pub async fn terms(request: HttpRequest, arena: web::Data<AppState>) -> Result<HttpResponse, Error> {
    show(&request, &arena, SiteText::Terms)
}

/// What is kept of them.
pub async fn privacy(request: HttpRequest, arena: web::Data<AppState>) -> Result<HttpResponse, Error> {
    show(&request, &arena, SiteText::Privacy)
}
