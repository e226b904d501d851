//! The values that files are written of.

use serde_json::{Value, json};

/// A value of a column; each column always has the same kind.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Text(String),
    Maybe(Option<String>),
    Whole(i64),
    Real(f64),
    Truth(bool),
    /// Nested where the container can hold it, else as a text.
    Json(Value),
}

impl Cell {
    /// As a text; nothing where there is none.
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Maybe(text) => text.clone(),
            Self::Whole(value) => Some(value.to_string()),
            Self::Real(value) => Some(value.to_string()),
            Self::Truth(value) => Some(value.to_string()),
            Self::Json(value) => (!value.is_null()).then(|| value.to_string()),
        }
    }

    /// As JSON has it.
    pub fn json(self) -> Value {
        match self {
            Self::Text(text) => Value::String(text),
            Self::Maybe(text) => text.map_or(Value::Null, Value::String),
            Self::Whole(value) => json!(value),
            Self::Real(value) => json!(value),
            Self::Truth(value) => json!(value),
            Self::Json(value) => value,
        }
    }
}

/// A row: names and values in the order of the columns.
pub(super) type Line = Vec<(&'static str, Cell)>;
