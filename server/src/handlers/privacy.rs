//! What is kept of visitors, in words.

use std::num::NonZeroU32;

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::html;
use crate::error::Error;
use crate::state::AppState;
use crate::views::Page;

/// What is kept, how long, and how it goes.
#[derive(Debug, Template)]
#[template(path = "privacy.html")]
struct PrivacyPage {
    page: Page,
    /// Conversations go after so many days, where the operator says so.
    keep_days: Option<u32>,
}

pub async fn page(request: HttpRequest, arena: web::Data<AppState>) -> Result<HttpResponse, Error> {
    html(&PrivacyPage { page: Page::of(&request), keep_days: arena.config.keep_days.map(NonZeroU32::get) })
}
