//! `arena replay`: the models of a battle are asked the same again, and their answers compared.

use std::time::{Duration, Instant};

use anyhow::bail;
use arena_server::actions::replay_battle::ReplayBattle;
use arena_server::domain::BattleId;
use arena_server::i18n::{Locale, Message};
use arena_server::store::replays::{self, Replay};
use arena_server::views::replay;
use clap::Args;
use sqlx::PgPool;
use uuid::Uuid;

use super::votes::Place;

/// How often it is looked what has come of it.
const LOOK: Duration = Duration::from_millis(500);
/// Servers look each second: where none has taken it after so long, there is none.
const NOBODY_AFTER: Duration = Duration::from_secs(20);
/// Longer than any replay takes, and than several that come before.
const TIMEOUT: Duration = Duration::from_secs(2 * 60 * 60);

/// Options of `arena replay`.
#[derive(Debug, Args)]
pub struct Options {
    battle: String,
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..))]
    turn: Option<i32>,
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// Has the arena that runs there ask again, and says what came of it. Fails unless every answer is the same.
pub fn run(options: &Options, locale: Locale) -> anyhow::Result<()> {
    // As it stands in an address, too.
    let name = options.battle.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let no_battle = || Message::new("terminal-replay-battle").with("battle", &options.battle);
    let battle: BattleId = name.parse().map_err(|_| no_battle())?;
    let wanted = ReplayBattle { admin: None, battle, turn: options.turn };
    let replay = actix_web::rt::System::new().block_on(options.place.with(locale, async |db| {
        let id = match wanted.on(db).await {
            Err(arena_server::error::Error::NotFound) => bail!(no_battle()),
            asked => asked?,
        };
        ended(db, id).await
    }))?;
    let report = &replay.report.0;
    if options.json {
        println!("{}", serde_json::to_string_pretty(report)?);
    } else {
        for answer in &report.answers {
            println!("{}", replay::in_words(answer, locale));
        }
    }
    let summary = replay::summary(report);
    match (replay.state.as_str(), report.is_same()) {
        ("done", true) => {
            eprintln!("{}", summary.text(locale));
            Ok(())
        }
        ("done", false) => bail!(summary),
        _ => bail!(Message::new("terminal-replay-failed")),
    }
}

/// Waits until a server has done it.
async fn ended(db: &PgPool, id: Uuid) -> anyhow::Result<Replay> {
    let began = Instant::now();
    let mut seen_work = began;
    loop {
        let Some(replay) = replays::by_id(db, id).await? else { bail!(Message::new("terminal-replay-gone")) };
        if !replay.is_open() {
            return Ok(replay);
        }
        // Another one may stand before it.
        if replay.state == "running" || replays::is_one_running(db).await? {
            seen_work = Instant::now();
        }
        if seen_work.elapsed() > NOBODY_AFTER && replays::delete_waiting(db, id).await? {
            bail!(Message::new("terminal-replay-nobody"));
        }
        if began.elapsed() > TIMEOUT {
            bail!(Message::new("terminal-replay-slow"));
        }
        tokio::time::sleep(LOOK).await;
    }
}
