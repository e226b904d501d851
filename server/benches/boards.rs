//! How long leaderboards take when votes have changed: of all votes, of a category, with style control, of two languages.
//!
//! ```sh
//! cargo bench --workspace --bench boards
//! ```
//!
//! `ARENA_BENCH_VOTES` votes (a million) on 100 models by 20,000 voters, each with its features, in Postgres. The first reading
//! brings them into memory; then one vote is added before each measurement, so that nothing is kept.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arena_rating::EloSettings;
use arena_server::boards::{Anchor, BoardKey, Boards};
use arena_server::database;
use arena_server::domain::{BattleKind, BoardCategory, SiteRules};
use arena_server::site::Site;
use sqlx::PgPool;

const MODELS: i64 = 100;
const VOTERS: i64 = 20_000;
const ROUNDS: usize = 5;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // `cargo test --benches` asks whether it runs, not how fast.
    let is_test = std::env::args().any(|argument| argument == "--test");
    let asked = std::env::var("ARENA_BENCH_VOTES").ok().and_then(|number| number.parse().ok());
    let count: i64 = if is_test { 5000 } else { asked.unwrap_or(1_000_000) };
    let folder = tempfile::tempdir()?;
    let database = database::open(None, folder.path(), Arc::new(|_| {})).await?;
    let pools = database.pools(8).await?;
    let db = pools.pages.clone();
    fill(&db, count).await?;
    println!("{count} votes on {MODELS} models by {VOTERS} voters");
    let boards = Boards::new(Anchor::default(), Site::new(SiteRules::default()), EloSettings::default());
    let all = BoardKey::of(BattleKind::Battle);
    let at = Instant::now();
    boards.read(&db, &all).await?;
    println!("{:44} {:8.1?}", "first reading of all votes into memory", at.elapsed());
    let coding = BoardKey { category: Some(BoardCategory::Coding), ..all.clone() };
    let zh = BoardKey { language: Some("zh".into()), ..all.clone() };
    let month = BoardKey { first_day: Some(6), ..all.clone() };
    let styled = BoardKey { style_control: true, ..all.clone() };
    for (what, key) in [
        ("all votes", &all),
        ("one language", &zh),
        ("a category", &coding),
        ("from a day on", &month),
        ("all votes with style control", &styled),
    ] {
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            one_more(&db).await?;
            let at = Instant::now();
            let read = boards.read(&db, key).await?;
            times.push(at.elapsed());
            assert!(!read.board.entries.is_empty(), "{what}");
        }
        report(what, times);
    }
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        one_more(&db).await?;
        let at = Instant::now();
        let gap = boards.language_gap(&db, &all).await?;
        times.push(at.elapsed());
        assert!(gap.is_some(), "the languages have models in common");
    }
    report("Chinese and English compared", times);
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let at = Instant::now();
        boards.read(&db, &styled).await?;
        times.push(at.elapsed());
    }
    report("a board that is kept", times);
    drop((boards, db));
    pools.close().await;
    database.close().await?;
    Ok(())
}

fn report(what: &str, mut times: Vec<Duration>) {
    times.sort();
    println!("{what:44} {:8.1?}   longest {:.1?}", times[times.len() / 2], times[times.len() - 1]);
}

/// The votes, and what is computed from them; the rows alone, for as many foreign keys checked would take minutes.
async fn fill(db: &PgPool, count: i64) -> anyhow::Result<()> {
    let mut transaction = db.begin().await?;
    sqlx::raw_sql("SET LOCAL session_replication_role = replica").execute(&mut *transaction).await?;
    for statement in [
        "INSERT INTO models (id, slug, display_name, kind, path)
        SELECT lpad(to_hex(n), 32, '0')::uuid, 'model-' || n, 'Model ' || n, 'local', '/m.gguf' FROM generate_series(1, $2) n
        WHERE $1 > 0 AND $3 > 0",
        "INSERT INTO votes (battle_id, voter_id, kind, language, model_a, model_b, choice, created_at)
        SELECT gen_random_uuid(), lpad(to_hex(1 + n % $3), 32, '0')::uuid, 'battle', (ARRAY['en', 'zh', 'fr'])[1 + n % 3],
            lpad(to_hex(a), 32, '0')::uuid, lpad(to_hex(CASE WHEN other >= a THEN other + 1 ELSE other END), 32, '0')::uuid,
            (ARRAY['a', 'b', 'a', 'tie', 'b', 'both_bad', 'a', 'b'])[1 + (hashint8(n + 7) & 7)],
            '1970-01-02'::timestamptz + make_interval(secs => n)
        FROM (SELECT n, 1 + (hashint8(n) & 2147483647) % $2 AS a, 1 + (hashint8(n + 77) & 2147483647) % ($2 - 1) AS other
            FROM generate_series(1, $1) n) AS drawn ORDER BY n",
        "INSERT INTO vote_features (vote_id, rules, tokens_a, headers_a, lists_a, bold_a, tokens_b, headers_b, lists_b, bold_b,
            is_coding, is_math, is_longer_query, is_multi_turn, is_creative_writing, is_instruction_following, is_refusal)
        SELECT id, 1, hashint8(id) & 511, hashint8(id + 1) & 3, hashint8(id + 2) & 7, hashint8(id + 3) & 7, hashint8(id + 4) & 511,
            hashint8(id + 5) & 3, hashint8(id + 6) & 7, hashint8(id + 7) & 7, id % 3 = 0, id % 7 = 0, id % 11 = 0, id % 5 = 0,
            id % 4 = 0, id % 6 = 0, id % 50 = 0
        FROM votes WHERE $1 > 0 AND $2 > 0 AND $3 > 0",
        "INSERT INTO pair_counts (kind, language, model_low, model_high, wins_low, wins_high, ties, both_bad)
        SELECT kind, language, least(model_a, model_b), greatest(model_a, model_b),
            count(*) FILTER (WHERE choice = CASE WHEN model_a < model_b THEN 'a' ELSE 'b' END),
            count(*) FILTER (WHERE choice = CASE WHEN model_a < model_b THEN 'b' ELSE 'a' END),
            count(*) FILTER (WHERE choice = 'tie'), count(*) FILTER (WHERE choice = 'both_bad')
        FROM votes WHERE $1 > 0 AND $2 > 0 AND $3 > 0 GROUP BY 1, 2, 3, 4",
        "INSERT INTO elo_ratings (kind, language, model_id, rating, changes)
        SELECT 'battle', board.language, id, 1000, 1 FROM models, unnest(ARRAY['*', 'zh', 'en', 'fr']) AS board (language)
        WHERE $1 > 0 AND $2 > 0 AND $3 > 0",
    ] {
        sqlx::query(statement).bind(count).bind(MODELS).bind(VOTERS).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    sqlx::raw_sql("ANALYZE; CHECKPOINT").execute(db).await?;
    Ok(())
}

/// One more tie of a pair that has met, with its features.
async fn one_more(db: &PgPool) -> anyhow::Result<()> {
    let statement = "WITH voted AS (
            INSERT INTO votes (battle_id, voter_id, kind, language, model_a, model_b, choice)
            SELECT gen_random_uuid(), NULL, kind, 'zh', model_a, model_b, 'tie' FROM votes WHERE language = 'zh' LIMIT 1 RETURNING *
        ), described AS (
            INSERT INTO vote_features (vote_id, rules, tokens_a, headers_a, lists_a, bold_a, tokens_b, headers_b, lists_b, bold_b,
                is_coding, is_math, is_longer_query, is_multi_turn, is_creative_writing, is_instruction_following, is_refusal)
            SELECT id, 1, 10, 0, 0, 0, 20, 0, 0, 0, true, false, false, false, false, false, false FROM voted
        ), counted AS (
            UPDATE pair_counts SET ties = ties + 1 FROM voted WHERE pair_counts.language = 'zh'
                AND model_low = least(model_a, model_b) AND model_high = greatest(model_a, model_b)
        )
        UPDATE elo_ratings SET changes = changes + 1 FROM voted WHERE model_id = model_a";
    let mut transaction = db.begin().await?;
    sqlx::raw_sql("SET LOCAL session_replication_role = replica").execute(&mut *transaction).await?;
    sqlx::query(statement).execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(())
}
