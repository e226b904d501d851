//! Prompts that visitors are offered, at random.
//!
//! A draw begins at a random key and looks at the prompts behind it, in a circle: an index finds them, however many there are. Of a
//! window of these it takes some at random, as the distances between keys are not alike.

use sqlx::PgExecutor;

/// Prompts of these languages.
#[derive(Debug, Clone, Copy)]
pub enum Languages<'a> {
    /// This one.
    Only(&'a str),
    /// The others.
    Except(&'a str),
}

impl<'a> Languages<'a> {
    /// A language first, then the others.
    pub fn own_first(language: &'a str) -> [Self; 2] {
        [Self::Only(language), Self::Except(language)]
    }

    /// From, to and without, as the index knows them.
    pub(super) fn range(self) -> (&'a str, &'a str, &'a str) {
        match self {
            Self::Only(language) => (language, language, ""),
            Self::Except(language) => ("", "zzz", language),
        }
    }
}

/// So many prompts that are short enough to be shown beside each other: of a theme where one is asked for.
pub async fn suggested(
    db: impl PgExecutor<'_>,
    languages: Languages<'_>,
    tag: &str,
    limit: i64,
) -> sqlx::Result<Vec<String>> {
    let (from, to, without) = languages.range();
    sqlx::query_scalar!(
        r#"SELECT prompt AS "prompt!" FROM (
            (SELECT prompt FROM set_prompts
                WHERE is_offered AND is_short AND language BETWEEN $1 AND $2 AND language <> $3
                    AND ($4 = '' OR $4 = ANY(tags)) AND shuffle >= $5 ORDER BY language, shuffle LIMIT 64)
            UNION ALL
            (SELECT prompt FROM set_prompts
                WHERE is_offered AND is_short AND language BETWEEN $1 AND $2 AND language <> $3
                    AND ($4 = '' OR $4 = ANY(tags)) AND shuffle < $5 ORDER BY language, shuffle LIMIT 64)
            LIMIT 64
        ) AS around ORDER BY random() LIMIT $6"#,
        from,
        to,
        without,
        tag,
        rand::random::<f64>(),
        limit
    )
    .fetch_all(db)
    .await
}

/// One prompt of any length: of a theme where one is asked for.
pub async fn one(db: impl PgExecutor<'_>, languages: Languages<'_>, tag: &str) -> sqlx::Result<Option<String>> {
    let (from, to, without) = languages.range();
    sqlx::query_scalar!(
        r#"SELECT prompt AS "prompt!" FROM (
            (SELECT prompt FROM set_prompts
                WHERE is_offered AND language BETWEEN $1 AND $2 AND language <> $3
                    AND ($4 = '' OR $4 = ANY(tags)) AND shuffle >= $5 ORDER BY language, shuffle LIMIT 64)
            UNION ALL
            (SELECT prompt FROM set_prompts
                WHERE is_offered AND language BETWEEN $1 AND $2 AND language <> $3
                    AND ($4 = '' OR $4 = ANY(tags)) AND shuffle < $5 ORDER BY language, shuffle LIMIT 64)
            LIMIT 64
        ) AS around ORDER BY random() LIMIT 1"#,
        from,
        to,
        without,
        tag,
        rand::random::<f64>()
    )
    .fetch_optional(db)
    .await
}

/// The themes of what visitors are offered, the most frequent first.
pub async fn themes(db: impl PgExecutor<'_>, limit: i64) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        "SELECT tag FROM prompt_set_tags t JOIN prompt_sets s ON s.id = t.prompt_set
        WHERE s.is_offered GROUP BY tag ORDER BY sum(t.prompts) DESC, tag LIMIT $1",
        limit
    )
    .fetch_all(db)
    .await
}
