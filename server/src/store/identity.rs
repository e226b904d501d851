//! The names that give a model away: the lists that administrators edited, and the arena's own models.

use sqlx::PgExecutor;

use crate::domain::{NameLists, RegisteredModel};

/// The lists in force: the built-in one wherever administrators keep none of their own.
pub async fn lists(db: impl PgExecutor<'_>) -> sqlx::Result<NameLists> {
    let mut lists = NameLists::default();
    for row in sqlx::query!("SELECT list, names FROM identity_names").fetch_all(db).await? {
        match row.list.as_str() {
            "models" => lists.models = row.names,
            "words" => lists.words = row.names,
            _ => lists.makers = row.names,
        }
    }
    Ok(lists)
}

/// Keeps a list (`models`, `words` or `makers`); an empty one brings the built-in list back.
pub async fn set_list(db: impl PgExecutor<'_>, list: &str, names: &[String]) -> sqlx::Result<()> {
    sqlx::query!(
        "WITH gone AS (DELETE FROM identity_names WHERE list = $1 AND cardinality($2::text[]) = 0)
        INSERT INTO identity_names (list, names) SELECT $1, $2 WHERE cardinality($2::text[]) > 0
        ON CONFLICT (list) DO UPDATE SET names = excluded.names, changed_at = now()",
        list,
        names
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What the arena's models and their makers are called.
pub async fn registered(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<RegisteredModel>> {
    let rows = sqlx::query!("SELECT slug, display_name, family, base_model, remote_model FROM models ORDER BY id");
    let rows = rows.fetch_all(db).await?;
    let models = rows.into_iter().map(|row| RegisteredModel {
        names: vec![row.display_name, row.slug, row.family],
        hub_names: row.remote_model.into_iter().chain([row.base_model]).collect(),
    });
    Ok(models.collect())
}
