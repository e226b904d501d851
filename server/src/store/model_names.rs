//! What models are called: the little of a model that most pages need.

use std::collections::BTreeMap;

use sqlx::PgExecutor;

use super::votes::Vote;
use crate::domain::{Battle, HistoryEntry, ModelId, ModelState, VoterId};

/// What a model is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelName {
    pub id: ModelId,
    /// Its name in addresses.
    pub slug: String,
    /// Its name on pages.
    pub display_name: String,
    /// Whether it may be drawn.
    pub state: ModelState,
}

/// The names of some models.
#[derive(Debug, Clone, Default)]
pub struct ModelNames(BTreeMap<ModelId, ModelName>);

impl ModelNames {
    /// The name of a model, where it is among these.
    pub fn get(&self, id: ModelId) -> Option<&ModelName> {
        self.0.get(&id)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, in the order in which they were registered.
    pub fn iter(&self) -> impl Iterator<Item = &ModelName> {
        self.0.values()
    }
}

impl FromIterator<ModelName> for ModelNames {
    fn from_iter<T: IntoIterator<Item = ModelName>>(names: T) -> Self {
        Self(names.into_iter().map(|name| (name.id, name)).collect())
    }
}

/// The names of these models.
pub async fn of(db: impl PgExecutor<'_>, ids: &[ModelId]) -> sqlx::Result<ModelNames> {
    let ids: Vec<uuid::Uuid> = ids.iter().map(|id| id.0).collect();
    let names = sqlx::query_as!(
        ModelName,
        r#"SELECT id AS "id: ModelId", slug, display_name, state AS "state: ModelState" FROM models WHERE id = ANY($1)"#,
        &ids
    );
    Ok(names.fetch_all(db).await?.into_iter().collect())
}

/// The names of all models.
pub async fn all(db: impl PgExecutor<'_>) -> sqlx::Result<ModelNames> {
    let names = sqlx::query_as!(
        ModelName,
        r#"SELECT id AS "id: ModelId", slug, display_name, state AS "state: ModelState" FROM models"#
    );
    Ok(names.fetch_all(db).await?.into_iter().collect())
}

/// The models that a visitor met and may know by name, by name.
pub async fn met_by(db: impl PgExecutor<'_>, voter: VoterId) -> sqlx::Result<Vec<ModelName>> {
    sqlx::query_as!(
        ModelName,
        r#"SELECT id AS "id: ModelId", slug, display_name, state AS "state: ModelState" FROM models
        WHERE id IN (
            SELECT unnest(ARRAY[battles.model_a, battles.model_b]) FROM battles
            WHERE battles.voter_id = $1 AND (battles.kind <> 'battle'
                OR EXISTS (SELECT 1 FROM votes WHERE votes.battle_id = battles.id)))
        ORDER BY lower(display_name), id"#,
        voter.0
    )
    .fetch_all(db)
    .await
}

/// The names of a battle's models; none where they may not be known yet.
pub async fn of_battle(db: impl PgExecutor<'_>, battle: &Battle) -> sqlx::Result<ModelNames> {
    if !battle.names_visible() {
        return Ok(ModelNames::default());
    }
    let ids: Vec<ModelId> = [Some(battle.model_a), battle.model_b].into_iter().flatten().collect();
    of(db, &ids).await
}

/// The names of the models that a vote was on, left and right: a vote is what names them.
pub async fn of_vote(db: impl PgExecutor<'_>, vote: &Vote) -> sqlx::Result<[Option<ModelName>; 2]> {
    let sides = [Some(vote.model_a), vote.model_b];
    let names = of(db, &sides.iter().flatten().copied().collect::<Vec<_>>()).await?;
    Ok(sides.map(|id| names.get(id?).cloned()))
}

/// The names of each line of a history, left and right; none where they may not be known yet.
pub async fn of_history(
    db: impl PgExecutor<'_>,
    entries: &[HistoryEntry],
) -> sqlx::Result<Vec<[Option<ModelName>; 2]>> {
    let sides = |entry: &HistoryEntry| match entry.names_visible() {
        true => [Some(entry.model_a), entry.model_b],
        false => [None, None],
    };
    let mut ids: Vec<ModelId> = entries.iter().flat_map(sides).flatten().collect();
    ids.sort();
    ids.dedup();
    let names = of(db, &ids).await?;
    Ok(entries.iter().map(|entry| sides(entry).map(|id| names.get(id?).cloned())).collect())
}
