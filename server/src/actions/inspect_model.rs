//! Tries a model out before it is registered: reads the file's header, or talks to the endpoint.

use std::path::PathBuf;

use futures_util::future::join_all;
use secrecy::SecretString;

use crate::backends::{BackendError, Endpoint, ErrorKind, Network, Probe};
use crate::domain::{ModelSettings, ModelSource, SentParameter};
use crate::endpoints::{endpoint_of, first_request, key_of_environment};
use crate::error::Error;
use crate::i18n::Translated;
use crate::inference_server::inspect::{Depth, InspectError, ModelFacts};
use crate::state::AppState;

/// What was found.
#[derive(Debug, Clone)]
pub enum Inspection {
    /// A file, or why it cannot be one.
    Local(Box<Result<ModelFacts, InspectError>>),
    /// An endpoint, as far as it answered.
    Endpoint(Box<Probe>),
    /// There is no key where the form says.
    NoKey(String),
    /// The chat template for an endpoint cannot lay out a conversation here.
    BadTemplate(Translated),
}

impl Inspection {
    /// Whether the model would answer.
    pub fn is_good(&self) -> bool {
        match self {
            Self::Local(facts) => facts.is_ok(),
            Self::Endpoint(probe) => probe.answered,
            Self::NoKey(_) | Self::BadTemplate(_) => false,
        }
    }

    /// Whether an administrator may save the model although it does not answer: an endpoint may be down just now. A refused
    /// address stays refused, and a file must be there. Its own Jinja may know more than ours.
    pub fn may_be_forced(&self) -> bool {
        match self {
            Self::Endpoint(probe) => !probe.answered && probe.error.as_ref().is_none_or(may_be_mended),
            Self::BadTemplate(_) => true,
            Self::Local(_) | Self::NoKey(_) => false,
        }
    }

    /// Whether the model may be saved.
    pub fn may_save(&self, force: bool) -> bool {
        self.is_good() || force && self.may_be_forced()
    }

    /// Puts what was found into settings that the administrator left empty, and the file where a folder was given.
    pub fn complete(&self, settings: &mut ModelSettings) {
        if let (Self::Endpoint(probe), ModelSource::Endpoint(source)) = (self, &mut settings.source) {
            source.requests.omitted_parameters = SentParameter::names(&probe.omitted);
        }
        let Self::Local(facts) = self else { return };
        let Ok(facts) = facts.as_ref() else { return };
        let fill = |field: &mut String, text: &str| {
            if field.is_empty() {
                text.chars().take(120).for_each(|c| field.push(c));
            }
        };
        if let ModelSource::Local(source) = &mut settings.source {
            source.path = facts.file.to_string_lossy().into_owned();
            if let (Some(base), Some(file)) = (&mut source.adapter_base, &facts.base) {
                *base = file.to_string_lossy().into_owned();
            }
        }
        let card = &mut settings.card;
        fill(&mut card.family, "Mixtral");
        fill(&mut card.quantisation, &facts.quantisation);
        fill(&mut card.licence, facts.licence.as_deref().unwrap_or(""));
        fill(&mut card.base_model, facts.base_model.as_deref().unwrap_or(""));
        card.parameters = card.parameters.or_else(|| i64::try_from(facts.parameters).ok().filter(|n| *n > 0));
        let active = || i64::try_from(facts.active_parameters).ok().filter(|n| *n > 0);
        card.active_parameters = card.active_parameters.or_else(active);
    }

    /// A name for a model that has none yet: its own, or its file's.
    pub fn name(&self) -> Option<String> {
        let Self::Local(facts) = self else { return None };
        let facts = facts.as_ref().as_ref().ok()?;
        let stem = || facts.file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let name = facts.title.clone().or_else(stem)?;
        let quantisation = &facts.quantisation;
        let told = name.to_lowercase().contains(&quantisation.to_lowercase());
        Some(if told { name } else { format!("{name} · {quantisation}") })
    }
}

/// A model is looked at.
#[derive(Debug)]
pub struct InspectModel {
    pub settings: ModelSettings,
    /// The key just typed, or the one kept.
    pub key: Option<SecretString>,
    /// How closely, where it is a file.
    pub depth: Depth,
}

impl InspectModel {
    /// Looks at what the settings describe. Takes up to two minutes.
    pub async fn run(self, arena: &AppState) -> Result<Inspection, Error> {
        let Self { settings, key, depth } = self;
        match &settings.source {
            ModelSource::Local(source) => {
                let path = PathBuf::from(&source.path);
                let base = source.adapter_base.clone().map(PathBuf::from);
                let context = settings.card.context_length.and_then(|n| usize::try_from(n).ok());
                let inspector = arena.workers.inspector();
                let template = settings.answering.own_template().map(str::to_owned);
                let look = move || inspector.inspect(&path, base.as_deref(), context, depth, template.as_deref());
                let facts = tokio::task::spawn_blocking(look).await;
                Ok(Inspection::Local(Box::new(facts.map_err(|cause| Error::Internal(cause.into()))?)))
            }
            ModelSource::Endpoint(source) => {
                let key = match &source.address.api_key_env {
                    Some(name) => match key_of_environment(name) {
                        Ok(key) => Some(key),
                        Err(_) => return Ok(Inspection::NoKey(name.clone())),
                    },
                    None => key,
                };
                if let Some(source) = settings.answering.own_template().map(str::to_owned) {
                    let inspector = arena.workers.inspector();
                    let look = tokio::task::spawn_blocking(move || inspector.check_template(&source)).await;
                    if let Err(why) = look.map_err(|cause| Error::Internal(cause.into()))? {
                        return Ok(Inspection::BadTemplate(why));
                    }
                }
                let endpoint = endpoint_of(source, key)?;
                let others = source.address.base_urls().skip(1).map(|base| endpoint.at(base));
                let others: Vec<Endpoint> = others.collect::<Result<_, _>>().map_err(anyhow::Error::from)?;
                let all = std::iter::once(&endpoint).chain(&others);
                let request = first_request(&settings.answering);
                let mut probes = join_all(all.map(|endpoint| arena.backends.probe(endpoint, &request))).await;
                // The first tells of the model; of the others it only matters that they answer too.
                let silent = probes.iter().position(|probe| !probe.answered).unwrap_or(0);
                Ok(Inspection::Endpoint(Box::new(probes.swap_remove(silent))))
            }
        }
    }
}

/// Whether what went wrong at an endpoint may be over soon. A refused address stays refused.
pub(super) fn may_be_mended(error: &BackendError) -> bool {
    error.kind != ErrorKind::AddressRefused
}

/// What the operator allowed of the inner network, for the page that refuses an address.
pub fn allowed(arena: &AppState) -> String {
    arena.config.allow_private.iter().map(Network::to_string).collect::<Vec<_>>().join(", ")
}
