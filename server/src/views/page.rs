//! The frame that all pages share: language, form token, where we are.

use std::fmt::Display;
use std::sync::Arc;

use askama::Template;
use askama::filters::{HtmlSafe, Safe};

use super::{Theme, asset_url};
use crate::domain::SiteSettings;
use crate::i18n::Locale;

/// What the base template needs. Templates write `{{ page.t("key") }}` for a text.
#[derive(Debug, Clone)]
pub struct Page {
    /// The language of the page.
    pub locale: Locale,
    /// What administrators say of the site.
    pub site: Arc<SiteSettings>,
    /// The token that forms carry.
    pub csrf: String,
    /// Path and query of this page, for the way back from the language switch.
    pub here: String,
    /// Path alone, to mark where we are in the navigation.
    pub path: String,
    /// The colours that the visitor chose.
    pub theme: Theme,
    /// The public address of the site, where the operator has told it.
    pub origin: Option<String>,
    /// The name of whoever signed in; may be empty.
    pub person: Option<String>,
}

impl Page {
    /// A text of the locale files.
    pub fn t(&self, key: &str) -> String {
        self.locale.text(key)
    }

    /// The text of a value: the beginning of the key, then the value's name.
    pub fn tn(&self, prefix: &str, name: impl Display) -> String {
        self.locale.text(&format!("{prefix}{name}").replace('_', "-"))
    }

    /// A text with one argument.
    pub fn t1(&self, key: &str, name: &'static str, value: impl ToString) -> String {
        self.locale.text_with(key, &[(name, &value.to_string())])
    }

    /// A text with one argument that is safe HTML, such as a moment. The texts themselves hold no markup.
    pub fn t1_html(&self, key: &str, name: &'static str, value: impl HtmlSafe) -> Safe<String> {
        Safe(self.t1(key, name, value))
    }

    /// A text with two arguments.
    pub fn t2(
        &self,
        key: &str,
        name: &'static str,
        value: impl ToString,
        name2: &'static str,
        value2: impl ToString,
    ) -> String {
        self.locale.text_with(key, &[(name, &value.to_string()), (name2, &value2.to_string())])
    }

    /// The name of the site.
    pub fn site_name(&self) -> String {
        self.site.name(self.locale.as_str()).map_or_else(|| self.t("site-name"), str::to_owned)
    }

    /// What search engines and shared links say of it.
    pub fn site_description(&self) -> String {
        let said = self.site.description(self.locale.as_str());
        said.map_or_else(|| self.t("site-description"), str::to_owned)
    }

    /// The colours that can be chosen.
    pub fn themes(&self) -> &'static [Theme] {
        Theme::ALL
    }

    /// The address of a static file.
    pub fn asset(&self, path: &str) -> String {
        asset_url(path)
    }

    /// Whether this page lies under a path of the navigation.
    pub fn is_at(&self, path: &str) -> bool {
        self.path == path || self.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
    }
}

/// A page that says what went wrong and what to do.
#[derive(Debug, Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    /// The frame.
    pub page: Page,
    /// The stable code.
    pub code: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// The text in the page's language.
    pub text: String,
    /// The message that was not sent.
    pub unsent: Option<String>,
}
