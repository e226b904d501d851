//! The settings of a model in JSON: how they are sent, and the schema that says so.

use std::borrow::Cow;

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::setting_schema::{Null, schema_of, sent_texts};
use crate::actions::change_model::KeyChange;
use crate::domain::{ModelSettings, ModelState};
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
        let sent = sent_texts(&ModelSettings::fields(), &self.settings, Null::StaysAsItIs)?;
        if let Some(name) = sent.keys().find(|name| !texts.contains_key(*name)) {
            let kind = settings.source.kind();
            return Err(Error::invalid("json", format!("unknown field `{name}` of a model of the kind {kind}")));
        }
        texts.extend(sent);
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

    fn sent_of(sent: &Map<String, Value>) -> Result<SettingTexts, Error> {
        sent_texts(&ModelSettings::fields(), sent, Null::StaysAsItIs)
    }
    use crate::domain::{Group, ModelKind, SettingTexts};

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

    /// Whether a value is what the schema of its property says. Knows the words that `schema_of` uses.
    fn fits(schema: &Value, value: &Value) -> bool {
        let kinds: Vec<&str> = schema["type"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let in_range = |number: f64| {
            schema["minimum"].as_f64().is_none_or(|least| number >= least)
                && schema["maximum"].as_f64().is_none_or(|most| number <= most)
        };
        match value {
            Value::Null => kinds.contains(&"null"),
            Value::Bool(_) => kinds.contains(&"boolean"),
            Value::Number(number) => {
                let number = number.as_f64().expect("a number");
                let whole = number.fract() == 0.0;
                (kinds.contains(&"number") || kinds.contains(&"integer") && whole) && in_range(number)
            }
            Value::String(text) => {
                let length = text.chars().count() as u64;
                let pattern =
                    schema["pattern"].as_str().map(|pattern| fancy_regex::Regex::new(pattern).expect("a pattern"));
                kinds.contains(&"string")
                    && schema["minLength"].as_u64().is_none_or(|least| length >= least)
                    && schema["maxLength"].as_u64().is_none_or(|most| length <= most)
                    && pattern.is_none_or(|pattern| pattern.is_match(text).expect("matches in time"))
            }
            _ => false,
        }
    }

    #[test]
    fn the_schema_takes_a_value_exactly_when_the_form_does() {
        let schema = serde_json::to_value(ModelChange::schema()).expect("JSON");
        let mut values: Vec<Value> = vec![Value::Null, json!(true), json!([]), json!({})];
        for number in [
            0.0f64, -0.0, 1.0, 1.5, -1.0, 0.1, 10.0, 11.0, 600.0, 600.5, 1000.0, 1001.0, 3600.0, 1e7, 1e15, 1e18, 1e300,
        ] {
            values.push(json!(number));
            if number.fract() == 0.0 && number.abs() < 1e18 {
                values.push(json!(number as i64));
            }
        }
        let texts = [
            "",
            " ",
            "\n",
            "a",
            " a ",
            "a\nb",
            "a\tb",
            "\ta",
            "a\u{7f}",
            "a\u{85}b",
            "auto",
            "cpu",
            " cpu ",
            "cuda",
            "cuda:0",
            "cuda:65535",
            "cuda:65536",
            "cuda:+1",
            "cuda:",
            "CPU",
            "/",
            "/a b",
            "a/b",
            "/a\u{1}",
            "http://h/v1",
            " https://h ",
            "HTTP://h",
            "ftp://h",
            "http://h/ v",
            "a\u{200b}b",
            "\u{202e}a",
            "temperature",
            "seed,top_p",
            "top_k",
            "A_KEY",
            "a_key",
            "yes",
            " yes ",
            "no",
            "KEY",
            "OPENAI_API_KEY",
            "X_TOKEN",
            "春",
            "1",
            "1e3",
        ];
        values.extend(texts.map(|text| json!(text)));
        for length in [60, 61, 100, 101, 120, 121, 200, 201, 500, 501, 2000, 2001, 4095, 4096, 4097] {
            values.push(json!("x".repeat(length)));
            values.push(json!(format!("/{}", "x".repeat(length - 1))));
            values.push(json!(format!("http://{}", "x".repeat(length - 7))));
            values.push(json!(format!("{} ", "春".repeat(length - 1))));
        }
        let mut tried = 0;
        for kind in ModelKind::ALL {
            let good = json!({ "display_name": "n", "path": "/p", "base_url": "http://h/v1", "remote_model": "m" });
            let good = sent_of(good.as_object().expect("an object")).expect("known names");
            for field in Group::of(*kind).iter().flat_map(|group| group.fields()) {
                for value in &values {
                    let sent = json!({ field.name: value });
                    let taken = sent_of(sent.as_object().expect("an object")).is_ok_and(|texts| {
                        let mut all = good.clone();
                        all.extend(texts);
                        ModelSettings::check(*kind, &all).is_ok()
                    });
                    assert_eq!(taken, fits(&schema["properties"][field.name], value), "{}: {value}", field.name);
                    tried += 1;
                }
            }
        }
        assert!(tried > 2000, "{tried}");
    }

    #[test]
    fn every_setting_can_be_sent_and_nothing_else() {
        for kind in ModelKind::ALL {
            let sent = json!({
                "display_name": "n", "path": "/p", "base_url": "http://h/v1", "remote_model": "m", "parameters": 5,
                "active_parameters": 2, "sampling_weight": 0.5, "family": null,
            });
            let texts = sent_of(sent.as_object().expect("an object")).expect("known names and types");
            let card = ModelSettings::check(*kind, &texts).expect("good").card;
            assert_eq!((card.parameters, card.active_parameters, card.family.as_str()), (Some(5), Some(2), ""));
        }
        for wrong in [json!({ "colour": "red" }), json!({ "retries": "1" }), json!({ "family": 1 })] {
            assert!(sent_of(wrong.as_object().expect("an object")).is_err(), "{wrong}");
        }
    }
}
