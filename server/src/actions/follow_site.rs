//! This server learns what administrators say of the site, here or at another server.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use sqlx::PgPool;

use crate::domain::{SITE_SECRETS, SettingTexts, SiteRules, SiteSettings};
use crate::error::Error;
use crate::keys::Keys;
use crate::state::AppState;
use crate::store::{ended_sessions, site};

/// How often the database is asked whether something changed.
const EACH: Duration = Duration::from_secs(2);

/// Follows changes, for as long as the service runs.
pub async fn run(arena: AppState) {
    loop {
        tokio::time::sleep(EACH).await;
        if let Err(error) = load(&arena).await {
            tracing::warn!(%error, "the site's settings could not be read yet");
        }
    }
}

/// Brings this server to what the database says.
///
/// # Errors
/// When the database does not answer; what was known stays in force.
pub async fn load(arena: &AppState) -> Result<(), Error> {
    arena.site.set_ended(ended_sessions::list(&arena.db).await?);
    if site::revision(&arena.db).await? == arena.site.revision() {
        return Ok(());
    }
    let (revision, stored) = site::settings(&arena.db).await?;
    let (settings, mistakes) = SiteSettings::read(&unsealed(&arena.keys, stored)?);
    for mistake in mistakes {
        tracing::warn!(
            setting = mistake.field,
            code = mistake.code,
            "a stored setting is not taken: it stands as by default"
        );
    }
    arena.site.set(revision, settings);
    Ok(())
}

/// The limits that administrators set in this database, beside a program's own. For commands that run without a server.
///
/// # Errors
/// When the database does not answer.
pub async fn rules(db: &PgPool, started: SiteRules) -> sqlx::Result<SiteRules> {
    let (_, stored) = site::settings(db).await?;
    // A stored secret is no limit, so it may stay encrypted.
    Ok(started.with(&SiteSettings::read(&stored).0))
}

/// Secrets as they are stored: encrypted.
pub(super) fn sealed(keys: &Keys, mut texts: SettingTexts) -> Result<SettingTexts, Error> {
    for name in SITE_SECRETS {
        if let Some(text) = texts.get_mut(*name).filter(|text| !text.is_empty()) {
            *text = hex::encode(keys.seal(&SecretString::from(std::mem::take(text)))?);
        }
    }
    Ok(texts)
}

/// The reverse.
fn unsealed(keys: &Keys, mut texts: SettingTexts) -> Result<SettingTexts, Error> {
    for name in SITE_SECRETS {
        if let Some(text) = texts.get_mut(*name).filter(|text| !text.is_empty()) {
            let bytes = hex::decode(text.as_bytes()).map_err(|cause| Error::Internal(cause.into()))?;
            *text = keys.unseal(&bytes)?.expose_secret().to_owned();
        }
    }
    Ok(texts)
}
