//! The fields of the model form, as data: one row of the table below is one field on the page.

use crate::domain::{FieldError, ModelForm, ModelKind};
use crate::views::Page;

/// A group of fields under one heading.
#[derive(Debug)]
pub struct Group {
    /// The heading.
    pub title: String,
    /// Whether it is shown folded at first.
    pub folded: bool,
    /// Whether it is the endpoint's, so that the key stands in it.
    pub has_key: bool,
    /// The fields.
    pub fields: Vec<Field>,
}

/// One field.
#[derive(Debug)]
pub struct Field {
    /// Its name in the form.
    pub name: &'static str,
    /// Its label.
    pub label: String,
    /// What to write into it.
    pub hint: String,
    /// What stands in it.
    pub value: String,
    /// How it is typed.
    pub input: Input,
    /// What is wrong with it.
    pub error: Option<String>,
}

/// How a field is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// One line.
    Line,
    /// One line that cannot stay empty.
    Needed,
    /// A number.
    Number,
    /// An address.
    Address,
    /// An address that cannot stay empty.
    NeededAddress,
    /// Several lines, in this language.
    Text(&'static str),
}

impl Input {
    /// The `type` of the element; none for several lines.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Address | Self::NeededAddress => "url",
            _ => "text",
        }
    }

    /// The `inputmode` of the element.
    pub fn mode(self) -> &'static str {
        match self {
            Self::Number => "decimal",
            Self::Address | Self::NeededAddress => "url",
            _ => "text",
        }
    }

    /// Whether it cannot stay empty.
    pub fn is_needed(self) -> bool {
        matches!(self, Self::Needed | Self::NeededAddress)
    }

    /// The language of several lines.
    pub fn language(self) -> Option<&'static str> {
        match self {
            Self::Text(language) => Some(language),
            _ => None,
        }
    }
}

/// The groups of a kind's form with what was typed.
pub fn groups(page: &Page, kind: ModelKind, form: &ModelForm, errors: &[FieldError]) -> Vec<Group> {
    let field = |name: &'static str, value: &str, input: Input| Field {
        name,
        label: page.t(&format!("model-{}", name.replace('_', "-"))),
        hint: page.t(&format!("model-{}-hint", name.replace('_', "-"))),
        value: value.to_owned(),
        input,
        error: errors
            .iter()
            .find(|error| error.field == name)
            .map(|error| page.t1(&format!("error-{}", error.code), "detail", &error.detail)),
    };
    let group = |title: &str, folded: bool, fields: Vec<Field>| {
        let folded = folded && fields.iter().all(|field| field.error.is_none());
        Group { title: page.t(title), folded, has_key: title == "model-group-endpoint", fields }
    };
    let source = match kind {
        ModelKind::Local => group(
            "model-group-file",
            false,
            vec![
                field("path", &form.path, Input::Needed),
                field("adapter_base", &form.adapter_base, Input::Line),
                field("device", &form.device, Input::Line),
                field("context_length", &form.context_length, Input::Number),
            ],
        ),
        ModelKind::Endpoint => group(
            "model-group-endpoint",
            false,
            vec![
                field("base_url", &form.base_url, Input::NeededAddress),
                field("remote_model", &form.remote_model, Input::Needed),
                field("api_key_env", &form.api_key_env, Input::Line),
            ],
        ),
    };
    let drawing = group(
        "model-group-name",
        false,
        vec![
            field("display_name", &form.display_name, Input::Line),
            field("sampling_weight", &form.sampling_weight, Input::Number),
        ],
    );
    let mut card = vec![
        field("description_en", &form.description_en, Input::Text("en")),
        field("description_zh", &form.description_zh, Input::Text("zh-CN")),
        field("family", &form.family, Input::Line),
        field("base_model", &form.base_model, Input::Line),
        field("quantisation", &form.quantisation, Input::Line),
        field("parameters", &form.parameters, Input::Line),
        field("active_parameters", &form.active_parameters, Input::Line),
        field("licence", &form.licence, Input::Line),
        field("link", &form.link, Input::Address),
    ];
    if kind == ModelKind::Endpoint {
        card.push(field("context_length", &form.context_length, Input::Number));
    }
    let mut groups = vec![source, drawing, group("model-group-card", false, card)];
    if kind == ModelKind::Endpoint {
        let patience = vec![
            field("connect_seconds", &form.connect_seconds, Input::Number),
            field("first_token_seconds", &form.first_token_seconds, Input::Number),
            field("between_tokens_seconds", &form.between_tokens_seconds, Input::Number),
            field("retries", &form.retries, Input::Number),
        ];
        groups.push(group("model-group-patience", true, patience));
    }
    groups
}
