//! Sets of prompts that administrators keep.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::domain::TaggedPrompt;

/// A set as lists show it.
#[derive(Debug, Clone)]
pub struct PromptSet {
    pub id: Uuid,
    pub name: String,
    /// Whether visitors are offered its prompts.
    pub is_offered: bool,
    /// Whether all models answer its prompts beforehand.
    pub is_prepared: bool,
    pub created_at: DateTime<Utc>,
    pub prompts: i64,
    /// Battles that began with one of its prompts.
    pub battles: i64,
    /// Its themes and how many prompts have each, the most frequent first.
    pub tags: Vec<String>,
    /// Answers that are there.
    pub answers: i64,
    /// Answers that could not be generated.
    pub failed: i64,
}

/// All sets by name; `only` narrows it to one.
pub async fn list(db: impl PgExecutor<'_>, only: Option<Uuid>) -> sqlx::Result<Vec<PromptSet>> {
    sqlx::query_as!(
        PromptSet,
        r#"SELECT s.id, s.name, s.is_offered, s.is_prepared, s.created_at, p.prompts AS "prompts!", p.answers AS "answers!",
            (SELECT count(*) FROM battles JOIN set_prompts p ON p.id = battles.set_prompt WHERE p.prompt_set = s.id) AS "battles!",
            ARRAY(SELECT tag FROM prompt_set_tags WHERE prompt_set = s.id ORDER BY prompts DESC, tag LIMIT 20) AS "tags!",
            (SELECT count(*) FROM prepared_answers a JOIN set_prompts p ON p.id = a.set_prompt
                WHERE p.prompt_set = s.id AND a.status = 'failed') AS "failed!"
        FROM prompt_sets s CROSS JOIN LATERAL (
            SELECT count(*) AS prompts, coalesce(sum(answers), 0) AS answers FROM set_prompts WHERE prompt_set = s.id
        ) AS p
        WHERE $1::uuid IS NULL OR s.id = $1 ORDER BY lower(s.name), s.name"#,
        only
    )
    .fetch_all(db)
    .await
}

/// The names of all sets.
pub async fn names(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!("SELECT name FROM prompt_sets ORDER BY lower(name), name").fetch_all(db).await
}

/// Adds a set. False where there is one of this name.
pub async fn insert(db: impl PgExecutor<'_>, id: Uuid, name: &str) -> sqlx::Result<bool> {
    let done =
        sqlx::query!("INSERT INTO prompt_sets (id, name) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING", id, name)
            .execute(db)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// Which sets all models answer beforehand.
pub async fn prepared(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!("SELECT id FROM prompt_sets WHERE is_prepared ORDER BY id").fetch_all(db).await
}

/// A set's name and switches; nothing where there is none.
pub async fn change(
    transaction: &mut PgConnection,
    id: Uuid,
    name: &str,
    is_offered: bool,
    is_prepared: bool,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE prompt_sets SET name = $2, is_offered = $3, is_prepared = $4 WHERE id = $1",
        id,
        name,
        is_offered,
        is_prepared
    )
    .execute(&mut *transaction)
    .await?;
    // Draws look at the prompts alone.
    sqlx::query!("UPDATE set_prompts SET is_offered = $2 WHERE prompt_set = $1 AND is_offered <> $2", id, is_offered)
        .execute(&mut *transaction)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Deletes a set with its prompts and prepared answers; battles keep its name. Gives the name.
pub async fn delete(db: impl PgExecutor<'_>, id: Uuid) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!("DELETE FROM prompt_sets WHERE id = $1 RETURNING name", id).fetch_optional(db).await
}

/// Adds prompts, each with its language; gives how many were new.
pub async fn add_prompts(
    transaction: &mut PgConnection,
    set: Uuid,
    prompts: &[TaggedPrompt],
    language_of: impl Fn(&str) -> &'static str,
) -> sqlx::Result<u64> {
    let ids: Vec<Uuid> = prompts.iter().map(|_| Uuid::now_v7()).collect();
    let texts: Vec<String> = prompts.iter().map(|one| one.prompt.clone()).collect();
    let languages: Vec<String> = prompts.iter().map(|one| language_of(&one.prompt).to_owned()).collect();
    // Arrays of arrays have one length in Postgres: each prompt's themes travel as one text.
    let tags: Vec<String> = prompts.iter().map(|one| one.tags.join("\u{1f}")).collect();
    let done = sqlx::query!(
        "INSERT INTO set_prompts (id, prompt_set, prompt, language, tags, is_offered)
        SELECT new.id, $1, new.prompt, new.language, array_remove(string_to_array(new.tags, E'\\x1f'), ''),
            (SELECT is_offered FROM prompt_sets WHERE id = $1)
        FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[]) WITH ORDINALITY
            AS new (id, prompt, language, tags, place)
        ORDER BY new.place ON CONFLICT DO NOTHING",
        set,
        &ids,
        &texts,
        &languages,
        &tags
    )
    .execute(&mut *transaction)
    .await?;
    count_tags(transaction, set).await?;
    Ok(done.rows_affected())
}

/// Deletes prompts of a set; gives how many there were.
pub async fn delete_prompts(transaction: &mut PgConnection, set: Uuid, prompts: &[Uuid]) -> sqlx::Result<u64> {
    let done = sqlx::query!("DELETE FROM set_prompts WHERE prompt_set = $1 AND id = ANY($2)", set, prompts)
        .execute(&mut *transaction)
        .await?;
    count_tags(transaction, set).await?;
    Ok(done.rows_affected())
}

/// Counts a set's themes anew.
async fn count_tags(db: impl PgExecutor<'_>, set: Uuid) -> sqlx::Result<()> {
    sqlx::query!("SELECT count_prompt_tags($1)", set).execute(db).await?;
    Ok(())
}

/// How many prompts a set has.
pub async fn count(db: impl PgExecutor<'_>, set: Uuid) -> sqlx::Result<i64> {
    sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM set_prompts WHERE prompt_set = $1"#, set)
        .fetch_one(db)
        .await
}

/// A prompt as an administrator sees it.
#[derive(Debug, Clone)]
pub struct PromptRow {
    pub id: Uuid,
    pub position: i64,
    pub prompt: String,
    pub language: String,
    pub tags: Vec<String>,
    /// Models whose answers are there.
    pub answers: i64,
    /// Models that could not answer, with the code of the error.
    pub failed: Vec<String>,
    /// Battles that began with it.
    pub battles: i64,
}

/// Prompts of a set behind a position, of these words, language and theme where they are given.
pub async fn prompts(
    db: impl PgExecutor<'_>,
    set: Uuid,
    search: &str,
    language: &str,
    tag: &str,
    after: i64,
    limit: i64,
) -> sqlx::Result<Vec<PromptRow>> {
    sqlx::query_as!(
        PromptRow,
        r#"SELECT p.id, p.position AS "position!", p.prompt, p.language, p.tags,
            (SELECT count(*) FROM prepared_answers a WHERE a.set_prompt = p.id AND a.status = 'done') AS "answers!",
            ARRAY(SELECT m.display_name || ': ' || coalesce(a.error_code, '') FROM prepared_answers a
                JOIN models m ON m.id = a.model_id WHERE a.set_prompt = p.id AND a.status = 'failed'
                ORDER BY 1) AS "failed!",
            (SELECT count(*) FROM battles b WHERE b.set_prompt = p.id) AS "battles!"
        FROM set_prompts p
        WHERE p.prompt_set = $1 AND ($2 = '' OR position(lower($2) IN lower(p.prompt)) > 0)
            AND ($3 = '' OR p.language = $3) AND ($4 = '' OR $4 = ANY(p.tags)) AND p.position > $5
        ORDER BY p.position LIMIT $6"#,
        set,
        search,
        language,
        tag,
        after,
        limit
    )
    .fetch_all(db)
    .await
}

/// The prompt of a set that says exactly this, of a set that is offered first, and the set's name.
pub async fn of_text(db: impl PgExecutor<'_>, prompt: &str) -> sqlx::Result<Option<(Uuid, String)>> {
    let row = sqlx::query!(
        "SELECT p.id, s.name FROM set_prompts p JOIN prompt_sets s ON s.id = p.prompt_set
        WHERE md5(p.prompt) = md5($1) AND p.prompt = $1 ORDER BY s.is_offered DESC, s.created_at LIMIT 1",
        prompt
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| (row.id, row.name)))
}
