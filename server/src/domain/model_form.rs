//! The administrator's form of a model: texts as typed, checked into [`ModelFields`].

use super::field_checks::{Checks, FieldError};
use super::{ModelFields, ModelKind};
use serde::{Deserialize, Serialize};

/// What was typed. Seconds may have decimals; an empty text means "by default" or "not said".
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are those of ModelFields")]
pub struct ModelForm {
    pub display_name: String,
    pub sampling_weight: String,
    pub path: String,
    pub adapter_base: String,
    pub device: String,
    pub context_length: String,
    pub base_url: String,
    pub remote_model: String,
    pub api_key_env: String,
    pub connect_seconds: String,
    pub first_token_seconds: String,
    pub between_tokens_seconds: String,
    pub retries: String,
    pub family: String,
    pub base_model: String,
    pub quantisation: String,
    pub parameters: String,
    pub active_parameters: String,
    pub licence: String,
    pub link: String,
    pub description_en: String,
    pub description_zh: String,
}

impl ModelForm {
    /// The form that shows a model as it is.
    pub fn of(fields: &ModelFields) -> Self {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let number = |value: Option<i64>| value.map(|n| n.to_string()).unwrap_or_default();
        let seconds = |ms: i32| (f64::from(ms) / 1000.0).to_string();
        Self {
            display_name: fields.display_name.clone(),
            sampling_weight: fields.sampling_weight.to_string(),
            path: text(&fields.path),
            adapter_base: text(&fields.adapter_base),
            device: fields.device.clone(),
            context_length: number(fields.context_length.map(i64::from)),
            base_url: text(&fields.base_url),
            remote_model: text(&fields.remote_model),
            api_key_env: text(&fields.api_key_env),
            connect_seconds: seconds(fields.connect_ms),
            first_token_seconds: seconds(fields.first_token_ms),
            between_tokens_seconds: seconds(fields.between_tokens_ms),
            retries: fields.retries.to_string(),
            family: fields.family.clone(),
            base_model: fields.base_model.clone(),
            quantisation: fields.quantisation.clone(),
            parameters: number(fields.parameters),
            active_parameters: number(fields.active_parameters),
            licence: fields.licence.clone(),
            link: fields.link.clone(),
            description_en: fields.description_en.clone(),
            description_zh: fields.description_zh.clone(),
        }
    }

    /// Checks everything at once, so that the administrator sees every mistake together. What a form of one kind has
    /// not, is by default.
    pub fn check(&self, kind: ModelKind) -> Result<ModelFields, Vec<FieldError>> {
        let mut errors = Checks::default();
        let default = ModelFields::default();
        let local = kind == ModelKind::Local;
        let fields = ModelFields {
            display_name: errors.line("display_name", &self.display_name, 1, 120),
            sampling_weight: errors.number("sampling_weight", &self.sampling_weight, 0.0, 1000.0, 1.0),
            path: local.then(|| errors.path("path", &self.path)),
            adapter_base: Some(self.adapter_base.trim())
                .filter(|base| local && !base.is_empty())
                .map(|base| errors.path("adapter_base", base)),
            device: if local { errors.device(&self.device) } else { default.device },
            context_length: errors.optional("context_length", &self.context_length, 1 << 24).map(|n| n as i32),
            base_url: (!local).then(|| errors.address("base_url", &self.base_url, true)),
            remote_model: (!local).then(|| errors.line("remote_model", &self.remote_model, 1, 200)),
            api_key_env: if local { None } else { errors.variable(&self.api_key_env) },
            connect_ms: errors.seconds("connect_seconds", &self.connect_seconds, 600, default.connect_ms),
            first_token_ms: errors.seconds(
                "first_token_seconds",
                &self.first_token_seconds,
                3600,
                default.first_token_ms,
            ),
            between_tokens_ms: errors.seconds(
                "between_tokens_seconds",
                &self.between_tokens_seconds,
                3600,
                default.between_tokens_ms,
            ),
            retries: errors.number("retries", &self.retries, 0.0, 10.0, f64::from(default.retries)).round() as i32,
            family: errors.line("family", &self.family, 0, 120),
            base_model: errors.line("base_model", &self.base_model, 0, 200),
            quantisation: errors.line("quantisation", &self.quantisation, 0, 60),
            parameters: errors.optional("parameters", &self.parameters, 1 << 50),
            active_parameters: errors.optional("active_parameters", &self.active_parameters, 1 << 50),
            licence: errors.line("licence", &self.licence, 0, 120),
            link: if self.link.trim().is_empty() { String::new() } else { errors.address("link", &self.link, false) },
            description_en: errors.text("description_en", &self.description_en),
            description_zh: errors.text("description_zh", &self.description_zh),
        };
        errors.end(fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint() -> ModelForm {
        ModelForm {
            display_name: "A model".into(),
            base_url: "https://api.example.org/v1".into(),
            remote_model: "m".into(),
            ..ModelForm::default()
        }
    }

    fn wrong(form: &ModelForm, kind: ModelKind) -> Vec<&'static str> {
        form.check(kind).err().unwrap_or_default().iter().map(|error| error.field).collect()
    }

    #[test]
    fn an_empty_form_names_everything_that_is_missing_at_once() {
        assert_eq!(wrong(&ModelForm::default(), ModelKind::Local), ["display_name", "path"]);
        assert_eq!(wrong(&ModelForm::default(), ModelKind::Endpoint), ["display_name", "base_url", "remote_model"]);
    }

    #[test]
    fn a_form_shows_what_was_saved() {
        let fields = endpoint().check(ModelKind::Endpoint).expect("good");
        assert_eq!(ModelForm::of(&fields).check(ModelKind::Endpoint), Ok(fields.clone()));
        assert_eq!((fields.first_token_ms, fields.path), (120_000, None));
    }

    #[test]
    fn numbers_are_taken_as_people_write_them() {
        let form = ModelForm { parameters: "46.7B".into(), context_length: "32,768".into(), ..endpoint() };
        let fields = form.check(ModelKind::Endpoint).expect("good");
        assert_eq!((fields.parameters, fields.context_length), (Some(46_700_000_000), Some(32_768)));
        let form = ModelForm {
            sampling_weight: "-1".into(),
            retries: "many".into(),
            context_length: "0".into(),
            connect_seconds: "NaN".into(),
            ..endpoint()
        };
        let fields = ["sampling_weight", "context_length", "connect_seconds", "retries"];
        assert_eq!(wrong(&form, ModelKind::Endpoint), fields);
    }

    #[test]
    fn secrets_of_the_service_cannot_be_named_as_keys_and_links_are_web_addresses() {
        for name in ["DATABASE_URL", "ARENA_SECRET", "lower_key", "A B_KEY", "../X_KEY"] {
            assert_eq!(
                wrong(&ModelForm { api_key_env: name.into(), ..endpoint() }, ModelKind::Endpoint),
                ["api_key_env"]
            );
        }
        assert!(
            wrong(&ModelForm { api_key_env: "OPENAI_API_KEY".into(), ..endpoint() }, ModelKind::Endpoint).is_empty()
        );
        for link in ["javascript:alert(1)", "ftp://x/", "https://u:p@x/", "x"] {
            assert_eq!(wrong(&ModelForm { link: link.into(), ..endpoint() }, ModelKind::Endpoint), ["link"], "{link}");
        }
        for base in ["file:///etc/passwd", "https://x/v1?key=1", "h:1"] {
            assert_eq!(wrong(&ModelForm { base_url: base.into(), ..endpoint() }, ModelKind::Endpoint), ["base_url"]);
        }
    }
}
