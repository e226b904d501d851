//! What administrators say of the site, and which visitors agreed to its terms.

use sqlx::PgExecutor;
use sqlx::types::Json;

use crate::domain::{SettingTexts, VoterId};

/// Which change was the last.
pub async fn revision(db: impl PgExecutor<'_>) -> sqlx::Result<i64> {
    sqlx::query_scalar!("SELECT revision FROM site").fetch_one(db).await
}

/// The last change, and the texts of the settings that are not by default.
pub async fn settings(db: impl PgExecutor<'_>) -> sqlx::Result<(i64, SettingTexts)> {
    let row = sqlx::query!(r#"SELECT revision, settings AS "settings: Json<SettingTexts>" FROM site"#);
    let row = row.fetch_one(db).await?;
    Ok((row.revision, row.settings.0))
}

/// Keeps other texts instead, if this was the last change. Gives the new revision; nothing where somebody else was faster.
pub async fn replace_settings(
    db: impl PgExecutor<'_>,
    revision: i64,
    settings: &SettingTexts,
) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!(
        "UPDATE site SET revision = revision + 1, settings = $2, changed_at = now() WHERE revision = $1 RETURNING revision",
        revision,
        Json(settings) as _
    )
    .fetch_optional(db)
    .await
}

/// Names what a visitor agreed to last.
pub async fn agreed_to(db: impl PgExecutor<'_>, voter: VoterId) -> sqlx::Result<Option<String>> {
    let found = sqlx::query_scalar!("SELECT agreed_to FROM voters WHERE id = $1", voter.0).fetch_optional(db).await?;
    Ok(found.flatten())
}

/// Notes that a visitor, who was seen before, agrees.
pub async fn record_agreement(db: impl PgExecutor<'_>, voter: VoterId, agreement: &str) -> sqlx::Result<()> {
    sqlx::query!("UPDATE voters SET agreed_to = $2, agreed_at = now() WHERE id = $1", voter.0, agreement)
        .execute(db)
        .await?;
    Ok(())
}
