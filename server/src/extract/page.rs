//! The frame of a page, as a request asks for it: language, form token, place.

use actix_web::{HttpMessage, HttpRequest, web};

use super::{ACCESS_COOKIE, Visitor};
use crate::config::origin_of;
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
        let arena = request.app_data::<web::Data<AppState>>();
        let origin = arena.and_then(|arena| arena.config.public_url.as_ref()).map(origin_of);
        let path = request.path().to_owned();
        let here = match request.query_string() {
            "" => path.clone(),
            query => format!("{path}?{query}"),
        };
        let chosen = request.cookie("theme").and_then(|cookie| cookie.value().parse().ok());
        let site = arena.map(|arena| arena.site.settings()).unwrap_or_default();
        // Before cookies are asked for: they are kept beside it.
        let visitor = request.extensions().get::<Visitor>().cloned();
        let person = arena.zip(visitor).and_then(|(arena, visitor)| {
            let pass = request.cookie(&arena.config.cookie_name(ACCESS_COOKIE));
            arena.signed_in(visitor.token(), pass.as_ref().map(|pass| pass.value()))
        });
        Self { locale: Locale::of(request), site, csrf, here, path, theme: chosen.unwrap_or_default(), origin, person }
    }
}
