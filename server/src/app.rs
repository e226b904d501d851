//! How the service is put together: build, tell the port, run until stopped.

use std::fs::{DirBuilder, Permissions};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Compat, Compress, from_fn};
use actix_web::{App, HttpServer, web};
use tokio::task::JoinHandle;

use crate::actions::register_demo::register_demo;
use crate::actions::repair_ratings::repair_ratings;
use crate::actions::{
    chain_votes, check_servers, create_admin, describe_votes, expire_battles, follow_site, keep_history,
    prepare_answers, run_judging, run_replays, settle_votes, tell_places, watch_voters,
};
use crate::boards::LiveBoards;
use crate::config::{Config, note_origin};
use crate::database::{self, Database, Pools};
use crate::domain::BattleKind;
use crate::i18n::{Locale, Message};
use crate::keys::Keys;
use crate::middleware::Connections;
use crate::state::AppState;
use crate::stop_signals::told_to_stop;
use crate::streams::TurnHub;
use crate::supervisor::Workers;
use crate::{middleware, routes};

/// Connections that one server opens for pages. Our own Postgres takes 200.
const PAGE_CONNECTIONS: u32 = 32;

/// How often somebody looks for repairs that were left undone.
const REPAIR_EACH: Duration = Duration::from_secs(60);

/// The web application: every route, and what happens around each request.
pub fn application(
    arena: AppState,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    let https = arena.config.is_secure();
    App::new()
        .app_data(web::Data::new(arena))
        .wrap(from_fn(middleware::gate))
        .wrap(from_fn(middleware::render_errors))
        .wrap(from_fn(middleware::deadlines))
        .wrap(from_fn(middleware::visitor))
        .wrap(from_fn(middleware::request_log))
        // Streams say themselves that they are not to be.
        .wrap(Compat::new(Compress::default()))
        // A page about an error is made further in, and needs them too.
        .wrap(middleware::security_headers(https))
        .wrap(from_fn(middleware::note_request))
        .configure(routes::configure)
}

/// Makes the data folder, for its owner alone; where root runs a database of its own, the database's account may pass
/// through. A folder that is ours already is narrowed to that.
fn own_folder(folder: &Path, has_database: bool) -> std::io::Result<()> {
    let passes = has_database && rustix::process::geteuid().is_root();
    let mode = if passes { 0o711 } else { 0o700 };
    DirBuilder::new().recursive(true).mode(mode).create(folder)?;
    if folder.join("secret").exists() {
        let old = std::fs::metadata(folder)?.permissions().mode();
        std::fs::set_permissions(folder, Permissions::from_mode(old & mode))?;
    }
    Ok(())
}

/// The service, ready to run.
pub struct Application {
    address: SocketAddr,
    origin: String,
    welcome: Option<String>,
    server: Server,
    workers: Workers,
    streams: TurnHub,
    live_boards: LiveBoards,
    votes: JoinHandle<()>,
    drain: Duration,
    expiry: JoinHandle<()>,
    pools: Pools,
    database: Database,
}

impl Application {
    /// Binds the address, opens the database and migrates it.
    pub async fn build(config: Config) -> anyhow::Result<Self> {
        use secrecy::ExposeSecret;
        // First of all, so that a taken port leaves nothing behind and takes no time.
        let listener = TcpListener::bind(config.listen)
            .map_err(|why| Message::new("config-listen").with("address", config.listen).with("why", why))?;
        let address = listener.local_addr()?;
        let file_limit = middleware::raise_file_limit();
        let connections = Connections::new(file_limit, config.trusted_proxies);
        own_folder(&config.data, config.database_url.is_none())
            .map_err(|why| Message::new("config-data-folder").with("folder", config.data.display()).with("why", why))?;
        let keys = match &config.secret {
            Some(secret) => Keys::from_secret(secret)?,
            None => Keys::from_file(&config.data.join("secret"))?,
        };
        let url = config.database_url.as_ref().map(|url| url.expose_secret());
        let progress = database::progress_printer(Locale::from_terminal());
        let database = database::open(url, &config.data, progress).await?;
        let pools = database.pools(PAGE_CONNECTIONS).await?;
        let db = pools.pages.clone();
        let drain = config.drain;
        let origin = config.origin(address);
        note_origin(&config.data, &origin)
            .map_err(|why| Message::new("config-data-folder").with("folder", config.data.display()).with("why", why))?;
        let welcome = create_admin::first_link(&db).await.map_err(anyhow::Error::from)?;
        let welcome = welcome.map(|token| format!("{origin}/admin/welcome/{token}"));
        let arena = AppState::new(config, pools.clone(), keys)?;
        // Before the first request: a closed arena is closed from the beginning.
        follow_site::load(&arena).await.map_err(anyhow::Error::from)?;
        let demos = register_demo(&arena).await.map_err(anyhow::Error::from)?;
        if demos > 0 {
            tracing::info!(demos, "registered the demo models");
        }
        let (workers, streams) = (arena.workers.clone(), arena.streams.clone());
        // What a server that died left behind; later ones are marked when somebody looks.
        crate::store::battles::mark_stale(&db, None).await?;
        crate::store::ratings::follow_elo_settings(&db, &arena.config.elo).await?;
        workers.follow(db.clone());
        let expiry = tokio::spawn(expire_battles::run(arena.clone()));
        tokio::spawn(follow_site::run(arena.clone()));
        tokio::spawn(repair_by_and_by(arena.clone()));
        tokio::spawn(check_servers::run(arena.clone()));
        tokio::spawn(tell_places::run(arena.clone()));
        tokio::spawn(describe_votes::run(pools.repairs.clone()));
        tokio::spawn(watch_voters::run(arena.clone()));
        tokio::spawn(chain_votes::run(arena.clone()));
        tokio::spawn(run_judging::follow(arena.clone()));
        tokio::spawn(run_replays::follow(arena.clone()));
        tokio::spawn(prepare_answers::follow(arena.clone()));
        tokio::spawn(arena.evidence.clone().follow(db.clone()));
        tokio::spawn(keep_history::run(arena.clone()));
        let live_boards = arena.live_boards.clone();
        tokio::spawn(live_boards.clone().run(arena.boards.clone(), db.clone()));
        let votes = settle_votes::follow(arena.clone());
        tokio::spawn(connections.clone().watch());
        let server = HttpServer::new(move || application(arena.clone()))
            .on_connect(move |connection, data| connections.begin(connection, data))
            .listen(listener)?
            .shutdown_timeout(drain.as_secs())
            // One time bounds connections and answers: see `run_until_stopped`.
            .disable_signals()
            .run();
        Ok(Self {
            address,
            origin,
            welcome,
            server,
            workers,
            streams,
            live_boards,
            votes,
            drain,
            expiry,
            pools,
            database,
        })
    }

    /// Where the service listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until SIGTERM or Ctrl-C, then lets running requests end.
    pub async fn run_until_stopped(self) -> anyhow::Result<()> {
        // Before anybody is told that the service runs: who stops it then finds it listening, and nothing is cut off.
        let told = told_to_stop()?;
        println!("Mixtral Arena: {}", self.origin);
        if let Some(link) = &self.welcome {
            let hint = Message::new("terminal-first-link").with("hours", create_admin::LINK_HOURS);
            println!("{}\n  {link}", hint.text(Locale::from_terminal()));
        }
        let (handle, streams, drain) = (self.server.handle(), self.streams, self.drain);
        let live_boards = self.live_boards;
        let stopping = actix_web::rt::spawn(async move {
            told.await;
            // These have no end of their own to wait for.
            live_boards.close();
            // Requests and answers end side by side: readers see their answers to the end, and answers whose readers have gone
            // are written down within the same time.
            tokio::join!(handle.stop(true), streams.drain(drain));
        });
        self.server.await?;
        stopping.await?;
        self.expiry.abort();
        self.workers.shutdown().await;
        self.votes.abort();
        // Postgres goes last: whoever drained until now could still write.
        self.pools.close().await;
        self.database.close().await?;
        Ok(())
    }
}

/// Computes ratings anew when somebody here asks for it, and finishes what another server began and died on.
async fn repair_by_and_by(arena: AppState) {
    loop {
        for kind in BattleKind::rated() {
            if let Err(error) = repair_ratings(&arena.repairs, &arena.config.elo, kind).await {
                tracing::warn!(%kind, %error, "ratings could not be repaired yet");
            }
        }
        // Whoever asks while one is under way is heard at its end.
        let _ = tokio::time::timeout(REPAIR_EACH, arena.repair_wanted.notified()).await;
    }
}
