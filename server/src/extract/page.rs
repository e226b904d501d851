//! The frame of a page, as a request asks for it: language, form token, place.

use actix_web::{HttpMessage, HttpRequest, web};

use super::Visitor;
use crate::i18n::Locale;
use crate::state::AppState;
use crate::views::Page;

impl Page {
    /// The frame for a request.
    pub fn of(request: &HttpRequest) -> Self {
        let csrf = match (request.app_data::<web::Data<AppState>>(), request.extensions().get::<Visitor>()) {
            (Some(arena), Some(visitor)) => arena.keys.csrf_token(visitor.token()),
            _ => String::new(),
        };
        let path = request.path().to_owned();
        let here = match request.query_string() {
            "" => path.clone(),
            query => format!("{path}?{query}"),
        };
        Self { locale: Locale::of(request), csrf, here, path }
    }
}
