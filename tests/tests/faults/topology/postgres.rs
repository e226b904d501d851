//! A Postgres of its own with a standby that has every commit before it is acknowledged, and PgBouncer.

use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use arena_tests::harness::{Folder, Frozen, Processes, Store, within};
use rustix::process::{Pid, Signal, kill_process};

use super::free_address;

/// Where Postgres's programs are: on the path, else where Debian has them.
fn program(name: &str) -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let found = versions.map(|version| version.path().join("bin").join(name)).find(|path| path.is_file());
    found.unwrap_or_else(|| PathBuf::from(name))
}

/// The account of the system that databases run as, where we are root: they refuse to be root's.
fn account() -> Option<(u32, u32)> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let accounts = std::fs::read_to_string("/etc/passwd").expect("the accounts");
    let line = accounts.lines().find(|line| line.starts_with("postgres:")).expect("an account for Postgres");
    let mut fields = line.split(':').skip(2).map(|field| field.parse().expect("a number"));
    fields.next().zip(fields.next())
}

fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).current_dir("/");
    if let Some((user, group)) = account() {
        command.uid(user).gid(group);
    }
    command
}

fn run(command: &mut Command) {
    let told = command.stdout(Stdio::piped()).stderr(Stdio::piped()).output().expect("it runs");
    assert!(told.status.success(), "{command:?}: {}", String::from_utf8_lossy(&told.stderr));
}

fn owned(folder: &Path) {
    if let Some((user, group)) = account() {
        std::os::unix::fs::chown(folder, Some(user), Some(group)).expect("the folder's owner");
    }
}

/// A server and its data, ended when it is dropped.
pub struct Postgres {
    child: Child,
    data: PathBuf,
    pub address: SocketAddr,
}

impl Postgres {
    fn start(data: &Path, address: SocketAddr, standbys: &str) -> Self {
        let mut command = command(program("postgres"));
        command.arg("-D").arg(data).args(["-p", &address.port().to_string()]);
        for setting in [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "max_connections=200",
            "wal_level=replica",
            "hot_standby=on",
            "fsync=on",
            "synchronous_commit=on",
            &format!("synchronous_standby_names={standbys}"),
        ] {
            command.args(["-c", setting]);
        }
        let child = command.spawn().expect("Postgres is installed");
        let postgres = Self { child, data: data.to_owned(), address };
        let ready = || {
            let mut asked = self::command(program("pg_isready"));
            asked.args(["-q", "-h", "127.0.0.1", "-p", &address.port().to_string()]);
            asked.status().is_ok_and(|status| status.success()).then_some(())
        };
        within(std::time::Duration::from_secs(60), "Postgres is ready", ready);
        postgres
    }

    /// A new one with an empty database `arena`.
    pub fn primary(folder: &Folder) -> Self {
        owned(folder.path());
        let data = folder.path().join("primary");
        run(command(program("initdb")).arg("-D").arg(&data).args([
            "-U",
            "arena",
            "--auth=trust",
            "-E",
            "UTF8",
            "--locale=C",
        ]));
        let postgres = Self::start(&data, free_address(), "");
        let port = postgres.address.port().to_string();
        run(command(program("createdb")).args(["-h", "127.0.0.1", "-p", &port, "-U", "arena", "arena"]));
        postgres
    }

    /// A standby of it, from now on.
    pub fn standby(&self, folder: &Folder) -> Self {
        let data = folder.path().join("standby");
        let port = self.address.port().to_string();
        let mut copy = command(program("pg_basebackup"));
        copy.args(["-h", "127.0.0.1", "-p", &port, "-U", "arena", "-R", "-X", "stream", "-c", "fast", "-D"]).arg(&data);
        run(&mut copy);
        Self::start(&data, free_address(), "")
    }

    /// Started anew: every commit waits for a standby.
    pub fn again_with_standby(mut self) -> Self {
        self.end(Signal::INT);
        Self::start(&self.data, self.address, "*")
    }

    /// `kill -9`, as a power cut would. It can be started again.
    pub fn cut(mut self) -> impl FnOnce() -> Self {
        self.end(Signal::KILL);
        let (data, address) = (self.data.clone(), self.address);
        move || Self::start(&data, address, "*")
    }

    /// It hangs, as on a disk that does not answer, until what is given is dropped: then it goes on as if nothing had
    /// happened.
    pub fn freeze(&self) -> Frozen {
        Processes::of(Pid::from_child(&self.child)).freeze()
    }

    /// Makes a standby the primary.
    pub fn promote(&self) {
        run(command(program("pg_ctl")).args(["promote", "-w", "-D"]).arg(&self.data));
    }

    pub fn url(&self) -> String {
        format!("postgres://arena@{}/arena", self.address)
    }

    pub async fn store(&self) -> Store {
        Store::open(&self.url()).await
    }

    fn end(&mut self, signal: Signal) {
        _ = kill_process(Pid::from_child(&self.child), signal);
        _ = self.child.wait();
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.end(Signal::INT);
    }
}

/// How PgBouncer shares the connections to Postgres.
#[derive(Debug, Clone, Copy)]
pub enum PoolMode {
    Session,
    /// With statements that are prepared anew where they are missing: PgBouncer 1.21 and newer.
    Transaction,
    /// As older ones do it.
    TransactionWithoutStatements,
}

impl PoolMode {
    /// Those in which an arena runs behind the PgBouncer of this machine.
    pub fn known() -> Vec<Self> {
        if prepares() { vec![Self::Session, Self::Transaction] } else { vec![Self::Session] }
    }

    fn settings(self) -> &'static str {
        match self {
            Self::Session => "pool_mode = session\n",
            Self::Transaction => "pool_mode = transaction\nmax_prepared_statements = 200\n",
            Self::TransactionWithoutStatements if prepares() => {
                "pool_mode = transaction\nmax_prepared_statements = 0\n"
            }
            Self::TransactionWithoutStatements => "pool_mode = transaction\n",
        }
    }
}

/// Whether PgBouncer knows prepared statements.
fn prepares() -> bool {
    let told = Command::new(bouncer()).arg("--version").output().expect("apt-get install pgbouncer");
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    let version = told.split_whitespace().nth(1).expect("PgBouncer and its version");
    println!("PgBouncer {version}");
    let mut numbers = version.split('.').map(|number| number.parse::<u32>().expect("a number"));
    numbers.next().zip(numbers.next()).is_some_and(|version| version >= (1, 21))
}

/// The program; `PGBOUNCER` names another than that on the path.
fn bouncer() -> std::ffi::OsString {
    std::env::var_os("PGBOUNCER").unwrap_or_else(|| "pgbouncer".into())
}

/// PgBouncer, ended when it is dropped.
pub struct PgBouncer {
    child: Child,
    _folder: Folder,
    address: SocketAddr,
}

impl PgBouncer {
    /// In front of this server.
    pub fn before(postgres: &Postgres, mode: PoolMode) -> Self {
        let folder = Folder::new();
        owned(folder.path());
        let (address, root) = (free_address(), folder.path().display());
        let (host, port) = (postgres.address.ip(), postgres.address.port());
        let configuration = format!(
            "[databases]\narena = host={host} port={port} dbname=arena user=arena\n[pgbouncer]\n\
            listen_addr = {}\nlisten_port = {}\nauth_type = any\nunix_socket_dir =\nlogfile = {root}/log\npidfile = {root}/pid\n\
            max_client_conn = 500\ndefault_pool_size = {}\n{}",
            address.ip(),
            address.port(),
            // Fewer than the servers have connections, where these are shared.
            if matches!(mode, PoolMode::Session) { 120 } else { 12 },
            mode.settings(),
        );
        let file = folder.path().join("pgbouncer.ini");
        std::fs::write(&file, configuration).expect("written");
        let child = command(bouncer()).arg("-q").arg(&file).spawn().expect("apt-get install pgbouncer");
        let answers = || std::net::TcpStream::connect(address).ok();
        within(std::time::Duration::from_secs(20), "PgBouncer listens", answers);
        Self { child, _folder: folder, address }
    }

    pub fn url(&self) -> String {
        format!("postgres://arena@{}/arena", self.address)
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        _ = kill_process(Pid::from_child(&self.child), Signal::KILL);
        _ = self.child.wait();
    }
}
