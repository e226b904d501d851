//! What administrators say of the whole site, in the browser: its name, its texts, who may come in, and its limits.

mod in_force;
mod settings;
mod sign_in;
#[cfg(test)]
mod tests;

pub use in_force::SiteRules;
pub use settings::{Entry, KEPT_SECRETS, SITE_SECRETS, SignIn, SiteGroup, SiteSettings};
pub use sign_in::{Claims, NotAdmitted};

use super::text_enum::text_enum;

/// How many days somebody who signed in need not sign in again.
pub const SESSION_DAYS: i32 = 7;

text_enum!(
    /// Who may come in.
    Access, "way in" {
        /// Everybody.
        Open = "open",
        /// Whoever knows the access code.
        Code = "code",
        /// Whoever signs in at a provider, by OpenID Connect.
        Oidc = "oidc",
    }
);

impl Access {
    /// Their names.
    pub const NAMES: &'static [&'static str] = &[Self::Open.as_str(), Self::Code.as_str(), Self::Oidc.as_str()];
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

text_enum!(
    /// What a page of help is about.
    HelpTopic, "topic" {
        /// Battles, votes and boards, for visitors.
        Arena = "arena",
        /// From a model's file to an arena.
        Models = "models",
        /// Quantising, merging, evaluating, training.
        Engine = "engine",
        /// Proxy, backup, several servers.
        Deploy = "deploy",
    }
);
