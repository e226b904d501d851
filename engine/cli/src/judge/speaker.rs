//! Who answers and who judges: a model at an endpoint, or a local file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{anyhow, bail, ensure};
use futures_util::StreamExt as _;
use mixtral_engine::request::{Event, Request};
use mixtral_engine::sample::Sampling;
use mixtral_engine::weights::split_type;
use mixtral_engine::{Engine, EngineOptions, LoadOptions};

use crate::endpoint::{Client, Fault, Input, Patience, Prompt, Reply};
use crate::hub;
use crate::i18n::{Language, described};
use crate::options::Machine;

const MODEL: &str = "model";

/// A model by its name, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub name: String,
    pub at: At,
}

/// Where a model is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum At {
    Url(String),
    File(PathBuf),
}

impl Named {
    /// Reads `NAME=URL` or `NAME=FILE`.
    pub fn parse(text: &str, language: Language) -> anyhow::Result<Self> {
        let Some((name, at)) = text.split_once('=').filter(|(name, at)| !name.trim().is_empty() && !at.is_empty())
        else {
            bail!(t!(language, "judge-no-name", given = text))
        };
        let is_url = at.starts_with("http://") || at.starts_with("https://");
        let at = if is_url { At::Url(at.to_owned()) } else { At::File(hub::locate(Path::new(at), language)?) };
        if let At::File(file) = &at {
            ensure!(split_type(file).0.exists(), t!(language, "judge-no-file", path = file.display()));
        }
        Ok(Self { name: name.trim().to_owned(), at })
    }
}

/// The keys of endpoints, by model: `NAME=VARIABLE` names the variable of the environment that holds one, so that none stands
/// in the list of processes.
pub fn keys(
    given: &[String],
    models: &[Named],
    judge: &Named,
    language: Language,
) -> anyhow::Result<BTreeMap<String, String>> {
    let key = |text: &String| {
        let (name, variable) =
            text.split_once('=').ok_or_else(|| anyhow!(t!(language, "judge-key-form", given = text)))?;
        let is_known = name == judge.name || models.iter().any(|model| model.name == name);
        ensure!(is_known, t!(language, "judge-key-of-nobody", name = name));
        let key = std::env::var(variable).map_err(|_| anyhow!(t!(language, "judge-key-unset", variable = variable)))?;
        Ok((name.to_owned(), key))
    };
    given.iter().map(key).collect()
}

/// With what models are asked.
pub struct Place<'a> {
    pub keys: &'a BTreeMap<String, String>,
    pub machine: &'a Machine,
    pub parallel: usize,
    pub timeout: Duration,
}

/// A model that can be asked.
pub enum Speaker {
    Endpoint(Box<Client>),
    Local(Box<Engine>, Language),
}

impl Speaker {
    /// Gets it ready; a file is loaded.
    pub fn start(named: &Named, place: &Place<'_>, language: Language) -> anyhow::Result<Self> {
        match &named.at {
            At::Url(url) => {
                let key = place.keys.get(&named.name).cloned();
                Ok(Self::Endpoint(Box::new(Client::new(url, &named.name, key, place.timeout)?)))
            }
            At::File(file) => {
                let Machine { device, context, .. } = *place.machine;
                let options =
                    EngineOptions { max_sequences: place.parallel, queue: place.parallel, ..place.machine.options() };
                let engine = Engine::start(device, options)?;
                engine.load(MODEL, file, LoadOptions { context, ..LoadOptions::default() }, |_| {})?;
                Ok(Self::Local(Box::new(engine), language))
            }
        }
    }

    /// Asks it, an endpoint with patience.
    pub async fn ask(&self, prompt: &Prompt, patience: &Patience) -> Result<Reply, Fault> {
        match self {
            Self::Endpoint(client) => patience.ask(|| client.ask(prompt)).await,
            Self::Local(engine, language) => {
                patience
                    .ask(|| async { local(engine, prompt).await.map_err(|e| Fault::Local(described(&e, *language))) })
                    .await
            }
        }
    }
}

async fn local(engine: &Engine, prompt: &Prompt) -> anyhow::Result<Reply> {
    let sampling = Sampling { temperature: prompt.temperature, seed: Some(prompt.seed), ..Sampling::default() };
    let request = match &prompt.input {
        Input::Chat(messages) => Request::chat(messages.clone()),
        Input::Text(text) => Request::text(text.as_str()),
    };
    let request = Request { sampling, max_tokens: prompt.max_tokens, ..request };
    let mut stream = engine.submit(MODEL, request)?;
    let mut reply = Reply { text: String::new(), tokens: 0, first_tokens: None };
    while let Some(event) = stream.next().await {
        match event {
            Event::Text { text, .. } => reply.text.push_str(&text),
            Event::Finished { usage, .. } => reply.tokens = (usage.prompt_tokens + usage.completion_tokens) as u64,
            Event::Failed { error } => return Err(error.into()),
            Event::Started { .. } | Event::Prompt { .. } | Event::Embedding { .. } => {}
        }
    }
    Ok(reply)
}
