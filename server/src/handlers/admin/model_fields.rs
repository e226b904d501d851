//! The fields of the model form: those of the settings, with their labels and with what was typed.

use crate::domain::{Field as Setting, FieldError, Group, ModelKind, SettingTexts, Shape};
use crate::views::Page;

/// A group of fields under one heading.
#[derive(Debug)]
pub struct FormGroup {
    /// The heading.
    pub title: String,
    /// Whether it is shown folded at first.
    pub folded: bool,
    /// Whether it is the endpoint's, so that the key stands in it.
    pub has_key: bool,
    pub fields: Vec<Field>,
}

#[derive(Debug)]
pub struct Field {
    /// Its name in the form.
    pub name: &'static str,
    pub label: String,
    /// What to write into it.
    pub hint: String,
    /// What stands in it.
    pub value: String,
    /// How it is typed.
    pub shape: Shape,
    /// Whether it cannot be sent empty.
    pub is_needed: bool,
    /// What is wrong with it.
    pub error: Option<String>,
}

impl Field {
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
            Shape::Count { .. } | Shape::Line { .. } | Shape::Prose { .. } | Shape::Device => "text",
        }
    }

    /// The language and the most characters of several lines; none for one line.
    pub fn prose(&self) -> Option<(&'static str, usize)> {
        match self.shape {
            Shape::Prose { max, language } => Some((language, max)),
            _ => None,
        }
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

/// The groups of a kind's form with what was typed.
pub fn groups(page: &Page, kind: ModelKind, texts: &SettingTexts, errors: &[FieldError]) -> Vec<FormGroup> {
    let field = |setting: Setting| {
        let error = errors.iter().find(|error| error.field == setting.name);
        let key = setting.name.replace('_', "-");
        Field {
            name: setting.name,
            label: page.t(&format!("model-{key}")),
            hint: page.t(&format!("model-{key}-hint")),
            value: texts.get(setting.name).cloned().unwrap_or_default(),
            shape: setting.shape,
            // A check needs no name yet: the file may bring one.
            is_needed: setting.required && setting.name != "display_name",
            error: error.map(|error| page.t1(&format!("error-{}", error.code), "detail", &error.detail)),
        }
    };
    let group = |group: Group| {
        let fields: Vec<Field> = group.fields().into_iter().map(field).collect();
        let title = match group {
            Group::File => "model-group-file",
            Group::Endpoint => "model-group-endpoint",
            Group::General => "model-group-name",
            Group::Card => "model-group-card",
            Group::Requests => "model-group-patience",
        };
        FormGroup {
            title: page.t(title),
            folded: group == Group::Requests && fields.iter().all(|field| field.error.is_none()),
            has_key: group == Group::Endpoint,
            fields,
        }
    };
    Group::of(kind).iter().copied().map(group).collect()
}
