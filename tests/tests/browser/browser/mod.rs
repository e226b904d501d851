//! One file a person: the voter, the administrator, the one whose connection or endpoint fails.

mod accessible;
mod admin;
mod battle;
mod desk;
mod door;
mod judge;
mod keyboard;
mod leaderboard;
mod plain;
mod prompts;
mod replay;
mod results;
mod site;
mod trouble;

use std::time::Duration;

use arena_tests::harness::{Arena, Behaviour, Browser, Endpoint, NewModel, Options, eventually_async};

/// An arena whose two models stand on one endpoint.
pub struct Stage {
    pub arena: Arena,
    pub endpoint: Endpoint,
}

impl Stage {
    pub async fn with(one: Behaviour, other: Behaviour) -> Self {
        Self::on(Options::bare(), one, other).await
    }

    /// The same on an arena started so.
    pub async fn on(options: Options, one: Behaviour, other: Behaviour) -> Self {
        let arena = start(options).await;
        let endpoint = Endpoint::start();
        endpoint.model("one", one);
        endpoint.model("two", other);
        let store = arena.store().await;
        let base_url = endpoint.base_url();
        for (slug, name) in [("one", "Verse Alpha"), ("two", "Verse Beta")] {
            let model = NewModel {
                slug,
                name,
                base_url: &base_url,
                remote_model: slug,
                weight: 1.0,
                first_token_seconds: 4.0,
                between_tokens_seconds: 3.0,
            };
            store.add_model(&model).await;
        }
        Self { arena, endpoint }
    }
}

/// Starts an arena without stopping the test's own tasks.
pub async fn start(mut options: Options) -> Arena {
    // Votes can be taken back as where people use it, but sooner no more.
    let seconds = options.environment.iter().any(|(name, _)| name == "ARENA_VOTE_UNDO_SECONDS");
    if !seconds {
        options = options.variable("ARENA_VOTE_UNDO_SECONDS", "2");
    }
    tokio::task::spawn_blocking(move || Arena::start(options)).await.expect("the arena starts")
}

/// A small poem, piece by piece.
pub fn poem(between: u64) -> Behaviour {
    let text = "**秋江**\n\n秋江一夜雨，孤客万里心。\n月落寒山远，霜飞古木深。\n\n| line | tone |\n|---|---|\n| 1 | level |\n\n`code` and $x^2$.";
    let pieces: Vec<String> = text.chars().collect::<Vec<_>>().chunks(4).map(|c| c.iter().collect()).collect();
    Behaviour { pieces, between: Duration::from_millis(between), ..Behaviour::says(&[]) }
}

/// Writes a message and waits until both answers are complete.
pub async fn ask(browser: &Browser, prompt: &str) {
    browser.write("[data-composer]", prompt).await;
    browser.click("[data-send]").await;
    complete(browser).await;
}

/// Waits until both answers of the newest turn are complete and can be voted on.
pub async fn complete(browser: &Browser) {
    eventually_async("both answers are complete", async || browser.has("[data-vote]").await.then_some(())).await;
}
