//! The options of commands that can ask an endpoint in place of a local model.

use std::time::Duration;

use anyhow::anyhow;
use clap::Args;

use super::client::Client;
use super::patience::{Budget, Patience};
use crate::i18n::Language;
use crate::options::between;

/// A model at an endpoint, and how it is asked.
#[derive(Debug, Clone, Args)]
pub struct Remote {
    #[arg(long, value_name = "URL", requires = "remote_model")]
    pub endpoint: Option<String>,
    #[arg(id = "remote_model", long = "model", value_name = "NAME", requires = "endpoint")]
    pub model: Option<String>,
    #[arg(long, value_name = "VARIABLE", requires = "endpoint")]
    pub api_key: Option<String>,
    #[arg(long, requires = "endpoint", default_value_t = 4)]
    pub parallel: usize,
    #[arg(long, requires = "endpoint", default_value_t = 5)]
    pub retries: u32,
    #[arg(long, value_name = "SECONDS", requires = "endpoint", default_value_t = 600)]
    pub timeout: u64,
}

impl Remote {
    /// The endpoint's model as reports call it; nothing where a local one is asked.
    pub fn name(&self) -> Option<String> {
        Some(format!("{}={}", self.model.as_ref()?, self.endpoint.as_ref()?))
    }

    /// A client of it, and its patience; nothing where a local model is asked.
    pub fn client(&self, language: Language) -> anyhow::Result<Option<(Client, Patience)>> {
        let (Some(endpoint), Some(model)) = (&self.endpoint, &self.model) else { return Ok(None) };
        between("--parallel", self.parallel, 1..=256, language)?;
        let key = match &self.api_key {
            Some(variable) => Some(
                std::env::var(variable).map_err(|_| anyhow!(t!(language, "judge-key-unset", variable = variable)))?,
            ),
            None => None,
        };
        let client = Client::new(endpoint, model, key, Duration::from_secs(self.timeout.max(1)))?;
        Ok(Some((client, Patience { retries: self.retries, budget: Budget::default() })))
    }
}
