//! Everything that an administrator says of the site. This file is the one place where a setting is written: the form and
//! what is stored take names, rules and defaults from here.
//!
//! A new setting is a line in one of the groups, and the texts `site-NAME` and `site-NAME-hint` in both languages. It needs no
//! migration: what is not by default is stored by name.

use sha2::{Digest, Sha256};

use super::{Access, SiteText};
use crate::domain::setting::{
    Choice, Decimal, Field, FieldError, Flag, Line, Name, Optional, Prose, SettingTexts, Whole, settings,
};

/// Settings that are stored encrypted, and that the audit log does not tell.
pub const SITE_SECRETS: &[&str] = &["access_code", "oidc_client_secret"];

/// Secrets that nobody types twice: a form shows none, and left empty they stay.
pub const KEPT_SECRETS: &[&str] = &["oidc_client_secret"];

/// The longest page of text in characters: a form with it in both languages, each character encoded as twelve bytes, must be
/// taken.
const MAX_TEXT: usize = 15_000;
/// The longest list of prompts in characters.
const MAX_SAMPLES: usize = 4000;
/// The shortest access code in characters: below, guessing at the limited rate would not take years.
const MIN_CODE: usize = 6;

settings!(
    /// What the site is called, and who is behind it.
    Identity {
        /// The arena's name in English; built in where empty.
        name_en: String = String::new(), Name(60);
        /// The arena's name in Chinese; built in where empty.
        name_zh: String = String::new(), Name(60);
        /// What search engines and shared links say of it, in English.
        description_en: String = String::new(), Line(200);
        /// The same in Chinese.
        description_zh: String = String::new(), Line(200);
        /// Whom visitors may write to.
        contact: String = String::new(), Line(200);
    }
);

settings!(
    /// Who may come in.
    Entry {
        /// Who may come in.
        access: Access = Access::Open, Choice::new(Access::NAMES, Access::as_str);
        /// What those who may come in know.
        access_code: String = String::new(), Line(64);
        /// Whether visitors agree to the terms before their first battle.
        consent: bool = false, Flag;
    }
);

settings!(
    /// Where those who may come in sign in.
    SignIn {
        /// The provider's issuer URL.
        oidc_issuer: String = String::new(), Line(300);
        /// What the provider knows this arena by.
        oidc_client_id: String = String::new(), Line(300);
        /// What this arena shows the provider; empty for a public client.
        oidc_client_secret: String = String::new(), Line(300);
        /// What is asked for beside `openid`, with spaces between.
        oidc_scopes: String = "email profile".to_owned(), Line(300);
        /// Domains of verified e-mail addresses that may come in, with spaces between; all where empty.
        oidc_domains: String = String::new(), Line(1000);
        /// Groups whose members may come in, with spaces between; all where empty.
        oidc_groups: String = String::new(), Line(1000);
        /// Groups whose members' votes have a leaderboard of their own, with spaces between.
        oidc_board_groups: String = String::new(), Line(1000);
        /// The claim that names somebody's groups.
        oidc_groups_claim: String = "groups".to_owned(), Line(100);
    }
);

settings!(
    /// The pages of text, in Markdown; built in where empty.
    Texts {
        /// About, in English.
        about_en: String = String::new(), Prose { max: MAX_TEXT, language: "en" };
        /// About, in Chinese.
        about_zh: String = String::new(), Prose { max: MAX_TEXT, language: "zh-CN" };
        /// The terms, in English.
        terms_en: String = String::new(), Prose { max: MAX_TEXT, language: "en" };
        /// The terms, in Chinese.
        terms_zh: String = String::new(), Prose { max: MAX_TEXT, language: "zh-CN" };
        /// Privacy, in English.
        privacy_en: String = String::new(), Prose { max: MAX_TEXT, language: "en" };
        /// Privacy, in Chinese.
        privacy_zh: String = String::new(), Prose { max: MAX_TEXT, language: "zh-CN" };
    }
);

settings!(
    /// Prompts that are offered where the models have none of their own; built in where empty.
    Samples {
        /// Prompts in English, one a line.
        samples_en: String = String::new(), Prose { max: MAX_SAMPLES, language: "en" };
        /// Prompts in Chinese, one a line.
        samples_zh: String = String::new(), Prose { max: MAX_SAMPLES, language: "zh-CN" };
    }
);

settings!(
    /// Limits; where empty, as the program was started.
    Limits {
        /// Messages, and votes, of one visitor in a minute.
        voter_per_minute: Option<i64> = None, Optional(Whole { min: 1, max: 1_000_000 });
        /// Messages, and votes, from one address in a minute.
        address_per_minute: Option<i64> = None, Optional(Whole { min: 1, max: 1_000_000 });
        /// How long a vote can be taken back, in seconds; 0 for never.
        vote_undo_seconds: Option<i64> = None, Optional(Whole { min: 0, max: 3600 });
        /// After how many days conversations are deleted; 0 for never.
        keep_days: Option<i64> = None, Optional(Whole { min: 0, max: 36_500 });
        /// Models with fewer votes are preliminary.
        min_votes: Option<i64> = None, Optional(Whole { min: 0, max: 1_000_000 });
        /// The share of battles that is drawn by the models' weights alone.
        even_share: Option<f64> = None, Optional(Decimal { min: 0.0, max: 1.0 });
        /// Models with fewer votes are new.
        new_model_votes: Option<i64> = None, Optional(Whole { min: 0, max: 1_000_000 });
        /// How many times as often new models are drawn.
        new_model_boost: Option<f64> = None, Optional(Decimal { min: 0.01, max: 100.0 });
        /// The most honest voters that are flagged, as a share; 0 flags nobody.
        flag_rate: Option<f64> = None, Optional(Decimal { min: 0.0, max: 0.5 });
    }
);

/// A heading of the form and what stands under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SiteGroup {
    /// [`Identity`].
    Identity,
    /// [`Entry`].
    Entry,
    /// [`SignIn`].
    SignIn,
    /// [`Texts`].
    Texts,
    /// [`Samples`].
    Samples,
    /// [`Limits`].
    Limits,
}

impl SiteGroup {
    /// All, in the order of the form.
    pub const ALL: &'static [Self] =
        &[Self::Identity, Self::Entry, Self::SignIn, Self::Texts, Self::Samples, Self::Limits];

    /// The settings of the group, in the order of the form.
    pub fn fields(self) -> Vec<Field> {
        match self {
            Self::Identity => Identity::fields(),
            Self::Entry => Entry::fields(),
            Self::SignIn => SignIn::fields(),
            Self::Texts => Texts::fields(),
            Self::Samples => Samples::fields(),
            Self::Limits => Limits::fields(),
        }
    }

    /// The end of the key of its heading: `site-group-…`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Entry => "entry",
            Self::SignIn => "sign-in",
            Self::Texts => "texts",
            Self::Samples => "samples",
            Self::Limits => "limits",
        }
    }
}

/// Everything that administrators say of the site.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SiteSettings {
    pub identity: Identity,
    pub entry: Entry,
    pub sign_in: SignIn,
    pub texts: Texts,
    pub samples: Samples,
    pub limits: Limits,
}

impl SiteSettings {
    /// All settings, in the order of the form.
    #[must_use]
    pub fn fields() -> Vec<Field> {
        SiteGroup::ALL.iter().flat_map(|group| group.fields()).collect()
    }

    /// Checks everything at once, so that all mistakes are seen together.
    ///
    /// # Errors
    /// All mistakes.
    pub fn check(texts: &SettingTexts) -> Result<Self, Vec<FieldError>> {
        let (settings, errors) = Self::read(texts);
        if errors.is_empty() { Ok(settings) } else { Err(errors) }
    }

    /// What can be read of the texts; a setting with a mistake is by default. What an older version stored need not keep to
    /// the rules of this one.
    #[must_use]
    pub fn read(texts: &SettingTexts) -> (Self, Vec<FieldError>) {
        let mut errors = Vec::new();
        let settings = Self {
            identity: Identity::check(texts, &mut errors),
            entry: Entry::check(texts, &mut errors),
            sign_in: SignIn::check(texts, &mut errors),
            texts: Texts::check(texts, &mut errors),
            samples: Samples::check(texts, &mut errors),
            limits: Limits::check(texts, &mut errors),
        };
        let code = settings.entry.access_code.chars().count();
        if (code > 0 || settings.entry.access == Access::Code) && code < MIN_CODE {
            let is_told = errors.iter().any(|error| error.field == "access_code");
            if !is_told {
                errors.push(FieldError { field: "access_code", code: "field-code", detail: MIN_CODE.to_string() });
            }
        }
        if settings.entry.access == Access::Oidc {
            errors.extend(settings.sign_in.missing());
        }
        (settings, errors)
    }

    /// The texts that [`Self::check`] reads as these settings.
    #[must_use]
    pub fn show(&self) -> SettingTexts {
        let mut texts = SettingTexts::new();
        self.identity.show(&mut texts);
        self.entry.show(&mut texts);
        self.sign_in.show(&mut texts);
        self.texts.show(&mut texts);
        self.samples.show(&mut texts);
        self.limits.show(&mut texts);
        texts
    }

    /// The texts of what is not by default.
    #[must_use]
    pub fn changed(&self) -> SettingTexts {
        let default = Self::default().show();
        self.show().into_iter().filter(|(name, text)| default.get(name) != Some(text)).collect()
    }

    /// A page of text in a language (`en` or `zh`); empty where it is built in.
    #[must_use]
    pub fn text(&self, text: SiteText, language: &str) -> &str {
        let Texts { about_en, about_zh, terms_en, terms_zh, privacy_en, privacy_zh } = &self.texts;
        match (text, language) {
            (SiteText::About, "zh") => about_zh,
            (SiteText::About, _) => about_en,
            (SiteText::Terms, "zh") => terms_zh,
            (SiteText::Terms, _) => terms_en,
            (SiteText::Privacy, "zh") => privacy_zh,
            (SiteText::Privacy, _) => privacy_en,
        }
    }

    /// The arena's name in a language: the other one's where only that is given, nothing where it is built in.
    #[must_use]
    pub fn name(&self, language: &str) -> Option<&str> {
        let Identity { name_en, name_zh, .. } = &self.identity;
        in_either(language, name_en, name_zh)
    }

    /// What search engines say of it.
    #[must_use]
    pub fn description(&self, language: &str) -> Option<&str> {
        let Identity { description_en, description_zh, .. } = &self.identity;
        in_either(language, description_en, description_zh)
    }

    /// The prompts in a language; nothing where they are built in.
    #[must_use]
    pub fn samples(&self, language: &str) -> Option<&str> {
        let Samples { samples_en, samples_zh } = &self.samples;
        Some(if language == "zh" { samples_zh } else { samples_en }.as_str()).filter(|text| !text.is_empty())
    }

    /// Names what a visitor agrees to: another name as soon as the terms or the privacy text change in a language.
    #[must_use]
    pub fn agreement(&self) -> String {
        let Texts { terms_en, terms_zh, privacy_en, privacy_zh, .. } = &self.texts;
        let mut hash = Sha256::new();
        for text in [terms_en, terms_zh, privacy_en, privacy_zh] {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        }
        hex::encode(&hash.finalize()[..16])
    }
}

fn in_either<'a>(language: &str, en: &'a str, zh: &'a str) -> Option<&'a str> {
    let (own, other) = if language == "zh" { (zh, en) } else { (en, zh) };
    [own, other].into_iter().find(|text| !text.is_empty())
}
