//! Settings in JSON: how they are sent, and the schema that says so.

use serde_json::{Map, Value};
use utoipa::openapi::Schema;
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};

use crate::domain::{Field, SettingTexts, Shape};
use crate::error::Error;

/// What `null` says of a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Null {
    StaysAsItIs,
    ByDefault,
}

/// The settings that were sent, as texts.
///
/// # Errors
/// One that there is not, or that is of another type.
pub(super) fn sent_texts(fields: &[Field], sent: &Map<String, Value>, null: Null) -> Result<SettingTexts, Error> {
    let mut texts = SettingTexts::new();
    for (name, value) in sent {
        let field = fields.iter().find(|field| field.name == name);
        let field = field.ok_or_else(|| Error::invalid("json", format!("unknown field `{name}`")))?;
        let text = match (value, is_number(field)) {
            (Value::Null, _) if null == Null::StaysAsItIs => continue,
            (Value::Null, _) => String::new(),
            // A box to tick: as a form sends it, or as it is read.
            (Value::Bool(is_ticked), _) if field.shape == Shape::Flag => {
                String::from(if *is_ticked { "yes" } else { "" })
            }
            (Value::String(text), false) => text.clone(),
            (Value::Number(number), true) => number.to_string(),
            (_, true) => return Err(Error::invalid("json", format!("{name}: a number is needed"))),
            (_, false) => return Err(Error::invalid("json", format!("{name}: a string is needed"))),
        };
        texts.insert(name.clone(), text);
    }
    Ok(texts)
}

fn is_number(field: &Field) -> bool {
    matches!(field.shape, Shape::Decimal { .. } | Shape::Whole { .. } | Shape::Count { .. })
}

/// The schema of a setting.
pub(super) fn schema_of(field: &Field) -> Schema {
    let or_null = |kind: Type| SchemaType::from_iter([kind, Type::Null]);
    let object = ObjectBuilder::new().description(Some(field.doc));
    let pattern = field.pattern.map(|inner| match field.required {
        // White space at the ends does not count, and something must be left of what is required.
        true => format!(r"^(?=[\s\S]*\S)\s*({inner})\s*$"),
        false => format!(r"^\s*({inner})?\s*$"),
    });
    let object = match field.shape {
        Shape::Line { max } | Shape::Prose { max, .. } | Shape::Address { max } => {
            let least = field.required.then_some(1);
            object.schema_type(or_null(Type::String)).min_length(least).max_length(Some(max)).pattern(pattern)
        }
        Shape::Choice(names) => object.schema_type(or_null(Type::String)).enum_values(Some(names.iter().copied())),
        Shape::Flag => {
            let kinds = SchemaType::from_iter([Type::Boolean, Type::String, Type::Null]);
            object.schema_type(kinds).pattern(Some(r"^\s*(yes)?\s*$"))
        }
        Shape::Device => object.schema_type(or_null(Type::String)).pattern(pattern),
        Shape::Decimal { min, max } => object.schema_type(or_null(Type::Number)).minimum(Some(min)).maximum(Some(max)),
        Shape::Whole { min, max } => object.schema_type(or_null(Type::Integer)).minimum(Some(min)).maximum(Some(max)),
        Shape::Count { max } => object.schema_type(or_null(Type::Integer)).minimum(Some(1)).maximum(Some(max)),
    };
    object.build().into()
}
