//! Rules for settings that name a place: a path, an address, a device, a variable.

use url::Url;

use crate::domain::DevicePreference;
use crate::domain::setting::{Mistake, Rule, Shape, mistake};

/// A full path on the server.
pub(super) struct AbsolutePath;

/// The longest path in bytes, as Linux has it.
const MAX_PATH: usize = 4096;

impl Rule for AbsolutePath {
    type Value = String;

    fn check(&self, text: &str) -> Result<String, Mistake> {
        let has_control = text.chars().any(char::is_control);
        if !text.starts_with('/') || text.len() > MAX_PATH || has_control {
            return mistake("field-path", "");
        }
        Ok(text.to_owned())
    }

    fn show(&self, value: &String) -> String {
        value.clone()
    }

    fn shape(&self) -> Shape {
        Shape::Line { max: MAX_PATH }
    }

    fn pattern(&self) -> Option<&'static str> {
        Some(r"/[^\u0000-\u001f\u007f-\u009f]*")
    }
}

/// An http or https address without a user.
pub(super) enum Address {
    /// To read more at.
    Link,
    /// That paths are put behind: without query or fragment.
    Base,
}

/// The longest address in characters.
const MAX_ADDRESS: usize = 500;

impl Rule for Address {
    type Value = String;

    fn check(&self, text: &str) -> Result<String, Mistake> {
        let is_base = matches!(self, Self::Base);
        let is_good = Url::parse(text).is_ok_and(|url| {
            let plain = url.username().is_empty() && url.password().is_none();
            let bare = !is_base || (url.query().is_none() && url.fragment().is_none());
            matches!(url.scheme(), "http" | "https") && plain && bare && url.has_host()
        });
        if !is_good || text.contains(char::is_whitespace) {
            return mistake(if is_base { "field-base-url" } else { "field-link" }, "");
        }
        Ok(text.to_owned())
    }

    fn show(&self, value: &String) -> String {
        value.clone()
    }

    fn shape(&self) -> Shape {
        Shape::Address { max: MAX_ADDRESS }
    }

    fn pattern(&self) -> Option<&'static str> {
        Some(r"[Hh][Tt][Tt][Pp][Ss]?:[^\s]+")
    }
}

/// Several base addresses in one line.
pub(super) struct Addresses {
    pub most: usize,
}

impl Rule for Addresses {
    type Value = String;

    fn check(&self, text: &str) -> Result<String, Mistake> {
        let is_between = |c: char| c.is_whitespace() || matches!(c, ',' | '，' | '、');
        let mut addresses = Vec::new();
        for address in text.split(is_between).filter(|address| !address.is_empty()) {
            addresses.push(Address::Base.check(address)?);
        }
        if addresses.len() > self.most {
            return mistake("field-number", format!("0–{}", self.most));
        }
        Ok(addresses.join(" "))
    }

    fn show(&self, value: &String) -> String {
        value.clone()
    }

    fn shape(&self) -> Shape {
        Shape::Line { max: self.most * (MAX_ADDRESS + 1) }
    }

    fn pattern(&self) -> Option<&'static str> {
        Some(r"[,，、\s]*([Hh][Tt][Tt][Pp][Ss]?:[^,，、\s]+([,，、\s]+|$))*")
    }
}

/// `auto`, `cpu`, `cuda:N`.
pub(super) struct DeviceName;

impl Rule for DeviceName {
    type Value = DevicePreference;

    fn check(&self, text: &str) -> Result<DevicePreference, Mistake> {
        text.parse().or_else(|_| mistake("field-device", text))
    }

    fn show(&self, value: &DevicePreference) -> String {
        value.to_string()
    }

    fn shape(&self) -> Shape {
        Shape::Device
    }

    fn pattern(&self) -> Option<&'static str> {
        Some("auto|cpu|cuda|cuda:0*([0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])")
    }
}

/// The name of an environment variable that looks like a key's, so that none of the service's other secrets can be
/// sent to an endpoint.
pub(super) struct KeyVariable;

impl Rule for KeyVariable {
    type Value = String;

    fn check(&self, text: &str) -> Result<String, Mistake> {
        let is_name = text.len() <= 100
            && text.starts_with(|c: char| c.is_ascii_uppercase())
            && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        if !is_name || !(text.ends_with("_KEY") || text.ends_with("_TOKEN")) {
            return mistake("field-variable", "");
        }
        Ok(text.to_owned())
    }

    fn show(&self, value: &String) -> String {
        value.clone()
    }

    fn shape(&self) -> Shape {
        Shape::Line { max: 100 }
    }

    fn pattern(&self) -> Option<&'static str> {
        Some("[A-Z][A-Z0-9_]*_(KEY|TOKEN)")
    }
}
