//! Checks of single fields of a form.

use url::Url;

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

/// The mistakes found so far. Each method gives a value to go on with.
#[derive(Default)]
pub(super) struct Checks(Vec<FieldError>);

impl Checks {
    /// The checked fields, or all mistakes.
    pub(super) fn end<T>(self, fields: T) -> Result<T, Vec<FieldError>> {
        if self.0.is_empty() { Ok(fields) } else { Err(self.0) }
    }

    fn add(&mut self, field: &'static str, code: &'static str, detail: impl Into<String>) {
        self.0.push(FieldError { field, code, detail: detail.into() });
    }

    pub(super) fn line(&mut self, field: &'static str, text: &str, least: usize, most: usize) -> String {
        let text = text.trim();
        let chars = text.chars().count();
        if chars < least {
            self.add(field, "field-empty", "");
        } else if chars > most || text.chars().any(char::is_control) {
            self.add(field, "field-line", most.to_string());
        }
        text.to_owned()
    }

    pub(super) fn text(&mut self, field: &'static str, text: &str) -> String {
        let text = text.replace("\r\n", "\n").replace('\0', "");
        let text = text.trim();
        if text.chars().count() > 2000 {
            self.add(field, "field-long", "2000");
        }
        text.to_owned()
    }

    pub(super) fn number(&mut self, field: &'static str, text: &str, least: f64, most: f64, default: f64) -> f64 {
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

    pub(super) fn seconds(&mut self, field: &'static str, text: &str, most: u32, default_ms: i32) -> i32 {
        (self.number(field, text, 0.1, f64::from(most), f64::from(default_ms) / 1000.0) * 1000.0).round() as i32
    }

    /// A whole number, or a short one such as 46.7B or 32k.
    pub(super) fn optional(&mut self, field: &'static str, text: &str, most: i64) -> Option<i64> {
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

    pub(super) fn path(&mut self, field: &'static str, text: &str) -> String {
        let text = text.trim();
        if text.is_empty() {
            self.add(field, "field-empty", "");
        } else if !text.starts_with('/') || text.len() > 4096 || text.contains('\0') {
            self.add(field, "field-path", "");
        }
        text.to_owned()
    }

    pub(super) fn device(&mut self, text: &str) -> String {
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

    pub(super) fn address(&mut self, field: &'static str, text: &str, is_base: bool) -> String {
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
    pub(super) fn variable(&mut self, text: &str) -> Option<String> {
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
