//! An administrator ends sessions of people who signed in: one person's, or everybody's.

use serde_json::json;

use super::follow_site;
use crate::domain::{Access, AdminId, VoterId};
use crate::error::Error;
use crate::state::AppState;
use crate::store::{audit, ended_sessions};

/// The longest name that a provider has for somebody (OpenID Connect Core 1.0, §2).
const MAX_SUBJECT: usize = 255;

/// Whose sessions end.
#[derive(Debug)]
pub struct EndSessions {
    pub by: AdminId,
    /// What the provider calls the person (`sub`); everybody where it is empty.
    pub subject: String,
}

impl EndSessions {
    /// Ends the sessions there are: here at once, at other servers within seconds. Whoever the provider still knows may sign in again.
    ///
    /// # Errors
    /// Invalid where the arena asks nobody to sign in, or no provider has such a name for somebody.
    pub async fn run(self, arena: &AppState) -> Result<(), Error> {
        let settings = arena.site.settings();
        if settings.entry.access != Access::Oidc {
            return Err(Error::invalid("no-sign-in", ""));
        }
        let subject = self.subject.trim();
        if subject.len() > MAX_SUBJECT {
            return Err(Error::invalid("oidc-subject", MAX_SUBJECT.to_string()));
        }
        let token = (!subject.is_empty()).then(|| arena.keys.person(&settings.sign_in.oidc_issuer, subject));
        let voter = token.map(|token| VoterId::of_token(&token));
        let mut transaction = arena.db.begin().await?;
        ended_sessions::end(&mut *transaction, voter).await?;
        let target = voter.map(|voter| voter.to_string()).unwrap_or_default();
        let action = if voter.is_some() { "voter.end-sessions" } else { "site.end-sessions" };
        audit::record(&mut *transaction, Some(self.by), action, &target, json!({})).await?;
        transaction.commit().await?;
        follow_site::load(arena).await
    }
}
