//! The settings of a model in JSON: how they are sent, and the schema that says so.

use std::borrow::Cow;

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::actions::change_model::KeyChange;
use crate::domain::{Field, ModelSettings, ModelState, SettingTexts, Shape};
use crate::error::Error;

/// What can be said of a model: its settings by name, and what follows here.
#[derive(Debug, Deserialize)]
pub struct ModelChange {
    /// Enabled, disabled, or retired for good.
    pub(super) state: Option<ModelState>,
    /// Endpoint: the key; empty takes it away.
    pub(super) api_key: Option<SecretString>,
    /// Save an endpoint although it does not answer now.
    #[serde(default, alias = "anyway")]
    pub(super) force: bool,
    #[serde(flatten)]
    pub(super) settings: Map<String, Value>,
}

impl ModelChange {
    /// These settings with what was said put over them, checked as the page's form is.
    pub(super) fn over(&self, settings: &ModelSettings) -> Result<ModelSettings, Error> {
        let mut texts = settings.texts();
        texts.extend(sent_texts(&self.settings)?);
        ModelSettings::check(settings.source.kind(), &texts).map_err(|errors| {
            let fields: Vec<&str> = errors.iter().map(|error| error.field).collect();
            Error::invalid("api-fields", fields.join(", "))
        })
    }

    pub(super) fn key_change(&self) -> KeyChange {
        use secrecy::ExposeSecret;
        match &self.api_key {
            None => KeyChange::Keep,
            Some(key) if key.expose_secret().trim().is_empty() => KeyChange::Remove,
            Some(key) => KeyChange::Replace(key.clone()),
        }
    }
}

/// The settings that were sent, as texts. What is `null` stays as it is.
fn sent_texts(sent: &Map<String, Value>) -> Result<SettingTexts, Error> {
    let fields = ModelSettings::fields();
    let mut texts = SettingTexts::new();
    for (name, value) in sent {
        let field = fields.iter().find(|field| field.name == name);
        let field = field.ok_or_else(|| Error::invalid("json", format!("unknown field `{name}`")))?;
        let text = match (value, is_number(field)) {
            (Value::Null, _) => continue,
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

fn schema_of(field: &Field) -> Schema {
    let or_null = |kind: Type| SchemaType::from_iter([kind, Type::Null]);
    let object = ObjectBuilder::new().description(Some(field.doc));
    let object = match field.shape {
        Shape::Line { max } | Shape::Prose { max, .. } => {
            let least = field.required.then_some(1);
            object.schema_type(or_null(Type::String)).min_length(least).max_length(Some(max))
        }
        Shape::Address | Shape::Device => object.schema_type(or_null(Type::String)),
        Shape::Decimal { min, max } => object.schema_type(or_null(Type::Number)).minimum(Some(min)).maximum(Some(max)),
        Shape::Whole { min, max } => object.schema_type(or_null(Type::Integer)).minimum(Some(min)).maximum(Some(max)),
        Shape::Count { max } => object.schema_type(or_null(Type::Integer)).minimum(Some(1)).maximum(Some(max)),
    };
    object.build().into()
}

impl ToSchema for ModelChange {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("ModelChange")
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((ModelState::name().into_owned(), ModelState::schema()));
    }
}

/// Made of the settings, so that the API takes what the form takes.
impl PartialSchema for ModelChange {
    fn schema() -> RefOr<Schema> {
        let text = "What can be said of a model. What is left out stays as it is, or is by default in a registration. An \
                    empty text stands for the default.";
        let mut object = ObjectBuilder::new().description(Some(text));
        for field in ModelSettings::fields() {
            object = object.property(field.name, schema_of(&field));
        }
        let key = "Endpoint: the key; empty takes it away. It is stored encrypted and never shown again.";
        let key = ObjectBuilder::new()
            .description(Some(key))
            .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
            .write_only(true);
        let force = ObjectBuilder::new()
            .description(Some("Save an endpoint although it does not answer now."))
            .schema_type(Type::Boolean);
        let state = utoipa::openapi::Ref::from_schema_name(ModelState::name());
        object.property("state", state).property("api_key", key).property("force", force).into()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;
    use crate::domain::{Group, ModelKind};

    /// Names of a request that are no settings.
    const BESIDE: [&str; 3] = ["state", "api_key", "force"];

    #[test]
    fn the_api_takes_what_the_form_takes() {
        let schema = serde_json::to_value(ModelChange::schema()).expect("JSON");
        let properties = schema["properties"].as_object().expect("properties");
        let sent: BTreeSet<&str> = properties.keys().map(String::as_str).collect();
        let groups = ModelKind::ALL.iter().flat_map(|kind| Group::of(*kind));
        let form = groups.flat_map(|group| group.fields()).map(|field| field.name);
        assert_eq!(sent, form.chain(BESIDE).collect());
        let weight = &schema["properties"]["sampling_weight"];
        assert_eq!((weight["minimum"].as_f64(), weight["maximum"].as_f64()), (Some(0.0), Some(1000.0)));
    }

    #[test]
    fn every_setting_can_be_sent_and_nothing_else() {
        for kind in ModelKind::ALL {
            let sent = json!({
                "display_name": "n", "path": "/p", "base_url": "http://h/v1", "remote_model": "m", "parameters": 5,
                "active_parameters": 2, "sampling_weight": 0.5, "family": null,
            });
            let texts = sent_texts(sent.as_object().expect("an object")).expect("known names and types");
            let card = ModelSettings::check(*kind, &texts).expect("good").card;
            assert_eq!((card.parameters, card.active_parameters, card.family.as_str()), (Some(5), Some(2), ""));
        }
        for wrong in [json!({ "colour": "red" }), json!({ "retries": "1" }), json!({ "family": 1 })] {
            assert!(sent_texts(wrong.as_object().expect("an object")).is_err(), "{wrong}");
        }
    }
}
