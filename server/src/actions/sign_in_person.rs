//! Somebody signs in at the provider that the arena names, and is one visitor from then on, on each of their devices.
//!
//! What must be known when they come back travels with their browser, encrypted: any server of the arena can go on, and nothing is
//! kept of those who never come back. Of who they are, the database knows a keyed hash, in which groups they are that have a
//! leaderboard of their own, and nothing else.

use std::net::IpAddr;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use crate::domain::{Access, SESSION_DAYS, VoterId};
use crate::error::Error;
use crate::oidc::{Finishing, ProviderError};
use crate::state::AppState;
use crate::store::group_members;

/// How long somebody may take at the provider.
const ON_THE_WAY: TimeDelta = TimeDelta::minutes(15);
/// The longest address to go back to: it has to fit into a cookie.
const MAX_NEXT: usize = 1000;

/// What is known of somebody who is at the provider.
#[derive(Debug, Serialize, Deserialize)]
struct Way {
    state: String,
    nonce: String,
    verifier: String,
    next: String,
    /// Seconds since 1970.
    until: i64,
}

impl Way {
    fn seal(&self, arena: &AppState) -> Result<String, Error> {
        let text = serde_json::to_string(self).map_err(|cause| Error::Internal(cause.into()))?;
        Ok(BASE64_URL_SAFE_NO_PAD.encode(arena.keys.seal(&SecretString::from(text))?))
    }

    fn open(arena: &AppState, sealed: &str) -> Option<Self> {
        let text = arena.keys.unseal(&BASE64_URL_SAFE_NO_PAD.decode(sealed).ok()?).ok()?;
        serde_json::from_str(text.expose_secret()).ok()
    }
}

/// Where somebody who is at the provider wanted to go.
#[must_use]
pub fn way_back(arena: &AppState, sealed: &str) -> Option<String> {
    Way::open(arena, sealed).map(|way| way.next)
}

/// Somebody wants to sign in.
#[derive(Debug)]
pub struct BeginSignIn {
    /// Where the provider sends them back.
    pub callback: String,
    /// Where they want to go.
    pub next: String,
    /// From where, for the bound on attempts.
    pub address: IpAddr,
}

/// Somebody is on their way.
#[derive(Debug)]
pub struct OnTheWay {
    /// Where the provider asks who they are.
    pub address: String,
    /// What their browser keeps meanwhile.
    pub sealed: String,
}

impl BeginSignIn {
    /// Gives the provider's address.
    ///
    /// # Errors
    /// The provider does not answer as one; limited after too many failures.
    pub async fn run(self, arena: &AppState) -> Result<OnTheWay, Error> {
        arena.limits.check_code(self.address)?;
        let settings = arena.site.settings();
        if settings.entry.access != Access::Oidc {
            return Err(Error::NotFound);
        }
        let begun = arena.provider.begin(&settings.sign_in, &self.callback).await.map_err(told)?;
        let next = if self.next.len() > MAX_NEXT { "/".to_owned() } else { self.next };
        let until = (Utc::now() + ON_THE_WAY).timestamp();
        let way = Way { state: begun.state, nonce: begun.nonce, verifier: begun.verifier, next, until };
        Ok(OnTheWay { address: begun.address, sealed: way.seal(arena)? })
    }
}

/// Somebody comes back from the provider.
#[derive(Debug)]
pub struct FinishSignIn {
    pub callback: String,
    /// What their browser kept.
    pub sealed: Option<String>,
    pub state: String,
    pub code: String,
    /// Why the provider sends them back without a code.
    pub refusal: String,
    pub address: IpAddr,
}

/// Somebody is in.
#[derive(Debug)]
pub struct SignedIn {
    /// The visitor's token.
    pub visitor: String,
    /// The pass for the cookie.
    pub pass: String,
    /// Where they wanted to go.
    pub next: String,
}

impl FinishSignIn {
    /// Gives who they are from now on.
    ///
    /// # Errors
    /// They did not set out here, took too long, come twice, are refused by the provider, or may not come in; limited after too many
    /// failures.
    pub async fn run(self, arena: &AppState) -> Result<SignedIn, Error> {
        arena.limits.check_code(self.address)?;
        let settings = arena.site.settings();
        if settings.entry.access != Access::Oidc {
            return Err(Error::NotFound);
        }
        let way = self.sealed.as_deref().and_then(|sealed| Way::open(arena, sealed));
        let way = way.filter(|way| way.state.as_bytes().ct_eq(self.state.as_bytes()).into());
        let Some(way) = way.filter(|way| Utc::now().timestamp() < way.until) else {
            arena.limits.wrong_code(self.address);
            return Err(Error::invalid("oidc-state", ""));
        };
        if self.code.is_empty() {
            let is_denied = matches!(&*self.refusal, "access_denied" | "consent_required" | "login_required");
            tracing::info!(refusal = %self.refusal, "the provider sent somebody back without a code");
            return Err(Error::invalid(if is_denied { "oidc-denied" } else { "oidc-provider" }, ""));
        }
        let back = Finishing { code: self.code, nonce: way.nonce, verifier: way.verifier };
        let person = arena.provider.finish(&settings.sign_in, &self.callback, back).await.map_err(|error| {
            arena.limits.wrong_code(self.address);
            told(error)
        })?;
        settings.sign_in.admit(&person.claims).map_err(|not| Error::invalid(not.code(), ""))?;
        let visitor = arena.keys.person(&settings.sign_in.oidc_issuer, &person.subject);
        let groups = settings.sign_in.boards_of(&person.claims);
        let mut transaction = arena.db.begin().await?;
        group_members::set(&mut transaction, VoterId::of_token(&visitor), &groups).await?;
        transaction.commit().await?;
        let until = Utc::now() + TimeDelta::days(SESSION_DAYS.into());
        let pass = arena.keys.session(&settings.sign_in.door(), &visitor, &person.name, until);
        Ok(SignedIn { visitor, pass, next: way.next })
    }
}

/// What the visitor is told; the cause is for whoever runs the arena.
fn told(error: ProviderError) -> Error {
    tracing::warn!(%error, "somebody could not sign in");
    Error::invalid(error.code(), "")
}
