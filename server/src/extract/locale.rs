//! The language of the pages: the visitor's choice, else what the browser prefers.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{AcceptLanguage, Header, Preference};
use actix_web::{FromRequest, HttpRequest};

use crate::error::Error;
use crate::i18n::Locale;

impl Locale {
    /// The language of a request: the `lang` cookie, else Accept-Language, else English.
    pub fn of(request: &HttpRequest) -> Self {
        let chosen = request.cookie("lang").and_then(|cookie| cookie.value().parse().ok());
        chosen.unwrap_or_else(|| preferred(request))
    }
}

impl FromRequest for Locale {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}

/// The one of our languages that the browser prefers; English when it names neither.
fn preferred(request: &HttpRequest) -> Locale {
    // A header that cannot be read says nothing.
    let Ok(mut header) = AcceptLanguage::parse(request) else { return Locale::En };
    // `q=0` means: not this one.
    header.0.retain(|item| item.quality > actix_web::http::header::Quality::ZERO);
    let ours = header.ranked().into_iter().find_map(|preference| match preference {
        Preference::Specific(tag) => tag.primary_language().to_ascii_lowercase().parse().ok(),
        Preference::Any => None,
    });
    ours.unwrap_or(Locale::En)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn asked(header: &str) -> Locale {
        Locale::of(&TestRequest::default().insert_header(("accept-language", header)).to_http_request())
    }

    #[test]
    fn the_browser_s_preference_decides() {
        assert_eq!(asked("zh-CN,zh;q=0.9,en;q=0.8"), Locale::Zh);
        assert_eq!(asked("en;q=0.5, zh;q=0.7"), Locale::Zh);
        assert_eq!(asked("fr, de"), Locale::En);
        assert_eq!(asked(""), Locale::En);
        assert_eq!(asked("zh;q=nonsense"), Locale::En);
        assert_eq!(asked("zh;q=0, *"), Locale::En);
        assert_eq!(asked("ZH-hant, en"), Locale::Zh);
    }
}
