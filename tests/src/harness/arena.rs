//! A running `arena serve`.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::processes::children_of;
use super::{Client, Folder, Processes, Store, arena_binary, within};

/// How to start it.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// With the demo models.
    pub demo: bool,
    /// With a worker on the CPU.
    pub worker: bool,
    /// Further arguments of `arena serve`.
    pub arguments: Vec<String>,
    /// Further environment.
    pub environment: Vec<(String, String)>,
    /// An existing data folder, to start again on what is there.
    pub folder: Option<Arc<Folder>>,
    /// Where to listen; a free port by default.
    pub listen: Option<SocketAddr>,
    /// Another arena whose database (and secret) this one shares.
    pub beside: Option<(String, String)>,
}

impl Options {
    /// No models, no worker: a suite registers its own endpoints.
    pub fn bare() -> Self {
        Self::default()
    }

    /// The demo models on a worker.
    pub fn demo() -> Self {
        Self { demo: true, worker: true, ..Self::default() }
    }

    /// A worker, and no model yet.
    pub fn empty_worker() -> Self {
        Self { worker: true, ..Self::default() }
    }

    /// With one more argument.
    pub fn argument(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// With one more variable.
    pub fn variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// On this data folder.
    pub fn on(mut self, folder: &Arc<Folder>) -> Self {
        self.folder = Some(Arc::clone(folder));
        self
    }
}

/// A running server. Dropped, it is stopped, and killed where that does not help.
#[derive(Debug)]
pub struct Arena {
    child: Child,
    address: SocketAddr,
    folder: Arc<Folder>,
    log: Arc<Mutex<String>>,
    beside: Option<(String, String)>,
}

/// How long a start may take: the first one may have to make a database cluster on a loaded machine.
const START: Duration = Duration::from_secs(120);

impl Arena {
    /// Starts one and waits until it says where it listens.
    pub fn start(options: Options) -> Self {
        // One beside another has no database of its own.
        let fresh = || if options.beside.is_some() { Folder::new() } else { Folder::with_cluster() };
        let folder = options.folder.clone().unwrap_or_else(|| Arc::new(fresh()));
        let mut command = Command::new(arena_binary());
        let listen = options.listen.map_or_else(|| "127.0.0.1:0".to_owned(), |at| at.to_string());
        command.arg("serve").args(["--listen", &listen, "--data"]).arg(folder.path());
        command.args(["--drain-seconds", "5", "--allow-private", "127.0.0.1"]);
        command.args(["--devices", if options.worker { "cpu" } else { "none" }]);
        if options.demo {
            command.arg("--demo-models").arg(super::models_folder());
        } else {
            command.arg("--no-demo");
        }
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("ARENA_")) {
            command.env_remove(name);
        }
        command.env_remove("DATABASE_URL").env("RUST_LOG", "info,sqlx=warn");
        if let Some((url, secret)) = &options.beside {
            command.env("DATABASE_URL", url).env("ARENA_SECRET", secret);
        }
        // A suite sends faster than a person, and mostly does not take votes back; arguments say otherwise.
        command.env("ARENA_VOTER_PER_MINUTE", "100000").env("ARENA_ADDRESS_PER_MINUTE", "100000");
        command.env("ARENA_VOTE_UNDO_SECONDS", "0");
        command.args(&options.arguments).envs(options.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("arena starts");
        let log = Arc::new(Mutex::new(String::new()));
        keep(child.stdout.take().expect("standard output"), &log);
        keep(child.stderr.take().expect("standard error"), &log);
        let start = Instant::now();
        let address = loop {
            let said = log.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if let Some(address) = address_in(&said) {
                break address;
            }
            if let Ok(Some(status)) = child.try_wait() {
                std::thread::sleep(Duration::from_millis(100));
                let said = log.lock().unwrap_or_else(PoisonError::into_inner).clone();
                panic!("arena ended at once ({status}):\n{said}");
            }
            if start.elapsed() > START {
                let _ = child.kill();
                panic!("arena did not say where it listens within {START:?}:\n{said}");
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        Self { child, address, folder, log, beside: options.beside }
    }

    /// A second server on the same database and secret.
    pub fn start_beside(&self, options: Options) -> Self {
        let secret = std::fs::read_to_string(self.folder.path().join("secret")).expect("the first server's secret");
        Self::start(Options { beside: Some((self.database_url(), secret.trim().to_owned())), ..options })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// An address on it.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A new visitor.
    pub fn visitor(&self) -> Client {
        Client::new(self.address)
    }

    /// Its data folder.
    pub fn folder(&self) -> &Arc<Folder> {
        &self.folder
    }

    /// Everything it has printed so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The URL of its database.
    pub fn database_url(&self) -> String {
        match &self.beside {
            Some((url, _)) => url.clone(),
            None => Store::url_of(self.folder.path()),
        }
    }

    /// Its database, opened directly: to set the stage, and to look behind it.
    pub async fn store(&self) -> Store {
        Store::open(&self.database_url()).await
    }

    /// The first administrator's one-time link, as printed.
    pub fn admin_link(&self) -> String {
        within(START, "the administrator's sign-in link on the terminal", || {
            let log = self.log();
            let link = log.split_whitespace().find(|word| word.starts_with("http://") && word.contains("/admin/"))?;
            Some(link.trim_end_matches(['.', ',', ')']).to_owned())
        })
    }

    /// Its process.
    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// The processes that it started and that live, with their command lines.
    pub fn children(&self) -> Vec<(Pid, String)> {
        children_of(self.pid())
    }

    /// The worker processes.
    pub fn workers(&self) -> Vec<Pid> {
        self.children()
            .into_iter()
            .filter(|(_, line)| line.split(' ').nth(1) == Some("worker"))
            .map(|(pid, _)| pid)
            .collect()
    }

    /// Its own Postgres, which can be frozen.
    pub fn postgres(&self) -> Processes {
        let (postmaster, _) =
            self.children().into_iter().find(|(_, line)| line.contains("postgres")).expect("an own Postgres");
        Processes::of(postmaster)
    }

    /// `kill -9`, as a power cut would; the data folder stays.
    pub fn kill_hard(mut self) -> Arc<Folder> {
        let _ = self.child.kill();
        let _ = self.child.wait();
        Arc::clone(&self.folder)
    }

    /// SIGTERM without waiting.
    pub fn terminate(&self) {
        let _ = kill_process(self.pid(), Signal::TERM);
    }

    /// SIGTERM; waits for the end and returns the status and everything that was printed.
    pub fn stop(mut self) -> (ExitStatus, String) {
        self.terminate();
        let child = &mut self.child;
        let status = within(Duration::from_secs(40), "arena ends after SIGTERM", || child.try_wait().ok().flatten());
        (status, self.log())
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- what arena printed ---\n{}\n---", tail(&self.log(), 12_000));
        }
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        self.terminate();
        let start = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) {
            if start.elapsed() > Duration::from_secs(20) {
                let _ = self.child.kill();
                let _ = self.child.wait();
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn tail(text: &str, most: usize) -> &str {
    let mut from = text.len().saturating_sub(most);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    &text[from..]
}

/// Collects a pipe's lines in the background.
fn keep(pipe: impl Read + Send + 'static, log: &Arc<Mutex<String>>) {
    let log = Arc::clone(log);
    std::thread::spawn(move || {
        let mut lines = BufReader::new(pipe);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
            log.lock().unwrap_or_else(PoisonError::into_inner).push_str(&String::from_utf8_lossy(&line));
            line.clear();
        }
    });
}

/// `Mixtral Arena: http://127.0.0.1:41234`
fn address_in(log: &str) -> Option<SocketAddr> {
    let line = log.lines().find(|line| line.contains("Mixtral Arena") && line.contains("http://"))?;
    let (_, rest) = line.split_once("http://")?;
    rest.split(|c: char| c.is_whitespace() || c == '/').next()?.parse().ok()
}
