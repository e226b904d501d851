//! The macro that makes a group of settings: one line says a setting's name, type, default and rule.

use std::collections::BTreeMap;

use super::rules::{Field, FieldError, Rule};

/// Settings as texts, by name: as typed into the form or sent to the API. An empty text means "by default".
pub type SettingTexts = BTreeMap<String, String>;

/// Reads one setting. A mistake is added to the list, and the default is gone on with.
pub(in crate::domain) fn checked<R: Rule>(
    name: &'static str,
    rule: &R,
    default: R::Value,
    texts: &SettingTexts,
    errors: &mut Vec<FieldError>,
) -> R::Value {
    let sent = texts.get(name).map_or("", String::as_str);
    let text = if R::TRIMS || sent.trim().is_empty() { sent.trim() } else { sent };
    // A line's end counts as one character, however the browser sends it.
    let length = sent.chars().filter(|c| *c != '\r').count();
    let mistake = match text {
        _ if rule.shape().max_chars().is_some_and(|max| length > max) => {
            ("field-long", rule.shape().max_chars().unwrap_or_default().to_string())
        }
        "" if R::REQUIRED => ("field-empty", String::new()),
        "" => return default,
        text => match rule.check(text) {
            Ok(value) => return value,
            Err(mistake) => mistake,
        },
    };
    errors.push(FieldError { field: name, code: mistake.0, detail: mistake.1 });
    default
}

/// One setting as forms and schemas see it.
pub(in crate::domain) fn field<R: Rule>(name: &'static str, doc: &'static str, rule: &R) -> Field {
    Field { name, doc: doc.trim_ascii(), shape: rule.shape(), pattern: rule.pattern(), required: R::REQUIRED }
}

/// `name: Type = default, rule;` for each setting, under a doc comment of one line that the API's schema tells too.
macro_rules! settings {
    ($(#[$meta:meta])* $name:ident {
        $(#[doc = $doc:literal] $(#[$fmeta:meta])* $field:ident: $type:ty = $default:expr, $rule:expr;)+
    }) => {
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        $(#[$meta])*
        pub struct $name {
            $(#[doc = $doc] $(#[$fmeta])* pub $field: $type,)+
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default),+ }
            }
        }

        impl $name {
            /// Its settings, in the order of the form.
            pub(super) fn fields() -> Vec<crate::domain::Field> {
                vec![$(crate::domain::setting::field(stringify!($field), $doc, &$rule)),+]
            }

            /// Reads the group. Settings with mistakes are by default, and the mistakes are added to the list.
            pub(super) fn check(
                texts: &crate::domain::SettingTexts,
                errors: &mut Vec<crate::domain::FieldError>,
            ) -> Self {
                use crate::domain::setting::checked;
                Self { $($field: checked(stringify!($field), &$rule, $default, texts, errors)),+ }
            }

            /// Adds the texts that are read as these settings.
            pub(super) fn show(&self, texts: &mut crate::domain::SettingTexts) {
                use crate::domain::setting::Rule;
                $(texts.insert(stringify!($field).to_owned(), $rule.show(&self.$field));)+
            }
        }
    };
}
pub(in crate::domain) use settings;
