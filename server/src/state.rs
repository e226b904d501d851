//! What every handler may use, apart from how it is put together.

use std::sync::Arc;

use chrono::{TimeDelta, Utc};
use sqlx::PgPool;
use tokio::sync::{Notify, watch};

use crate::backends::{AddressPolicy, ModelClients};
use crate::ballot_queue::BallotQueue;
use crate::boards::{Boards, LiveBoards};
use crate::config::Config;
use crate::database::Pools;
use crate::domain::{Access, SESSION_DAYS, VoterId};
use crate::findings::Evidence;
use crate::keys::Keys;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::oidc::Provider;
use crate::passwords::Passwords;
use crate::site::Site;
use crate::streams::{Source, TurnHub};
use crate::supervisor::{Workers, WorkersOptions};
use crate::views::turns::Turns;
use crate::vote_queue::VoteQueue;
use crate::write_probe::WriteProbe;

/// Tells that sets of prompts are others: whoever prepares answers need not look often.
#[derive(Debug, Clone, Default)]
pub struct PromptChanges(Arc<watch::Sender<()>>);

impl PromptChanges {
    /// Something was changed at this server.
    pub fn changed(&self) {
        self.0.send_replace(());
    }

    /// What tells of changes from now on.
    #[must_use]
    pub fn follow(&self) -> watch::Receiver<()> {
        self.0.subscribe()
    }
}

/// What every handler may use.
#[derive(Clone)]
pub struct AppState {
    /// The checked configuration.
    pub config: Arc<Config>,
    /// The database, for pages.
    pub db: PgPool,
    /// The same for work that takes seconds.
    pub repairs: PgPool,
    /// Told when ratings have to be computed anew.
    pub repair_wanted: Arc<Notify>,
    /// Votes on their way into the database.
    pub votes: VoteQueue,
    /// Battles that are voted on, read together.
    pub ballots: BallotQueue,
    /// Whether the database takes rows.
    pub writes: WriteProbe,
    /// Keys derived from the service's secret.
    pub keys: Keys,
    /// What administrators say of the site.
    pub site: Site,
    /// Rate limits.
    pub limits: Limits,
    /// Counters.
    pub metrics: Metrics,
    /// The hasher of administrators' passwords.
    pub passwords: Passwords,
    /// The door to generation.
    pub backends: ModelClients,
    /// Where people sign in, if the arena asks for that.
    pub provider: Provider,
    /// The workers of local models.
    pub workers: Workers,
    /// Leaderboards computed so far.
    pub boards: Boards,
    /// Who reads them here.
    pub live_boards: LiveBoards,
    /// What is found in votes besides ratings.
    pub evidence: Evidence,
    /// The answers that this server drains.
    pub streams: TurnHub,
    /// The turns that are read here, as HTML.
    pub turns: Turns,
    /// Changes of sets of prompts.
    pub prompts: PromptChanges,
}

impl AppState {
    /// The name of a visitor who signed in, by the pass of their browser; nothing where the arena does not ask for that, or they did
    /// not.
    #[must_use]
    pub fn signed_in(&self, visitor: &str, pass: Option<&str>) -> Option<String> {
        let settings = self.site.settings();
        match settings.entry.access {
            Access::Open | Access::Code => None,
            Access::Oidc => {
                let (name, until) = self.keys.session_said(&settings.sign_in.door(), visitor, pass?, Utc::now())?;
                let begun = until - TimeDelta::days(SESSION_DAYS.into());
                (!self.site.has_ended(VoterId::of_token(visitor), begun)).then_some(name)
            }
        }
    }

    /// What handlers share, with nothing counted yet. Must be called within a Tokio runtime.
    ///
    /// # Errors
    /// When workers cannot be set up on this system.
    pub fn new(config: Config, pools: Pools, keys: Keys) -> anyhow::Result<Self> {
        let Pools { pages: db, votes, repairs } = pools;
        let runtime = tokio::runtime::Handle::current();
        let workers = WorkersOptions::of_this_program(config.devices.clone(), config.memory.clone(), config.drain)?;
        let workers = Workers::start(&workers)?;
        let backends = ModelClients::new(AddressPolicy { allowed: config.allow_private.clone() });
        let metrics = Metrics::new(db.clone(), workers.metrics());
        let source = Source::new(db.clone(), keys.clone(), backends.clone(), workers.clone());
        let site = Site::new(config.rules);
        let boards = Boards::new(config.anchor.clone(), site.clone(), config.elo);
        Ok(Self {
            limits: Limits::new(site.clone()),
            streams: TurnHub::new(db.clone(), metrics.clone(), source, runtime.clone()),
            votes: VoteQueue::start(votes, config.elo, &runtime),
            ballots: BallotQueue::start(db.clone(), &runtime),
            repairs,
            repair_wanted: Arc::default(),
            writes: WriteProbe::default(),
            metrics,
            passwords: Passwords::default(),
            provider: Provider::new(backends.clone()),
            backends,
            workers,
            boards: boards.clone(),
            live_boards: LiveBoards::default(),
            evidence: Evidence::new(site.clone(), boards),
            site,
            turns: Turns::default(),
            prompts: PromptChanges::default(),
            config: Arc::new(config),
            db,
            keys,
        })
    }
}
