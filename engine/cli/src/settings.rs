//! `/set NAME VALUE`: the sampling settings by name, checked as everywhere else.

use anyhow::{anyhow, bail};
use mixtral_engine::sample::Sampling;
use serde_json::{Value, json};

use crate::i18n::Language;

/// What may be changed during a conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    pub sampling: Sampling,
    pub max_tokens: usize,
}

impl Settings {
    /// Changes one setting, or says why not.
    pub fn set(&mut self, name: &str, text: &str, language: Language) -> anyhow::Result<()> {
        let mut all = serde_json::to_value(&self.sampling)?;
        if name != "max_tokens" && all.get(name).is_none() {
            let known = all.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).chain(["max_tokens"]);
            let known = known.collect::<Vec<_>>().join(&t!(language, "list-separator"));
            bail!(t!(language, "chat-setting-unknown", name = name, known = known));
        }
        let refused = || t!(language, "chat-setting-value", name = name, value = text);
        let value = match text {
            "none" | "无" => Value::Null,
            text => serde_json::from_str(text).map_err(|_| anyhow!(refused()))?,
        };
        if name == "max_tokens" {
            match value.as_u64() {
                Some(n @ 1..) => self.max_tokens = usize::try_from(n)?,
                _ => bail!(refused()),
            }
            return Ok(());
        }
        all[name] = value;
        let sampling: Sampling = serde_json::from_value(all).map_err(|_| anyhow!(refused()))?;
        sampling.check()?;
        self.sampling = sampling;
        Ok(())
    }

    /// Every setting, one a line.
    pub fn lines(&self) -> Vec<String> {
        let mut all = serde_json::to_value(&self.sampling).unwrap_or_default();
        all["max_tokens"] = json!(self.max_tokens);
        all.as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| match value.as_f64() {
                // Numbers are 32 bits wide: shown as such, 0.2 is 0.2.
                Some(number) => format!("{name} {}", number as f32),
                None => format!("{name} {}", if value.is_null() { "none".to_owned() } else { value.to_string() }),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_changed_by_name_and_checked() {
        let mut s = Settings { sampling: Sampling::default(), max_tokens: 5 };
        s.set("temperature", "0.7", Language::English).expect("a setting");
        s.set("top_k", "3", Language::English).expect("a setting");
        s.set("seed", "42", Language::English).expect("a setting");
        s.set("max_tokens", "9", Language::English).expect("a setting");
        assert_eq!((s.sampling.temperature, s.sampling.top_k, s.sampling.seed, s.max_tokens), (0.7, 3, Some(42), 9));
        s.set("seed", "none", Language::English).expect("a setting");
        assert_eq!(s.sampling.seed, None);
        let before = s.clone();
        for (name, value) in
            [("temperature", "9"), ("top_p", "0"), ("colour", "1"), ("top_k", "x"), ("max_tokens", "0")]
        {
            assert!(s.set(name, value, Language::English).is_err(), "{name}");
        }
        assert_eq!(s, before, "a refused setting changes nothing");
        assert!(s.lines().contains(&"temperature 0.7".to_owned()), "{:?}", s.lines());
    }
}
