//! The language of the terminal.

use terminal_i18n::Language;

use super::Locale;

impl Locale {
    /// The language of the person at the terminal; English where the environment names none of ours.
    pub fn from_terminal() -> Self {
        match Language::of_terminal() {
            Language::English => Self::En,
            Language::Chinese => Self::Zh,
        }
    }
}
