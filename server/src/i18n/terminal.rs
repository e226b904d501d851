//! The language of the terminal.

use super::Locale;

/// The variables that say which language messages come in, the first that is set wins (POSIX, Base Definitions 8.2).
/// The crate `sys-locale` asks LC_CTYPE, which is about characters, where POSIX asks LC_MESSAGES.
const VARIABLES: [&str; 3] = ["LC_ALL", "LC_MESSAGES", "LANG"];

impl Locale {
    /// The language of the person at the terminal; English where the environment names none of ours.
    pub fn from_terminal() -> Self {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = VARIABLES.iter().find_map(|name| variable(name).filter(|value| !value.is_empty()));
        match set {
            Some(value) if value.starts_with("zh") => Self::Zh,
            _ => Self::En,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_that_is_set_decides() {
        let with = |set: &[(&str, &str)]| {
            Locale::from_variables(|name| set.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned()))
        };
        assert_eq!(with(&[("LANG", "zh_CN.UTF-8")]), Locale::Zh);
        assert_eq!(with(&[("LANG", "zh_CN.UTF-8"), ("LC_MESSAGES", "en_GB.UTF-8")]), Locale::En);
        assert_eq!(with(&[("LANG", "en_US.UTF-8"), ("LC_ALL", "zh_TW.UTF-8")]), Locale::Zh);
        assert_eq!(with(&[("LANG", "zh_CN.UTF-8"), ("LC_ALL", "")]), Locale::Zh);
        assert_eq!(with(&[("LANG", "C.UTF-8")]), Locale::En);
        assert_eq!(with(&[]), Locale::En);
    }
}
