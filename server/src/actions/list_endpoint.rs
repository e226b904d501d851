//! What an endpoint lists, and which of it is registered: the first step of registering several of its models.

use secrecy::SecretString;

use super::inspect_model::may_be_mended;
use crate::backends::{BackendError, ListedModels};
use crate::domain::{EndpointSource, ModelState};
use crate::endpoints::{endpoint_of, key_of_environment};
use crate::error::Error;
use crate::state::AppState;
use crate::store::models;

/// A registered model of an endpoint.
#[derive(Debug, Clone)]
pub struct KnownModel {
    /// Its name at the endpoint.
    pub remote_model: String,
    pub slug: String,
    /// Its name on pages.
    pub name: String,
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// The names that the endpoint lists.
    pub names: Vec<String>,
    /// Why there is no list.
    pub error: Option<BackendError>,
    /// A base URL that lists models where the given one does not.
    pub better_base: Option<String>,
    /// The environment variable that should hold the key and is not set.
    pub no_key: Option<String>,
    /// Its models that are registered, but for retired ones.
    pub known: Vec<KnownModel>,
}

impl Listing {
    /// Whether models of the endpoint may be named: one without a list may answer all the same, or be down just now.
    pub fn may_go_on(&self) -> bool {
        self.no_key.is_none() && self.error.as_ref().is_none_or(may_be_mended)
    }
}

/// An endpoint is asked for its models. `remote_model` of its address does not matter, but that it is a name.
#[derive(Debug)]
pub struct ListEndpoint {
    pub source: EndpointSource,
    pub key: Option<SecretString>,
}

impl ListEndpoint {
    /// Asks; takes at most the sum of the timeouts of the connection and the first token.
    ///
    /// # Errors
    /// Internal.
    pub async fn run(self, arena: &AppState) -> Result<Listing, Error> {
        let Self { source, key } = self;
        let mut listing = Listing { known: known(arena, &source).await?, ..Listing::default() };
        let key = match &source.address.api_key_env {
            Some(name) => match key_of_environment(name) {
                Ok(key) => Some(key),
                Err(_) => {
                    listing.no_key = Some(name.clone());
                    return Ok(listing);
                }
            },
            None => key,
        };
        let ListedModels { names, better_base } = arena.backends.list_models(&endpoint_of(&source, key)?).await;
        listing.better_base = better_base;
        match names {
            Ok(names) => listing.names = names,
            Err(error) => listing.error = Some(error),
        }
        Ok(listing)
    }
}

/// The registered models of an endpoint's servers.
async fn known(arena: &AppState, source: &EndpointSource) -> Result<Vec<KnownModel>, Error> {
    let bases: Vec<&str> = source.address.base_urls().map(|base| base.trim_end_matches('/')).collect();
    let all = models::list(&arena.db).await?;
    let here = all.iter().filter(|model| model.state != ModelState::Retired).filter_map(|model| {
        let address = &model.settings.source.endpoint()?.address;
        let is_here = address.base_urls().any(|base| bases.contains(&base.trim_end_matches('/')));
        let known = || KnownModel {
            remote_model: address.remote_model.clone(),
            slug: model.slug.clone(),
            name: model.name().to_owned(),
        };
        is_here.then(known)
    });
    Ok(here.collect())
}
