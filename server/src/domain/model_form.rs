//! The administrator's form of a model: texts as typed, checked into [`ModelFields`].

use serde::{Deserialize, Serialize};
use url::Url;

use super::{ModelFields, ModelKind};

/// What was typed. Seconds may have decimals; an empty text means "by default" or "not said".
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are those of ModelFields")]
pub struct ModelForm {
    pub display_name: String,
    pub sampling_weight: String,
    pub path: String,
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

/// A field that cannot stay as it is. `code` names the text `error-CODE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The name of the field.
    pub field: &'static str,
    /// The code of the text.
    pub code: &'static str,
    /// What the text names as `{$detail}`.
    pub detail: String,
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
        let mut errors = Errors(Vec::new());
        let default = ModelFields::default();
        let local = kind == ModelKind::Local;
        let fields = ModelFields {
            display_name: errors.line("display_name", &self.display_name, 1, 120),
            sampling_weight: errors.number("sampling_weight", &self.sampling_weight, 0.0, 1000.0, 1.0),
            path: local.then(|| errors.path(&self.path)),
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
        if errors.0.is_empty() { Ok(fields) } else { Err(errors.0) }
    }
}

/// The mistakes found so far. Each method gives a value to go on with.
struct Errors(Vec<FieldError>);

impl Errors {
    fn add(&mut self, field: &'static str, code: &'static str, detail: impl Into<String>) {
        self.0.push(FieldError { field, code, detail: detail.into() });
    }

    fn line(&mut self, field: &'static str, text: &str, least: usize, most: usize) -> String {
        let text = text.trim();
        let chars = text.chars().count();
        if chars < least {
            self.add(field, "field-empty", "");
        } else if chars > most || text.chars().any(char::is_control) {
            self.add(field, "field-line", most.to_string());
        }
        text.to_owned()
    }

    fn text(&mut self, field: &'static str, text: &str) -> String {
        let text = text.replace("\r\n", "\n").replace('\0', "");
        let text = text.trim();
        if text.chars().count() > 2000 {
            self.add(field, "field-long", "2000");
        }
        text.to_owned()
    }

    fn number(&mut self, field: &'static str, text: &str, least: f64, most: f64, default: f64) -> f64 {
        match text.trim() {
            "" => default,
            text => match text.parse::<f64>() {
                Ok(n) if (least..=most).contains(&n) => n,
                _ => {
                    self.add(field, "field-number", format!("{least}–{most}"));
                    default
                }
            },
        }
    }

    fn seconds(&mut self, field: &'static str, text: &str, most: u32, default_ms: i32) -> i32 {
        (self.number(field, text, 0.1, f64::from(most), f64::from(default_ms) / 1000.0) * 1000.0).round() as i32
    }

    /// A whole number, or a short one such as 46.7B or 32k.
    fn optional(&mut self, field: &'static str, text: &str, most: i64) -> Option<i64> {
        let text = text.trim().replace([',', ' ', '_'], "");
        if text.is_empty() {
            return None;
        }
        let (digits, scale) = match text.char_indices().last() {
            Some((at, 'k' | 'K')) => (&text[..at], 1e3),
            Some((at, 'm' | 'M')) => (&text[..at], 1e6),
            Some((at, 'b' | 'B')) => (&text[..at], 1e9),
            _ => (text.as_str(), 1.0),
        };
        match digits.parse::<f64>().map(|n| (n * scale).round()) {
            Ok(n) if n >= 1.0 && n <= most as f64 => Some(n as i64),
            _ => {
                self.add(field, "field-number", format!("1–{most}"));
                None
            }
        }
    }

    fn path(&mut self, text: &str) -> String {
        let text = text.trim();
        if text.is_empty() {
            self.add("path", "field-empty", "");
        } else if !text.starts_with('/') || text.len() > 4096 || text.contains('\0') {
            self.add("path", "field-path", "");
        }
        text.to_owned()
    }

    fn device(&mut self, text: &str) -> String {
        let text = match text.trim() {
            "" => "auto",
            text => text,
        };
        let is_gpu = text.strip_prefix("cuda:").is_some_and(|n| n.parse::<u16>().is_ok());
        if !matches!(text, "auto" | "cpu") && !is_gpu {
            self.add("device", "field-device", text);
        }
        text.to_owned()
    }

    fn address(&mut self, field: &'static str, text: &str, is_base: bool) -> String {
        let text = text.trim();
        let good = Url::parse(text).is_ok_and(|url| {
            let plain = url.username().is_empty() && url.password().is_none();
            let bare = !is_base || (url.query().is_none() && url.fragment().is_none());
            matches!(url.scheme(), "http" | "https") && plain && bare && url.has_host()
        });
        if text.is_empty() {
            self.add(field, "field-empty", "");
        } else if !good || text.len() > 500 {
            self.add(field, if is_base { "field-base-url" } else { "field-link" }, "");
        }
        text.to_owned()
    }

    /// The name of an environment variable that looks like a key's, so that none of the service's other secrets can be
    /// sent to an endpoint.
    fn variable(&mut self, text: &str) -> Option<String> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        let is_name = text.len() <= 100
            && text.starts_with(|c: char| c.is_ascii_uppercase())
            && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        if !is_name || !(text.ends_with("_KEY") || text.ends_with("_TOKEN")) {
            self.add("api_key_env", "field-variable", "");
        }
        Some(text.to_owned())
    }
}

/// A name for addresses made of a display name: lower-case letters, digits, dots and hyphens. Empty when nothing is
/// left, as of a Chinese name.
pub fn slug_of(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars() {
        match c {
            'a'..='z' | '0'..='9' => slug.push(c),
            'A'..='Z' => slug.push(c.to_ascii_lowercase()),
            '.' | '_' if !slug.is_empty() && !slug.ends_with(['-', '.', '_']) => slug.push(c),
            _ if !slug.is_empty() && !slug.ends_with(['-', '.', '_']) => slug.push('-'),
            _ => {}
        }
        if slug.len() == 60 {
            break;
        }
    }
    slug.trim_end_matches(['-', '.', '_']).to_owned()
}

/// Whether a text can be a name in addresses.
pub fn is_slug(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-'))
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

    #[test]
    fn slugs_are_made_of_what_addresses_can_hold() {
        assert_eq!(slug_of("Verse 14M · Q8_0"), "verse-14m-q8_0");
        assert_eq!(slug_of("Mixtral-8x7B-Instruct v0.1"), "mixtral-8x7b-instruct-v0.1");
        assert_eq!(slug_of("  模型  "), "");
        for name in ["Verse 14M · Q8_0", "a/../b", "x".repeat(99).as_str()] {
            assert!(is_slug(&slug_of(name)), "{name}");
        }
        assert!(!is_slug("") && !is_slug("-a") && !is_slug("A") && !is_slug("a/b"));
    }
}
