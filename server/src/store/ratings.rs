//! What is computed from votes in their own transaction: pair counts and online Elo of each board.
//!
//! A board is a kind of battle and a language; the language `*` stands for all. Whoever changes a
//! board first takes [`lock_shared`] or [`lock_exclusive`], then locks rating rows, always in the order of kind,
//! language and model: so no two ever wait for each other. Votes do so in the database's function `cast_votes`.

use arena_rating::EloSettings;
use sqlx::{PgConnection, PgExecutor, PgPool, Postgres, Transaction};

use crate::domain::{BattleKind, ModelId};

/// The language that stands for all.
pub const ALL_LANGUAGES: &str = "*";

/// The advisory lock between votes, which share it, and the end of a repair, which holds it alone.
pub(super) const BOARDS_LOCK: i64 = 0x0061_7265_6e61_0001;
/// The advisory lock among repairs.
const REPAIRS_LOCK: i64 = 0x0061_7265_6e61_0002;

/// A model's online Elo on one board.
#[derive(Debug, Clone, PartialEq)]
pub struct EloRow {
    /// The board's language.
    pub language: String,
    pub model: ModelId,
    pub rating: f64,
}

/// The counted votes of one pair on a board, seen from the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairRow {
    /// The model with the lower id.
    pub low: ModelId,
    /// The other.
    pub high: ModelId,
    /// Votes for the first.
    pub wins_low: i64,
    /// Votes for the second.
    pub wins_high: i64,
    /// Votes for both.
    pub ties: i64,
    /// Votes against both.
    pub both_bad: i64,
}

/// The counted votes of one pair in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LanguagePair {
    /// The board's language.
    pub language: String,
    pub pair: PairRow,
}

/// A transaction that reads one state of the boards, whatever is voted meanwhile.
pub async fn snapshot(db: &PgPool) -> sqlx::Result<Transaction<'static, Postgres>> {
    db.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await
}

/// Waits until no repair ends, and keeps repairs from ending until the transaction ends.
pub async fn lock_shared(transaction: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("SELECT pg_advisory_xact_lock_shared($1)", BOARDS_LOCK).execute(transaction).await?;
    Ok(())
}

/// Waits until no vote is being counted, and keeps votes out until the transaction ends.
pub async fn lock_exclusive(transaction: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("SELECT pg_advisory_xact_lock($1)", BOARDS_LOCK).execute(transaction).await?;
    Ok(())
}

/// Notes that these boards and those of all languages changed, and locks their ratings, in order.
pub async fn touch(transaction: &mut PgConnection, boards: &[(BattleKind, String)]) -> sqlx::Result<()> {
    let (kinds, languages): (Vec<String>, Vec<String>) =
        boards.iter().map(|(kind, language)| (kind.to_string(), language.clone())).unzip();
    sqlx::query!(
        "WITH locked AS (
            SELECT kind, language, model_id FROM elo_ratings
            WHERE EXISTS (
                SELECT 1 FROM unnest($1::text[], $2::text[]) AS board (kind, language)
                WHERE board.kind = elo_ratings.kind AND elo_ratings.language IN ('*', board.language))
            ORDER BY kind, language, model_id FOR UPDATE
        )
        UPDATE elo_ratings SET changes = changes + 1 FROM locked
        WHERE elo_ratings.kind = locked.kind AND elo_ratings.language = locked.language
            AND elo_ratings.model_id = locked.model_id",
        &kinds,
        &languages
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// Asks for a replay of all votes of a kind.
pub async fn request_repair(transaction: &mut PgConnection, kind: BattleKind) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO rating_repairs (kind) VALUES ($1)
        ON CONFLICT (kind) DO UPDATE SET requested = rating_repairs.requested + 1",
        kind.as_str()
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// Notes what Elo is computed with from now on; where it was something else, asks for a replay of all votes.
pub async fn follow_elo_settings(db: &PgPool, elo: &EloSettings) -> sqlx::Result<()> {
    let mut transaction = db.begin().await?;
    let changed = sqlx::query!(
        "UPDATE elo_settings SET k = $1, scale = $2, base = $3, initial = $4
        WHERE (k, scale, base, initial) IS DISTINCT FROM ($1, $2, $3, $4)",
        elo.k,
        elo.scale,
        elo.base,
        elo.initial
    )
    .execute(&mut *transaction)
    .await?;
    if changed.rows_affected() > 0 {
        for kind in BattleKind::rated() {
            request_repair(&mut transaction, kind).await?;
        }
    }
    transaction.commit().await
}

/// What Elo is computed with, as the service noted it last.
pub async fn stored_elo_settings(db: impl PgExecutor<'_>) -> sqlx::Result<EloSettings> {
    sqlx::query_as!(EloSettings, "SELECT k, scale, base, initial FROM elo_settings").fetch_one(db).await
}

/// The number of the newest request for a replay, where one is asked for.
pub async fn requested_repair(db: impl PgExecutor<'_>, kind: BattleKind) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!("SELECT requested FROM rating_repairs WHERE kind = $1", kind.as_str()).fetch_optional(db).await
}

/// Notes that a kind has been replayed.
pub async fn repaired(transaction: &mut PgConnection, kind: BattleKind) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM rating_repairs WHERE kind = $1", kind.as_str()).execute(transaction).await?;
    Ok(())
}

/// Waits until no other server replays votes, and keeps others from it until the transaction ends.
pub async fn lock_repairs(transaction: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("SELECT pg_advisory_xact_lock($1)", REPAIRS_LOCK).execute(transaction).await?;
    Ok(())
}

/// What a pair's counts on the board of one language gain, or lose where it is below 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairChange {
    pub kind: BattleKind,
    pub language: String,
    /// The model with the lower id.
    pub low: ModelId,
    /// The other.
    pub high: ModelId,
    pub wins_low: i64,
    pub wins_high: i64,
    pub ties: i64,
    pub both_bad: i64,
}

/// Makes sure that the models of these pairs have ratings on the boards of their languages and on that of all.
pub async fn add_rows(transaction: &mut PgConnection, pairs: &[PairChange], initial: f64) -> sqlx::Result<()> {
    let kinds: Vec<String> = pairs.iter().map(|pair| pair.kind.to_string()).collect();
    let languages: Vec<String> = pairs.iter().map(|pair| pair.language.clone()).collect();
    let lows: Vec<uuid::Uuid> = pairs.iter().map(|pair| pair.low.0).collect();
    let highs: Vec<uuid::Uuid> = pairs.iter().map(|pair| pair.high.0).collect();
    sqlx::query!(
        "INSERT INTO elo_ratings (kind, language, model_id, rating)
        SELECT DISTINCT pair.kind, board.language, model.id, $5::float8
        FROM unnest($1::text[], $2::text[], $3::uuid[], $4::uuid[]) AS pair (kind, language, low, high),
            LATERAL unnest(ARRAY['*', pair.language]) AS board (language),
            LATERAL unnest(ARRAY[pair.low, pair.high]) AS model (id)
        ORDER BY 1, 2, 3
        ON CONFLICT (kind, language, model_id) DO NOTHING",
        &kinds,
        &languages,
        &lows,
        &highs,
        initial
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// Adds to pair counts. No pair of a board may be named twice.
pub async fn add_pair_counts(transaction: &mut PgConnection, changes: &[PairChange]) -> sqlx::Result<()> {
    let kinds: Vec<String> = changes.iter().map(|one| one.kind.to_string()).collect();
    let languages: Vec<String> = changes.iter().map(|one| one.language.clone()).collect();
    let column = |of: fn(&PairChange) -> uuid::Uuid| changes.iter().map(of).collect::<Vec<_>>();
    let number = |of: fn(&PairChange) -> i64| changes.iter().map(of).collect::<Vec<_>>();
    sqlx::query!(
        "INSERT INTO pair_counts (kind, language, model_low, model_high)
        SELECT change.kind, change.language, change.low, change.high
        FROM unnest($1::text[], $2::text[], $3::uuid[], $4::uuid[]) AS change (kind, language, low, high)
        ORDER BY 1, 2, 3, 4
        ON CONFLICT (kind, language, model_low, model_high) DO NOTHING",
        &kinds,
        &languages,
        &column(|one| one.low.0),
        &column(|one| one.high.0)
    )
    .execute(&mut *transaction)
    .await?;
    sqlx::query!(
        "UPDATE pair_counts AS pair SET wins_low = pair.wins_low + change.wins_low,
            wins_high = pair.wins_high + change.wins_high, ties = pair.ties + change.ties,
            both_bad = pair.both_bad + change.both_bad
        FROM unnest($1::text[], $2::text[], $3::uuid[], $4::uuid[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[])
            AS change (kind, language, low, high, wins_low, wins_high, ties, both_bad)
        WHERE pair.kind = change.kind AND pair.language = change.language AND pair.model_low = change.low
            AND pair.model_high = change.high",
        &kinds,
        &languages,
        &column(|one| one.low.0),
        &column(|one| one.high.0),
        &number(|one| one.wins_low),
        &number(|one| one.wins_high),
        &number(|one| one.ties),
        &number(|one| one.both_bad)
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// Sets ratings of one kind and notes that their boards changed.
pub async fn set(transaction: &mut PgConnection, kind: BattleKind, ratings: &[EloRow]) -> sqlx::Result<()> {
    let languages: Vec<String> = ratings.iter().map(|row| row.language.clone()).collect();
    let models: Vec<uuid::Uuid> = ratings.iter().map(|row| row.model.0).collect();
    let values: Vec<f64> = ratings.iter().map(|row| row.rating).collect();
    sqlx::query!(
        "INSERT INTO elo_ratings (kind, language, model_id, rating, changes)
        SELECT $1, new.language, new.model, new.rating, 1
        FROM unnest($2::text[], $3::uuid[], $4::float8[]) AS new (language, model, rating)
        ORDER BY new.language, new.model
        ON CONFLICT (kind, language, model_id) DO UPDATE SET
            rating = excluded.rating, changes = elo_ratings.changes + 1",
        kind.as_str(),
        &languages,
        &models,
        &values
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// Sets all ratings of one kind back to the beginning, as a replay does first.
pub async fn reset(transaction: &mut PgConnection, kind: BattleKind, initial: f64) -> sqlx::Result<()> {
    sqlx::query!("UPDATE elo_ratings SET rating = $2, changes = changes + 1 WHERE kind = $1", kind.as_str(), initial)
        .execute(transaction)
        .await?;
    Ok(())
}

/// A number that grows whenever the board changes.
pub async fn version(db: impl PgExecutor<'_>, kind: BattleKind, language: &str) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"SELECT coalesce(sum(changes), 0)::bigint AS "version!" FROM elo_ratings WHERE kind = $1 AND language = $2"#,
        kind.as_str(),
        language
    )
    .fetch_one(db)
    .await
}

/// The kinds that have a board with votes.
pub async fn filled_kinds(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<BattleKind>> {
    sqlx::query_scalar!(r#"SELECT DISTINCT kind AS "kind: BattleKind" FROM elo_ratings WHERE language = '*'"#)
        .fetch_all(db)
        .await
}

/// The ratings of one board.
pub async fn elo(db: impl PgExecutor<'_>, kind: BattleKind, language: &str) -> sqlx::Result<Vec<EloRow>> {
    sqlx::query_as!(
        EloRow,
        r#"SELECT language, model_id AS "model: ModelId", rating FROM elo_ratings
        WHERE kind = $1 AND language = $2 ORDER BY model_id"#,
        kind.as_str(),
        language
    )
    .fetch_all(db)
    .await
}

/// The pair counts of one kind, language by language.
pub async fn pairs(db: impl PgExecutor<'_>, kind: BattleKind) -> sqlx::Result<Vec<LanguagePair>> {
    let rows = sqlx::query!(
        r#"SELECT language, model_low AS "low: ModelId", model_high AS "high: ModelId", wins_low, wins_high, ties, both_bad
        FROM pair_counts WHERE kind = $1 AND wins_low + wins_high + ties + both_bad > 0
        ORDER BY model_low, model_high, language"#,
        kind.as_str()
    )
    .fetch_all(db)
    .await?;
    let mut pairs = Vec::with_capacity(rows.len());
    for row in rows {
        let (wins_low, wins_high, ties, both_bad) = (row.wins_low, row.wins_high, row.ties, row.both_bad);
        let pair = PairRow { low: row.low, high: row.high, wins_low, wins_high, ties, both_bad };
        pairs.push(LanguagePair { language: row.language, pair });
    }
    Ok(pairs)
}

/// The pairs of one board: of a language, or of all.
#[must_use]
pub fn of_board(pairs: &[LanguagePair], language: &str) -> Vec<PairRow> {
    let mut sums: Vec<PairRow> = Vec::new();
    for row in pairs.iter().filter(|row| language == ALL_LANGUAGES || row.language == language) {
        // Rows of one pair follow each other.
        match sums.last_mut().filter(|last| (last.low, last.high) == (row.pair.low, row.pair.high)) {
            Some(sum) => {
                sum.wins_low += row.pair.wins_low;
                sum.wins_high += row.pair.wins_high;
                sum.ties += row.pair.ties;
                sum.both_bad += row.pair.both_bad;
            }
            None => sums.push(row.pair.clone()),
        }
    }
    sums
}

/// The languages that have counted votes of a kind, those with the most first.
pub async fn languages(db: impl PgExecutor<'_>, kind: BattleKind) -> sqlx::Result<Vec<(String, i64)>> {
    let rows = sqlx::query!(
        r#"SELECT language, sum(wins_low + wins_high + ties + both_bad)::bigint AS "votes!"
        FROM pair_counts WHERE kind = $1 GROUP BY language
        HAVING sum(wins_low + wins_high + ties + both_bad) > 0 ORDER BY 2 DESC, 1"#,
        kind.as_str()
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.language, row.votes)).collect())
}
