//! A field of a form of settings, with its label and with what was typed: `admin/field.html` shows it.

use crate::domain::{Field as Setting, FieldError, SettingTexts, Shape};
use crate::views::Page;

#[derive(Debug)]
pub struct Field {
    /// Its name in the form.
    pub name: &'static str,
    pub label: String,
    /// What to write into it.
    pub hint: String,
    /// What stands in it.
    pub value: String,
    /// What holds while nothing stands in it.
    pub placeholder: String,
    /// How it is typed.
    pub shape: Shape,
    /// What can be chosen: value and text.
    pub options: Vec<(&'static str, String)>,
    /// Whether it cannot be sent empty.
    pub is_needed: bool,
    /// What is wrong with it.
    pub error: Option<String>,
}

/// Texts longer than this many characters get a tall box.
const LONG: usize = 5000;

impl Field {
    /// A setting's field. Its texts begin with the prefix: `model-NAME`, `model-NAME-hint`, and `site-NAME-is-VALUE` for choices.
    pub fn of(page: &Page, prefix: &str, setting: Setting, texts: &SettingTexts, errors: &[FieldError]) -> Self {
        let key = format!("{prefix}{}", setting.name.replace('_', "-"));
        let error = errors.iter().find(|error| error.field == setting.name);
        let options = match setting.shape {
            Shape::Choice(names) => names.iter().map(|name| (*name, page.t(&format!("{key}-is-{name}")))).collect(),
            _ => Vec::new(),
        };
        Self {
            name: setting.name,
            label: page.t(&key),
            hint: page.t(&format!("{key}-hint")),
            value: texts.get(setting.name).cloned().unwrap_or_default(),
            placeholder: String::new(),
            shape: setting.shape,
            options,
            is_needed: setting.required,
            error: error.map(|error| page.t1(&format!("error-{}", error.code), "detail", &error.detail)),
        }
    }

    /// The `type` of the element.
    pub fn input_type(&self) -> &'static str {
        if matches!(self.shape, Shape::Address { .. }) { "url" } else { "text" }
    }

    /// The `inputmode` of the element.
    pub fn input_mode(&self) -> &'static str {
        match self.shape {
            Shape::Address { .. } => "url",
            Shape::Decimal { .. } | Shape::Whole { .. } => "decimal",
            // People write 46.7B.
            Shape::Count { .. }
            | Shape::Line { .. }
            | Shape::Prose { .. }
            | Shape::Device
            | Shape::Choice(_)
            | Shape::Flag => "text",
        }
    }

    /// The language and the most characters of several lines; none for one line.
    pub fn prose(&self) -> Option<(&'static str, usize)> {
        match self.shape {
            Shape::Prose { max, language } => Some((language, max)),
            _ => None,
        }
    }

    /// The lines that several lines take up.
    pub fn rows(&self) -> usize {
        if self.prose().is_some_and(|(_, max)| max > LONG) { 16 } else { 3 }
    }

    /// Whether it is a box to tick.
    pub fn is_flag(&self) -> bool {
        self.shape == Shape::Flag
    }

    /// The id of the list of proposals.
    pub fn list(&self) -> Option<&'static str> {
        match (self.shape, self.name) {
            (Shape::Device, _) => Some("devices"),
            (_, "remote_model") => Some("remote-models"),
            _ => None,
        }
    }
}
