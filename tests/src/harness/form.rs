//! Forms of a page, filled in and sent as a browser without JavaScript would.

use regex::Regex;

/// A form as it stands in the page.
#[derive(Debug, Clone)]
pub struct Form {
    /// Where it goes.
    pub action: String,
    /// `get` or `post`.
    pub method: String,
    /// Its fields with the values they have, in order; hidden ones included, buttons not.
    pub fields: Vec<(String, String)>,
    /// Its buttons' names and values.
    pub buttons: Vec<(String, String)>,
}

impl Form {
    /// Every form of a page.
    pub fn all(html: &str) -> Vec<Self> {
        let form = Regex::new(r"(?is)<form\b([^>]*)>(.*?)</form>").expect("a regular expression");
        form.captures_iter(html).map(|found| Self::read(&found[1], &found[2])).collect()
    }

    fn read(tag: &str, inside: &str) -> Self {
        let control = Regex::new(
            r"(?is)<(input|button)\b([^>]*)>|<textarea\b([^>]*)>(.*?)</textarea>|<select\b([^>]*)>(.*?)</select>",
        )
        .expect("a regular expression");
        // The end tag may be left out, and an option holds text only: it ends at the next tag (HTML, 4.10.10).
        let option = Regex::new(r"(?is)<option\b([^>]*)>([^<]*)").expect("a regular expression");
        let mut form = Self {
            action: attribute(tag, "action").unwrap_or_default(),
            method: attribute(tag, "method").unwrap_or_else(|| "get".to_owned()).to_lowercase(),
            fields: Vec::new(),
            buttons: Vec::new(),
        };
        for found in control.captures_iter(inside) {
            if let Some(tag) = found.get(2) {
                let Some(name) = attribute(tag.as_str(), "name") else { continue };
                let value = attribute(tag.as_str(), "value");
                let kind = attribute(tag.as_str(), "type").unwrap_or_default();
                if found[1].eq_ignore_ascii_case("button") || kind == "submit" {
                    form.buttons.push((name, value.unwrap_or_default()));
                } else if matches!(kind.as_str(), "checkbox" | "radio") {
                    if has(tag.as_str(), "checked") {
                        form.fields.push((name, value.unwrap_or_else(|| "on".to_owned())));
                    }
                } else {
                    form.fields.push((name, value.unwrap_or_default()));
                }
            } else if let (Some(tag), Some(text)) = (found.get(3), found.get(4)) {
                if let Some(name) = attribute(tag.as_str(), "name") {
                    form.fields.push((name, unescape(text.as_str()).trim_start_matches('\n').to_owned()));
                }
            } else if let (Some(tag), Some(options)) = (found.get(5), found.get(6))
                && let Some(name) = attribute(tag.as_str(), "name")
            {
                let all: Vec<(bool, String)> = option
                    .captures_iter(options.as_str())
                    .map(|o| {
                        (has(&o[1], "selected"), attribute(&o[1], "value").unwrap_or_else(|| unescape(o[2].trim())))
                    })
                    .collect();
                let chosen = all.iter().find(|(selected, _)| *selected).or(all.first());
                if let Some((_, value)) = chosen {
                    form.fields.push((name, value.clone()));
                }
            }
        }
        form
    }

    /// The same with a field set; added where the form does not have it.
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        let value = value.into();
        match self.fields.iter_mut().find(|(known, _)| known == name) {
            Some(field) => field.1 = value,
            None => self.fields.push((name.to_owned(), value)),
        }
        self
    }

    /// The value of a field.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether it has a field or a button of this name.
    pub fn has(&self, name: &str) -> bool {
        self.fields.iter().chain(&self.buttons).any(|(known, _)| known == name)
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let pattern = Regex::new(&format!(r#"(?is)(?:^|\s){name}\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))"#)).ok()?;
    let found = pattern.captures(tag)?;
    let value = found.get(1).or(found.get(2)).or(found.get(3))?;
    Some(unescape(value.as_str()))
}

fn has(tag: &str, name: &str) -> bool {
    Regex::new(&format!(r"(?is)(?:^|\s){name}(?:\s|=|/|$)")).is_ok_and(|pattern| pattern.is_match(tag))
}

/// HTML's character references, as far as our templates make them.
pub fn unescape(html: &str) -> String {
    let reference = Regex::new(r"&(?:#x([0-9a-fA-F]+)|#([0-9]+)|([a-z]+));").expect("a regular expression");
    reference
        .replace_all(html, |found: &regex::Captures<'_>| {
            let number = found.get(1).and_then(|hex| u32::from_str_radix(hex.as_str(), 16).ok());
            let number = number.or_else(|| found.get(2).and_then(|decimal| decimal.as_str().parse().ok()));
            let named = found.get(3).and_then(|name| match name.as_str() {
                "amp" => Some('&'),
                "lt" => Some('<'),
                "gt" => Some('>'),
                "quot" => Some('"'),
                "apos" => Some('\''),
                "nbsp" => Some('\u{a0}'),
                _ => None,
            });
            number.and_then(char::from_u32).or(named).map_or_else(|| found[0].to_owned(), String::from)
        })
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_as_a_browser_would() {
        let html = r#"<form method="post" action="/a?b=1&amp;c"><input type="hidden" name="csrf" value="t">
            <textarea name="prompt" rows=3>x &lt; y</textarea><input type=checkbox name=off><input name="plain">
            <select name="s"><option value="1">One<option value="2" selected>Two</select>
            <button name="choice" value="a">A</button><button>Go</button></form>"#;
        let forms = Form::all(html);
        assert_eq!(forms.len(), 1);
        let form = &forms[0];
        assert_eq!((form.action.as_str(), form.method.as_str()), ("/a?b=1&c", "post"));
        assert_eq!(form.value("csrf"), Some("t"));
        assert_eq!(form.value("prompt"), Some("x < y"));
        assert_eq!(form.value("s"), Some("2"));
        assert_eq!(form.value("plain"), Some(""));
        assert!(!form.has("off") && form.has("choice"));
        assert_eq!(unescape("&#34;&#x27;&amp;&unknown;"), "\"'&&unknown;");
    }
}
