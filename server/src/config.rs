//! What the operator says: raw options first, then the checked [`Config`] that everything else reads.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use secrecy::SecretString;

use crate::backends::Network;

/// Options of `arena serve`, as given on the command line or in the environment.
#[derive(Debug, Args)]
pub struct ServeOptions {
    /// Address to listen on. Port 0 picks a free one and prints it.
    #[arg(long, value_name = "ADDR", env = "ARENA_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Folder for the embedded database and the service's secret. By default `/var/lib/mixtral-arena` as root, else
    /// `mixtral-arena` in the user's data folder ($XDG_DATA_HOME or ~/.local/share).
    #[arg(long, value_name = "DIR", env = "ARENA_DATA")]
    pub data: Option<PathBuf>,
    /// Use this Postgres (15 or newer) instead of the embedded one.
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<SecretString>,
    /// Secret of at least 32 characters from which form tokens and the encryption of endpoint keys are derived. Servers
    /// that share a database must share it. By default made once and kept in the data folder.
    #[arg(long, value_name = "TEXT", env = "ARENA_SECRET", hide_env_values = true)]
    pub secret: Option<SecretString>,
    /// Address under which people reach the arena, such as `https://arena.example.org`. With https, cookies are Secure.
    #[arg(long, value_name = "URL", env = "ARENA_PUBLIC_URL")]
    pub public_url: Option<url::Url>,
    /// Believe the X-Forwarded-For header of this many proxies in front of the arena. 0: believe none.
    #[arg(long, value_name = "N", env = "ARENA_TRUSTED_PROXIES", default_value_t = 0)]
    pub trusted_proxies: usize,
    /// Hosts or networks inside the network that may be registered as endpoints, such as 127.0.0.1, gpu-box.lan or
    /// 10.0.0.0/8. Others inside the network are refused.
    #[arg(long, value_name = "HOST", env = "ARENA_ALLOW_INNER", value_delimiter = ',')]
    pub allow_inner: Vec<String>,
    /// Devices to run local models on: cpu, cuda:N, auto (the GPUs that there are, else the CPU) or none.
    #[arg(long, value_name = "DEVICE", env = "ARENA_DEVICES", value_delimiter = ',', default_value = "auto")]
    pub devices: Vec<String>,
    /// Folder of demo models, registered when the database holds no model at all.
    #[arg(long, value_name = "DIR", env = "ARENA_DEMO_MODELS")]
    pub demo_models: Option<PathBuf>,
    /// Do not register the demo models.
    #[arg(long, env = "ARENA_NO_DEMO")]
    pub no_demo: bool,
    /// How long the service waits for running answers when it is told to stop, in seconds.
    #[arg(long, value_name = "SECONDS", env = "ARENA_DRAIN_SECONDS", default_value_t = 20)]
    pub drain_seconds: u64,
    /// Messages and votes that one voter may send a minute.
    #[arg(long, value_name = "N", env = "ARENA_VOTER_PER_MINUTE", default_value_t = 20)]
    pub voter_per_minute: u32,
    /// Messages and votes that one address may send a minute.
    #[arg(long, value_name = "N", env = "ARENA_ADDRESS_PER_MINUTE", default_value_t = 60)]
    pub address_per_minute: u32,
    /// How the log on standard error is written.
    #[arg(long, value_name = "FORMAT", env = "ARENA_LOG", value_enum, default_value_t = LogFormat::Text)]
    pub log: LogFormat,
}

/// A form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line, for programs.
    Json,
}

/// Checked configuration of the service.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The data folder; it need not exist yet.
    pub data: PathBuf,
    /// An outer Postgres, if any.
    pub database_url: Option<SecretString>,
    /// The secret, if given rather than kept in the data folder.
    pub secret: Option<SecretString>,
    /// The public address, without a trailing slash.
    pub public_url: Option<url::Url>,
    /// How many proxies' X-Forwarded-For to believe.
    pub trusted_proxies: usize,
    /// Inner hosts and networks that endpoints may use.
    pub allow_inner: Vec<Network>,
    /// Devices for local models; empty for none.
    pub devices: Vec<String>,
    /// Where demo models lie, if they are wanted and there.
    pub demo_models: Option<PathBuf>,
    /// How long to drain.
    pub drain: std::time::Duration,
    /// Rate limit by voter.
    pub voter_per_minute: std::num::NonZeroU32,
    /// Rate limit by address.
    pub address_per_minute: std::num::NonZeroU32,
}

impl Config {
    /// Whether people reach the arena over TLS, so that cookies must be Secure.
    pub fn is_secure(&self) -> bool {
        self.public_url.as_ref().is_some_and(|url| url.scheme() == "https")
    }

    /// The name of a cookie: with the `__Host-` prefix over TLS, which ties it to this host alone.
    pub fn cookie_name(&self, name: &str) -> String {
        if self.is_secure() { format!("__Host-{name}") } else { name.to_owned() }
    }
}

impl TryFrom<ServeOptions> for Config {
    type Error = anyhow::Error;

    fn try_from(raw: ServeOptions) -> anyhow::Result<Self> {
        if let Some(url) = &raw.public_url
            && !matches!(url.scheme(), "http" | "https")
        {
            bail!("--public-url must start with http:// or https://, not {}://", url.scheme());
        }
        let devices = match raw.devices.as_slice() {
            [one] if one == "none" => Vec::new(),
            _ => raw.devices,
        };
        for device in &devices {
            let known = device == "cpu"
                || device == "auto"
                || device.strip_prefix("cuda:").is_some_and(|n| n.parse::<usize>().is_ok());
            if !known {
                bail!("--devices: {device:?} is not a device; use cpu, cuda:0, auto or none");
            }
        }
        let positive =
            |n: u32, name: &str| std::num::NonZeroU32::new(n).with_context(|| format!("--{name} must be at least 1"));
        Ok(Self {
            listen: raw.listen,
            data: match raw.data {
                Some(folder) => std::path::absolute(folder)?,
                None => default_data_folder()?,
            },
            database_url: raw.database_url,
            secret: raw.secret,
            public_url: raw.public_url,
            trusted_proxies: raw.trusted_proxies,
            allow_inner: raw
                .allow_inner
                .iter()
                .map(|network| network.parse().with_context(|| format!("--allow-inner: {network:?}")))
                .collect::<anyhow::Result<_>>()?,
            devices,
            demo_models: if raw.no_demo { None } else { raw.demo_models.or_else(default_demo_models) },
            drain: std::time::Duration::from_secs(raw.drain_seconds),
            voter_per_minute: positive(raw.voter_per_minute, "voter-per-minute")?,
            address_per_minute: positive(raw.address_per_minute, "address-per-minute")?,
        })
    }
}

/// Where data goes when the operator does not say.
pub fn default_data_folder() -> anyhow::Result<PathBuf> {
    if rustix::process::geteuid().is_root() {
        return Ok(PathBuf::from("/var/lib/mixtral-arena"));
    }
    let base = std::env::var_os("XDG_DATA_HOME").filter(|path| !path.is_empty()).map(PathBuf::from);
    let base = match base {
        Some(base) => base,
        None => {
            PathBuf::from(std::env::var_os("HOME").context("HOME is not set: say --data DIR")?).join(".local/share")
        }
    };
    Ok(base.join("mixtral-arena"))
}

/// The demo models: beside the executable's installation, else in the source tree it was built from.
fn default_demo_models() -> Option<PathBuf> {
    let installed =
        std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.parent()?.join("share/mixtral-arena/models")));
    let source = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../engine/models"));
    [installed, Some(source)].into_iter().flatten().find(|folder| folder.is_dir())
}
