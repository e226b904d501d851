//! Everything that an administrator says of a model. This file is the one place where a setting is written: the form,
//! the API and the database take names, rules and defaults from here.
//!
//! A new setting is a line in one of the groups, a column of the same name in a migration, and the texts `model-NAME` and
//! `model-NAME-hint` in both languages.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::ModelKind;
use super::places::{AbsolutePath, Address, Addresses, DeviceName, KeyVariable};
use crate::domain::DevicePreference;
use crate::domain::setting::{
    Count, Decimal, Field, FieldError, Flag, LanguageCodes, Line, Name, Optional, ParameterNames, Prose, Required,
    SettingTexts, Source, Whole, settings,
};

/// The longest name in characters.
pub const MAX_NAME: usize = 120;
/// The most servers of one model.
const MAX_SERVERS: usize = 32;

settings!(
    /// What every model has.
    General {
        /// Name on pages.
        display_name: String = String::new(), Required(Name(MAX_NAME));
        /// How often it is sampled for battles, relative to the others; 0 for never.
        sampling_weight: f64 = 1.0, Decimal { min: 0.0, max: 1000.0 };
        /// Answers at once at each of its servers; without it there is no limit and no queue.
        max_concurrency: Option<i64> = None, Optional(Whole { min: 1, max: 10_000 });
        /// Requests that may wait while all its servers are busy.
        max_queue: i64 = 50, Whole { min: 0, max: 10_000 };
    }
);

/// The longest system prompt in characters.
pub const MAX_SYSTEM_PROMPT: usize = 8000;
/// The longest chat template in characters: published ones, which call tools, have up to half of it.
const MAX_CHAT_TEMPLATE: usize = 30_000;

settings!(
    /// How a contestant answers, which is part of it: the same weights with another prompt or other settings are another one.
    Answering {
        /// What it is told before the conversation.
        system_prompt: String = String::new(), Prose { max: MAX_SYSTEM_PROMPT, language: "" };
        /// 0 always takes the likeliest token; 0.7 where it is not said.
        temperature: Option<f64> = None, Optional(Decimal { min: 0.0, max: 2.0 });
        /// Keeps to the likeliest tokens that together have this probability.
        top_p: Option<f64> = None, Optional(Decimal { min: 0.01, max: 1.0 });
        /// Keeps to so many of the likeliest tokens; 0 for all.
        top_k: Option<i64> = None, Optional(Whole { min: 0, max: 1000 });
        /// Keeps to tokens at least this likely relative to the likeliest.
        min_p: Option<f64> = None, Optional(Decimal { min: 0.0, max: 1.0 });
        /// Weakens what was said already; 1 does not.
        repetition_penalty: Option<f64> = None, Optional(Decimal { min: 0.5, max: 2.0 });
        /// The same seed for every answer; drawn where it is not said.
        fixed_seed: Option<i64> = None, Optional(Whole { min: 0, max: (1 << 31) - 1 });
        /// Jinja that lays conversations out instead of the model's own chat template.
        chat_template_jinja: String = String::new(), Source { max: MAX_CHAT_TEMPLATE };
    }
);

settings!(
    /// A model that a worker of this server loads.
    LocalSource {
        /// The GGUF file or the folder, a full path on the server.
        path: String = String::new(), Required(AbsolutePath);
        /// The GGUF file of an adapter's base, where the adapter does not say.
        adapter_base: Option<String> = None, Optional(AbsolutePath);
        /// The device: `auto`, `cpu` or `cuda:N`.
        #[schema(value_type = String)]
        device: DevicePreference = DevicePreference::Auto, DeviceName;
        /// Whether it always stays in memory where models take turns.
        pinned: bool = false, Flag;
    }
);

settings!(
    /// The server of an endpoint and how it is addressed. Its key is kept apart, encrypted.
    EndpointAddress {
        /// Where the OpenAI protocol begins, usually ending in `/v1`.
        base_url: String = String::new(), Required(Address::Base);
        /// Base URLs of further servers that answer alike, separated by spaces; the key and the name are the same.
        more_base_urls: String = String::new(), Addresses { most: MAX_SERVERS - 1 };
        /// The name that the endpoint knows the model by.
        remote_model: String = String::new(), Required(Line(200));
        /// The environment variable that holds the key.
        api_key_env: Option<String> = None, Optional(KeyVariable);
    }
);

settings!(
    /// How long an endpoint may take, and how often it is asked.
    RequestPolicy {
        /// Timeout of the connection, in seconds.
        connect_seconds: f64 = 5.0, Decimal { min: 0.1, max: 600.0 };
        /// Timeout of the first token, in seconds.
        first_token_seconds: f64 = 120.0, Decimal { min: 0.1, max: 3600.0 };
        /// Timeout from one token to the next, in seconds.
        between_tokens_seconds: f64 = 30.0, Decimal { min: 0.1, max: 3600.0 };
        /// Retries before the first token.
        retries: i64 = 1, Whole { min: 0, max: 10 };
        /// Sampling parameters that the endpoint refuses and that are not sent to it: temperature, top_p, seed, top_k, min_p,
        /// repetition_penalty.
        omitted_parameters: String = String::new(), ParameterNames;
    }
);

/// The longest description in characters.
const MAX_DESCRIPTION: usize = 2000;

settings!(
    /// What visitors may read of a model.
    #[serde(default)]
    Card {
        /// Description in English.
        description_en: String = String::new(), Prose { max: MAX_DESCRIPTION, language: "en" };
        /// Description in Chinese.
        description_zh: String = String::new(), Prose { max: MAX_DESCRIPTION, language: "zh-CN" };
        /// Prompts that show what it can do, one a line: offered to visitors.
        sample_prompts: String = String::new(), Prose { max: MAX_DESCRIPTION, language: "" };
        /// The languages it speaks, by their codes, such as `zh, en`: a battle in another draws it only where too few speak that.
        /// Empty for any.
        languages: String = String::new(), LanguageCodes;
        /// The family, such as Mixtral.
        family: String = String::new(), Line(120);
        /// The model it was made from.
        base_model: String = String::new(), Line(200);
        /// The quantisation, such as Q4_K.
        quantisation: String = String::new(), Line(60);
        /// The adapter that was merged or is applied, such as chinese-mixtral-lora.
        adapter: String = String::new(), Line(200);
        /// The chat template, such as mistral-instruct.
        chat_template: String = String::new(), Line(120);
        /// Parameters in all.
        parameters: Option<i64> = None, Optional(Count { max: 1 << 50 });
        /// Parameters that are active for one token.
        active_parameters: Option<i64> = None, Optional(Count { max: 1 << 50 });
        /// The licence of the weights.
        licence: String = String::new(), Line(120);
        /// Where to read more.
        link: String = String::new(), Address::Link;
        /// The longest conversation in tokens; by default what the model says of itself.
        context_length: Option<i64> = None, Optional(Whole { min: 1, max: 1 << 24 });
    }
);

/// A model at an endpoint that speaks the OpenAI protocol.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EndpointSource {
    /// Where it is.
    #[serde(flatten)]
    pub address: EndpointAddress,
    /// How long it may take.
    #[serde(flatten)]
    pub requests: RequestPolicy,
}

/// Where a model runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ModelSource {
    /// In a worker of this server.
    Local(LocalSource),
    /// Behind an endpoint.
    Endpoint(EndpointSource),
}

impl Answering {
    /// Its own chat template, if it has one.
    pub fn own_template(&self) -> Option<&str> {
        Some(self.chat_template_jinja.as_str()).filter(|source| !source.is_empty())
    }
}

impl EndpointAddress {
    /// The base URLs of all its servers.
    pub fn base_urls(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.base_url.as_str()).chain(self.more_base_urls.split_whitespace())
    }
}

impl ModelSource {
    /// Which of the two.
    pub fn kind(&self) -> ModelKind {
        match self {
            Self::Local(_) => ModelKind::Local,
            Self::Endpoint(_) => ModelKind::Endpoint,
        }
    }

    /// The local model, if it is one.
    pub fn local(&self) -> Option<&LocalSource> {
        match self {
            Self::Local(local) => Some(local),
            Self::Endpoint(_) => None,
        }
    }

    /// The endpoint, if it is one.
    pub fn endpoint(&self) -> Option<&EndpointSource> {
        match self {
            Self::Local(_) => None,
            Self::Endpoint(endpoint) => Some(endpoint),
        }
    }

    /// Whether both lead to the same model by the same key, so that a look at one tells of the other.
    pub fn is_same_place(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Local(one), Self::Local(other)) => {
                (&one.path, &one.adapter_base) == (&other.path, &other.adapter_base)
            }
            (Self::Endpoint(one), Self::Endpoint(other)) => one.address == other.address,
            _ => false,
        }
    }
}

impl General {
    /// Checks these settings alone.
    ///
    /// # Errors
    /// All mistakes.
    pub fn checked(texts: &SettingTexts) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        let general = Self::check(texts, &mut errors);
        if errors.is_empty() { Ok(general) } else { Err(errors) }
    }
}

/// A heading of the form and what stands under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// [`LocalSource`].
    File,
    /// [`EndpointAddress`].
    Endpoint,
    General,
    Answering,
    Card,
    /// [`RequestPolicy`].
    Requests,
}

impl Group {
    /// The groups of one kind of model, in the order of the form.
    pub const fn of(kind: ModelKind) -> &'static [Self] {
        match kind {
            ModelKind::Local => &[Self::File, Self::General, Self::Answering, Self::Card],
            ModelKind::Endpoint => &[Self::Endpoint, Self::General, Self::Answering, Self::Card, Self::Requests],
        }
    }

    /// The settings of the group, in the order of the form.
    pub fn fields(self) -> Vec<Field> {
        match self {
            Self::File => LocalSource::fields(),
            Self::Endpoint => EndpointAddress::fields(),
            Self::General => General::fields(),
            Self::Answering => Answering::fields(),
            Self::Card => Card::fields(),
            Self::Requests => RequestPolicy::fields(),
        }
    }
}

/// Everything that an administrator says of a model, but for its key: flat in JSON, a column each in the database.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ModelSettings {
    /// What every model has.
    #[serde(flatten)]
    pub general: General,
    /// How it answers.
    #[serde(flatten)]
    pub answering: Answering,
    /// Where it runs.
    #[serde(flatten)]
    pub source: ModelSource,
    /// What visitors may read of it.
    #[serde(flatten)]
    pub card: Card,
}

impl ModelSettings {
    /// A model without a name that runs there.
    pub fn new(source: ModelSource) -> Self {
        Self { general: General::default(), answering: Answering::default(), source, card: Card::default() }
    }

    /// A form of this kind before anything was typed.
    pub fn empty(kind: ModelKind) -> Self {
        Self::new(match kind {
            ModelKind::Local => ModelSource::Local(LocalSource::default()),
            ModelKind::Endpoint => ModelSource::Endpoint(EndpointSource::default()),
        })
    }

    /// What its answers come from, hashed: which weights they are, and how they are told to answer. With another name, device, key
    /// or time limit it answers as before.
    #[must_use]
    pub fn contestant_hash(&self) -> String {
        let weights = match &self.source {
            ModelSource::Local(local) => [Some(local.path.as_str()), local.adapter_base.as_deref()],
            ModelSource::Endpoint(endpoint) => {
                [Some(endpoint.address.base_url.as_str()), Some(endpoint.address.remote_model.as_str())]
            }
        };
        let what = serde_json::to_string(&(weights, &self.answering)).unwrap_or_default();
        // Contestants of before there were such templates are the same ones still. Within a text, quotation marks are escaped.
        Sha256::digest(what.replace(r#","chat_template_jinja":"""#, ""))
            .iter()
            .take(16)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    /// Every setting of any kind of model, each once.
    pub fn fields() -> Vec<Field> {
        let mut fields: Vec<Field> = Vec::new();
        for field in ModelKind::ALL.iter().flat_map(|kind| Group::of(*kind)).flat_map(|group| group.fields()) {
            if fields.iter().all(|known| known.name != field.name) {
                fields.push(field);
            }
        }
        fields
    }

    /// Checks everything at once, so that all mistakes are seen together. Settings that the kind does not have are
    /// passed over.
    pub fn check(kind: ModelKind, texts: &SettingTexts) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        let general = General::check(texts, &mut errors);
        let answering = Answering::check(texts, &mut errors);
        let card = Card::check(texts, &mut errors);
        let source = match kind {
            ModelKind::Local => ModelSource::Local(LocalSource::check(texts, &mut errors)),
            ModelKind::Endpoint => ModelSource::Endpoint(EndpointSource {
                address: EndpointAddress::check(texts, &mut errors),
                requests: RequestPolicy::check(texts, &mut errors),
            }),
        };
        if errors.is_empty() { Ok(Self { general, answering, source, card }) } else { Err(errors) }
    }

    /// The texts that [`Self::check`] reads as these settings.
    pub fn texts(&self) -> SettingTexts {
        let mut texts = SettingTexts::new();
        self.general.show(&mut texts);
        self.answering.show(&mut texts);
        self.card.show(&mut texts);
        match &self.source {
            ModelSource::Local(local) => local.show(&mut texts),
            ModelSource::Endpoint(endpoint) => {
                endpoint.address.show(&mut texts);
                endpoint.requests.show(&mut texts);
            }
        }
        texts
    }
}
