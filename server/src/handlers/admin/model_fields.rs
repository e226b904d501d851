//! The fields of the model form: those of the settings, with their labels and with what was typed.

use super::fields::Field;
use crate::domain::{FieldError, Group, ModelKind, SettingTexts};
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

/// The groups of a kind's form with what was typed.
pub fn groups(page: &Page, kind: ModelKind, texts: &SettingTexts, errors: &[FieldError]) -> Vec<FormGroup> {
    let group = |group: Group| {
        let mut fields: Vec<Field> =
            group.fields().into_iter().map(|setting| Field::of(page, "model-", setting, texts, errors)).collect();
        for field in &mut fields {
            // A check needs no name yet: the file may bring one.
            field.is_needed &= field.name != "display_name";
        }
        let title = match group {
            Group::File => "model-group-file",
            Group::Endpoint => "model-group-endpoint",
            Group::General => "model-group-name",
            Group::Answering => "model-group-answering",
            Group::Card => "model-group-card",
            Group::Requests => "model-group-patience",
        };
        FormGroup {
            title: page.t(title),
            folded: match group {
                Group::Requests => fields.iter().all(|field| field.error.is_none()),
                Group::Answering => fields.iter().all(|field| field.error.is_none() && field.value.is_empty()),
                _ => false,
            },
            has_key: group == Group::Endpoint,
            fields,
        }
    };
    Group::of(kind).iter().copied().map(group).collect()
}
