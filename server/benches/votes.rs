//! Votes a second, beside what Postgres itself takes of the same two rows on the same disk.
//!
//! ```sh
//! cargo bench --workspace --bench votes
//! ```
//!
//! The service's way of a vote (rules, queue, one statement for all that wait, with pair counts and Elo) and `pgbench` with
//! a transaction that inserts a vote and marks its battle take turns on one database with fsync on. Where there is no
//! `pgbench`, the same transaction goes through the service's own driver. At the end 500 votes of a million are withdrawn
//! together, and it is told how long that took, and how long votes and leaderboards waited for it and for the replay of Elo
//! that follows in the background.

use std::net::Ipv4Addr;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use arena_server::actions::cast_vote::CastVote;
use arena_server::actions::repair_ratings::repair_ratings;
use arena_server::actions::withdraw_votes::WithdrawVotes;
use arena_server::config::{Config, ServeOptions};
use arena_server::database::{self, Database};
use arena_server::domain::{BattleId, BattleKind, Choice, VoterId};
use arena_server::keys::Keys;
use arena_server::limits::Caller;
use arena_server::state::AppState;
use arena_server::store::ratings;
use arena_server::store::vote_changes::ChosenVotes;
use clap::Parser;
use secrecy::SecretString;
use sqlx::PgPool;
use uuid::Uuid;

const MODELS: i32 = 20;
const VOTERS: usize = 32;
const ROUNDS: usize = 3;
const SECONDS: u64 = 4;
/// Battles for each round; more than can be voted on in its time.
const BATTLES: i32 = 30_000;

const VOTER: Uuid = Uuid::from_u128(1);

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    serve: ServeOptions,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // `cargo test --benches` asks whether it runs, not how fast.
    let is_test = std::env::args().any(|argument| argument == "--test");
    let (rounds, time) = if is_test { (1, Duration::from_millis(200)) } else { (ROUNDS, Duration::from_secs(SECONDS)) };
    let folder = tempfile::tempdir()?;
    let database = database::open(None, folder.path(), Arc::new(|_| {})).await?;
    let pools = database.pools(32).await?;
    let limits = ["--voter-per-minute", "100000000", "--address-per-minute", "100000000"];
    let line = ["arena", "--devices", "none", "--no-demo", "--data", "/nonexistent"];
    let config = Config::try_from(Line::parse_from(line.iter().chain(&limits)).serve)?;
    let keys = Keys::from_secret(&SecretString::from("0123456789abcdef0123456789abcdef"))?;
    let arena = AppState::new(config, pools.clone(), keys)?;
    people(&arena.db).await?;
    println!("{MODELS} models, {VOTERS} voters at once, {rounds} rounds of {time:?} each");
    let (mut ours, mut plain, mut times) = (0.0, 0.0, Vec::new());
    for round in 0..rounds {
        battles(&arena.db, round).await?;
        plain += beside(&database, &arena.db, round, time).await?;
        let (rate, mut round_times) = votes(&arena, round, time).await?;
        ours += rate;
        times.append(&mut round_times);
    }
    times.sort();
    let at = |part: f64| times.get((times.len() as f64 * part) as usize).copied().unwrap_or_default();
    let count = rounds as f64;
    println!("votes:         {:8.0} a second   p50 {:.1?}   p99 {:.1?}", ours / count, at(0.5), at(0.99));
    println!("plain inserts: {:8.0} a second", plain / count);
    println!("ratio:         {:8.2}", ours / plain);
    repair(&arena, rounds, if is_test { 1000 } else { old_votes() }, time).await?;
    drop(arena);
    pools.close().await;
    database.close().await?;
    Ok(())
}

/// Votes that stand when one is withdrawn: `ARENA_BENCH_VOTES`, or a million.
fn old_votes() -> i32 {
    std::env::var("ARENA_BENCH_VOTES").ok().and_then(|number| number.parse().ok()).unwrap_or(1_000_000)
}

/// Withdraws many votes of so many, while others vote and read leaderboards: how long each waited then, and before.
async fn repair(arena: &AppState, round: usize, old: i32, time: Duration) -> anyhow::Result<()> {
    battles(&arena.db, round).await?;
    let (_, mut calm) = votes(arena, round, time).await?;
    // The rows alone: as many foreign keys checked would take minutes and change nothing of what is measured.
    let mut transaction = arena.db.begin().await?;
    sqlx::raw_sql("SET LOCAL session_replication_role = replica").execute(&mut *transaction).await?;
    let insert = format!(
        "INSERT INTO votes (battle_id, voter_id, kind, language, model_a, model_b, choice)
        SELECT gen_random_uuid(), '{VOTER}', 'battle', (ARRAY['en', 'zh', 'fr'])[1 + n % 3],
            lpad(to_hex(1 + n % {MODELS}), 32, '0')::uuid,
            lpad(to_hex(1 + (n + 1 + n % ({MODELS} - 1)) % {MODELS}), 32, '0')::uuid,
            (ARRAY['a', 'b', 'tie', 'both_bad'])[1 + n % 4]
        FROM generate_series(1, $1) n"
    );
    sqlx::query(sqlx::AssertSqlSafe(insert)).bind(old).execute(&mut *transaction).await?;
    transaction.commit().await?;
    sqlx::raw_sql("ANALYZE votes; CHECKPOINT").execute(&arena.db).await?;
    let all: Vec<i64> =
        sqlx::query_scalar("SELECT id FROM votes WHERE id % 7 = 0 ORDER BY id LIMIT 500").fetch_all(&arena.db).await?;
    let round = round + 1;
    battles(&arena.db, round).await?;
    let is_over = Arc::new(AtomicBool::new(false));
    let pages = tokio::spawn(read_boards(arena.clone(), is_over.clone()));
    let begun = Instant::now();
    let chosen = ChosenVotes { ids: Some(all), ..ChosenVotes::default() };
    let withdraw = WithdrawVotes { chosen, withdrawn: true, ..WithdrawVotes::default() };
    let withdraw = async {
        let changed = withdraw.run(arena).await?;
        let withdrawn = begun.elapsed();
        repair_ratings(&arena.repairs, &arena.config.elo, BattleKind::Battle).await?;
        anyhow::Ok((changed.votes, withdrawn, begun.elapsed()))
    };
    let (withdrawn, voted) = tokio::join!(withdraw, votes(arena, round, time));
    let (changed, withdrawn, replayed) = withdrawn?;
    let (rate, mut busy) = voted?;
    is_over.store(true, Ordering::Relaxed);
    let mut pages = pages.await??;
    for times in [&mut calm, &mut busy, &mut pages] {
        times.sort();
    }
    let longest = |times: &[Duration]| times.last().copied().unwrap_or_default();
    println!("{changed} of {old} votes withdrawn beside {rate:.0} votes a second: {withdrawn:.1?}");
    println!("all replayed in the background after {replayed:.1?}");
    println!("longest vote:  {:8.1?} meanwhile, {:.1?} before", longest(&busy), longest(&calm));
    println!("boards read:   {} times, the longest {:.1?}", pages.len(), longest(&pages));
    Ok(())
}

/// Reads what a leaderboard's page reads, again and again: how long each took.
async fn read_boards(arena: AppState, is_over: Arc<AtomicBool>) -> anyhow::Result<Vec<Duration>> {
    let mut times = Vec::new();
    while !is_over.load(Ordering::Relaxed) {
        let at = Instant::now();
        let mut snapshot = ratings::snapshot(&arena.db).await?;
        ratings::elo(&mut *snapshot, BattleKind::Battle, "*").await?;
        ratings::pairs(&mut *snapshot, BattleKind::Battle).await?;
        snapshot.rollback().await?;
        times.push(at.elapsed());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(times)
}

async fn people(db: &PgPool) -> anyhow::Result<()> {
    sqlx::query("INSERT INTO voters (id) VALUES ($1)").bind(VOTER).execute(db).await?;
    let models = "INSERT INTO models (id, slug, display_name, kind, path)
        SELECT lpad(to_hex(n), 32, '0')::uuid, 'model-' || n, 'Model ' || n, 'local', '/m.gguf' FROM generate_series(1, $1) n";
    sqlx::query(models).bind(MODELS).execute(db).await?;
    Ok(())
}

/// The id of a battle of a round.
fn battle(round: usize, number: i32) -> BattleId {
    BattleId(Uuid::from_u128((round as u128 + 1) << 64 | number as u128))
}

/// Battles with an answer of each side, half of them for either way.
async fn battles(db: &PgPool, round: usize) -> anyhow::Result<()> {
    let high = format!("{:016x}", round + 1);
    let id = "($1 || lpad(to_hex(n), 16, '0'))::uuid";
    let model = |number: &str| format!("lpad(to_hex({number}), 32, '0')::uuid");
    let (a, b) = (model(&format!("1 + n % {MODELS}")), model(&format!("1 + (n + 1 + n % ({MODELS} - 1)) % {MODELS}")));
    for statement in [
        format!(
            "INSERT INTO battles (id, kind, voter_id, model_a, model_b, language)
            SELECT {id}, 'battle', '{VOTER}', {a}, {b}, (ARRAY['en', 'zh', 'fr'])[1 + n % 3] FROM generate_series(1, $2) n"
        ),
        format!("INSERT INTO turns (battle_id, number, prompt) SELECT {id}, 1, 'hello' FROM generate_series(1, $2) n"),
        format!(
            "INSERT INTO replies (id, battle_id, turn, side, model_id, seed, status, content, owner)
            SELECT gen_random_uuid(), {id}, 1, side, CASE side WHEN 'a' THEN {a} ELSE {b} END, 1, 'done',
                repeat('An answer of some length. ', 20), gen_random_uuid()
            FROM generate_series(1, $2) n, unnest(ARRAY['a', 'b']) side"
        ),
    ] {
        sqlx::query(sqlx::AssertSqlSafe(statement)).bind(&high).bind(BATTLES).execute(db).await?;
    }
    sqlx::raw_sql("ANALYZE; CHECKPOINT").execute(db).await?;
    Ok(())
}

/// Votes by the service for so long: how many a second, and how long each took.
async fn votes(arena: &AppState, round: usize, time: Duration) -> anyhow::Result<(f64, Vec<Duration>)> {
    let begun = Instant::now();
    let voters = (0..VOTERS).map(|voter| {
        let arena = arena.clone();
        tokio::spawn(async move {
            let mut times = Vec::new();
            // The first half of the battles is for the plain inserts.
            let mut number = BATTLES / 2 + 1 + voter as i32;
            while begun.elapsed() < time && number <= BATTLES {
                let at = Instant::now();
                let caller = Caller { voter: VoterId(VOTER), address: Ipv4Addr::LOCALHOST.into() };
                let battle = battle(round, number);
                let vote = CastVote { battle, caller, choice: Choice::A, reasons: Vec::new(), comment: String::new() };
                vote.run(&arena).await?;
                times.push(at.elapsed());
                number += VOTERS as i32;
            }
            anyhow::Ok(times)
        })
    });
    let mut times = Vec::new();
    for voter in voters.collect::<Vec<_>>() {
        times.append(&mut voter.await??);
    }
    Ok((times.len() as f64 / begun.elapsed().as_secs_f64(), times))
}

/// The two rows of a vote in a transaction, for so long, with nothing decided or computed: how many a second.
async fn beside(database: &Database, db: &PgPool, round: usize, time: Duration) -> anyhow::Result<f64> {
    let Some(pgbench) = pgbench() else { return by_driver(db, round, time).await };
    let script = tempfile::NamedTempFile::new()?;
    let high = format!("{:016x}", round + 1);
    std::fs::write(
        script.path(),
        format!(
            "\\set n random(1, {half})
            \\set a random(1, {MODELS} - 1)
            BEGIN;
            INSERT INTO votes (battle_id, voter_id, kind, language, model_a, model_b, choice) VALUES (gen_random_uuid(),
                '{VOTER}', 'battle', 'en', lpad(to_hex(:a::int), 32, '0')::uuid, lpad(to_hex(:a::int + 1), 32, '0')::uuid, 'a');
            UPDATE battles SET revealed_at = now() WHERE id = ('{high}' || lpad(to_hex(:n::int), 16, '0'))::uuid;
            COMMIT;",
            half = BATTLES / 2
        ),
    )?;
    let clients = VOTERS.to_string();
    let seconds = time.as_secs().max(1).to_string();
    let mut command = Command::new(pgbench);
    command.args(["-n", "-M", "prepared", "-c", &clients, "-j", "2", "-T", &seconds, "-f"]).arg(script.path());
    let told = tokio::task::spawn_blocking({
        let url = database.url().to_owned();
        move || command.arg(url).output()
    });
    let told = told.await??;
    let text = String::from_utf8_lossy(&told.stdout).into_owned();
    let rate = text.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
    rate.with_context(|| format!("pgbench: {text}{}", String::from_utf8_lossy(&told.stderr)))
}

/// `pgbench`, where it is on the path.
fn pgbench() -> Option<&'static str> {
    Command::new("pgbench").arg("--version").output().is_ok().then_some("pgbench")
}

async fn by_driver(db: &PgPool, round: usize, time: Duration) -> anyhow::Result<f64> {
    let begun = Instant::now();
    let clients = (0..VOTERS).map(|client| {
        let db = db.clone();
        tokio::spawn(async move {
            let mut done = 0_u32;
            let mut number = 1 + client as i32;
            while begun.elapsed() < time && number <= BATTLES / 2 {
                let mut transaction = db.begin().await?;
                sqlx::query(
                    "INSERT INTO votes (battle_id, voter_id, kind, language, model_a, model_b, choice)
                    VALUES (gen_random_uuid(), $1, 'battle', 'en', $2, $3, 'a')",
                )
                .bind(VOTER)
                .bind(Uuid::from_u128(1 + number as u128 % 19))
                .bind(Uuid::from_u128(2 + number as u128 % 19))
                .execute(&mut *transaction)
                .await?;
                let battle = battle(round, number);
                sqlx::query("UPDATE battles SET revealed_at = now() WHERE id = $1")
                    .bind(battle.0)
                    .execute(&mut *transaction)
                    .await?;
                transaction.commit().await?;
                (done, number) = (done + 1, number + VOTERS as i32);
            }
            anyhow::Ok(done)
        })
    });
    let mut done = 0;
    for client in clients.collect::<Vec<_>>() {
        done += client.await??;
    }
    Ok(f64::from(done) / begun.elapsed().as_secs_f64())
}
