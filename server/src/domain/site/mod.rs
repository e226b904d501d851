//! What administrators say of the whole site, in the browser: its name, its texts, who may come in, and its limits.

mod in_force;
mod settings;
#[cfg(test)]
mod tests;

pub use in_force::SiteRules;
pub use settings::{Entry, SITE_SECRETS, SiteGroup, SiteSettings};

use super::text_enum::text_enum;

text_enum!(
    /// Who may come in.
    Access, "way in" {
        /// Everybody.
        Open = "open",
        /// Whoever knows the access code.
        Code = "code",
    }
);

impl Access {
    /// Their names.
    pub const NAMES: &'static [&'static str] = &[Self::Open.as_str(), Self::Code.as_str()];
}

text_enum!(
    /// A page of text that administrators edit.
    SiteText, "page of text" {
        /// Who runs the arena, and what for.
        About = "about",
        /// What visitors agree to.
        Terms = "terms",
        /// What is kept of them.
        Privacy = "privacy",
    }
);
