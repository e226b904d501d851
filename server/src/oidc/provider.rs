//! The provider: where it sends people who sign in, and what it says of them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use openidconnect::core::{CoreAuthenticationFlow, CoreClientAuthMethod, CoreProviderMetadata};
use openidconnect::{
    AccessTokenHash, AuthType, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse,
    IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, TokenResponse,
};
use tokio::sync::Mutex;

use super::error::{ProviderError, chain, is_unknown_key};
use super::person::Person;
use super::types::{RelyingParty, TokenClaims, Tokens, UserClaims};
use crate::backends::{FetchError, ModelClients};
use crate::domain::SignIn;

/// How long what a provider says of itself is believed: addresses hardly change, and keys are fetched when an unknown one appears.
const KNOWN_FOR: Duration = Duration::from_secs(300);
/// How far its clock may be from ours.
const LEEWAY: TimeDelta = TimeDelta::seconds(60);

/// The provider that administrators named. Clones share what is known of it.
#[derive(Clone)]
pub struct Provider {
    clients: ModelClients,
    known: Arc<Mutex<Option<Known>>>,
}

struct Known {
    issuer: String,
    since: Instant,
    metadata: CoreProviderMetadata,
}

/// Somebody is on their way to the provider.
#[derive(Debug)]
pub struct Begun {
    /// Where they go.
    pub address: String,
    /// What comes back with them.
    pub state: String,
    /// What the token must name.
    pub nonce: String,
    /// What proves that who comes back is who went.
    pub verifier: String,
}

/// Somebody came back.
#[derive(Debug)]
pub struct Finishing {
    pub code: String,
    pub nonce: String,
    pub verifier: String,
}

impl Provider {
    /// Spoken to by the same rules as endpoints.
    #[must_use]
    pub fn new(clients: ModelClients) -> Self {
        Self { clients, known: Arc::default() }
    }

    /// Where somebody signs in who is to come back to this address.
    ///
    /// # Errors
    /// When the provider does not answer as one.
    pub async fn begin(&self, site: &SignIn, callback: &str) -> Result<Begun, ProviderError> {
        let party = relying_party(self.metadata(site, false).await?, site, callback)?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let asked = party
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
            .add_scopes(site.scopes().map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(challenge);
        let (address, state, nonce) = asked.url();
        Ok(Begun {
            address: address.into(),
            state: state.into_secret(),
            nonce: nonce.secret().clone(),
            verifier: verifier.into_secret(),
        })
    }

    /// Who it is that came back.
    ///
    /// # Errors
    /// When the provider does not know the code, or what it says is not for this arena, this sign-in or this moment.
    pub async fn finish(&self, site: &SignIn, callback: &str, back: Finishing) -> Result<Person, ProviderError> {
        let mut party = relying_party(self.metadata(site, false).await?, site, callback)?;
        let http = self.http();
        let exchange = party.exchange_code(AuthorizationCode::new(back.code))?;
        let verifier = PkceCodeVerifier::new(back.verifier);
        let tokens: Tokens = exchange.set_pkce_verifier(verifier).request_async(&http).await?;
        let nonce = Nonce::new(back.nonce);
        let claims = match claims(&party, &tokens, &nonce) {
            Err(Unverified::UnknownKey) => {
                party = relying_party(self.metadata(site, true).await?, site, callback)?;
                claims(&party, &tokens, &nonce)
            }
            checked => checked,
        };
        let claims = claims.map_err(Unverified::into_error)?;
        let user = self.user_info(&party, &tokens, &claims).await;
        Ok(Person::of(&claims, user.as_ref(), &site.oidc_groups_claim))
    }

    /// What the provider says of somebody beside the token: some keep names, addresses and groups out of it.
    async fn user_info(&self, party: &RelyingParty, tokens: &Tokens, claims: &TokenClaims) -> Option<UserClaims> {
        let http = self.http();
        let asked = party.user_info(tokens.access_token().clone(), Some(claims.subject().clone())).ok()?;
        match asked.request_async(&http).await {
            Ok(user) => Some(user),
            Err(error) => {
                // The token may say enough.
                tracing::warn!(error = chain(&error), "the provider says nothing of somebody beside the token");
                None
            }
        }
    }

    /// How the crate sends requests.
    fn http(&self) -> impl Fn(HttpRequest) -> BoxFuture<'static, Result<HttpResponse, FetchError>> + use<> {
        let clients = self.clients.clone();
        move |request| {
            let clients = clients.clone();
            async move { clients.fetch(request).await }.boxed()
        }
    }

    async fn metadata(&self, site: &SignIn, fresh: bool) -> Result<CoreProviderMetadata, ProviderError> {
        // One asks at a time: the others find what it found.
        let mut known = self.known.lock().await;
        if let Some(known) = known.as_ref()
            && known.issuer == site.oidc_issuer
            && known.since.elapsed() < KNOWN_FOR
            && !fresh
        {
            return Ok(known.metadata.clone());
        }
        let http = self.http();
        let issuer = IssuerUrl::new(site.oidc_issuer.clone())?;
        let metadata = CoreProviderMetadata::discover_async(issuer, &http).await?;
        *known = Some(Known { issuer: site.oidc_issuer.clone(), since: Instant::now(), metadata: metadata.clone() });
        Ok(metadata)
    }
}

fn relying_party(metadata: CoreProviderMetadata, site: &SignIn, callback: &str) -> Result<RelyingParty, ProviderError> {
    let secret = Some(site.oidc_client_secret.clone()).filter(|secret| !secret.is_empty()).map(ClientSecret::new);
    let methods = metadata.token_endpoint_auth_methods_supported().cloned().unwrap_or_default();
    let takes = |method| methods.contains(&method);
    let in_body = takes(CoreClientAuthMethod::ClientSecretPost) && !takes(CoreClientAuthMethod::ClientSecretBasic);
    let party = RelyingParty::from_provider_metadata(metadata, ClientId::new(site.oidc_client_id.clone()), secret)
        .set_redirect_uri(RedirectUrl::new(callback.to_owned())?);
    Ok(if in_body { party.set_auth_type(AuthType::RequestBody) } else { party })
}

/// Why a token does not hold.
enum Unverified {
    /// It is signed by a key, or by an algorithm, that was not there when the provider was asked for its own.
    UnknownKey,
    Other(ProviderError),
}

impl Unverified {
    fn into_error(self) -> ProviderError {
        match self {
            Self::UnknownKey => ProviderError::Token("signed by an unknown key".to_owned()),
            Self::Other(error) => error,
        }
    }
}

/// What the token says, once its signature, issuer, audience, time and nonce are checked.
fn claims(party: &RelyingParty, tokens: &Tokens, nonce: &Nonce) -> Result<TokenClaims, Unverified> {
    let other = |error: ProviderError| Unverified::Other(error);
    let token = tokens.id_token().ok_or_else(|| other(ProviderError::Token("there is no ID token".to_owned())))?;
    let verifier = party.id_token_verifier().set_time_fn(|| Utc::now() - LEEWAY);
    let claims = token.claims(&verifier, nonce).map_err(|error| match is_unknown_key(&error) {
        true => Unverified::UnknownKey,
        false => other(error.into()),
    })?;
    if let Some(expected) = claims.access_token_hash() {
        let algorithm = token.signing_alg().map_err(|error| other(error.into()))?;
        let key = token.signing_key(&verifier).map_err(|error| other(error.into()))?;
        let actual =
            AccessTokenHash::from_token(tokens.access_token(), algorithm, key).map_err(|error| other(error.into()))?;
        if actual != *expected {
            return Err(other(ProviderError::Token("the access token is another".to_owned())));
        }
    }
    Ok(claims.clone())
}
