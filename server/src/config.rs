//! What the operator says: raw options first, then the checked [`Config`] that everything else reads.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::Args;
use clap::builder::PossibleValue;
use secrecy::SecretString;

use crate::backends::Network;
use crate::boards::Anchor;
use crate::domain::{BadMemory, DevicePreference, MemoryBudget, PairSettings, SiteRules, UnknownDevice};
use crate::i18n::Message;
use arena_rating::EloSettings;

/// Options of `arena serve`, as given on the command line or in the environment.
#[derive(Debug, Args)]
pub struct ServeOptions {
    #[arg(long, value_name = "ADDR", env = "ARENA_LISTEN", default_value = DEFAULT_LISTEN)]
    pub listen: SocketAddr,
    #[arg(long, value_name = "DIR", env = "ARENA_DATA")]
    pub data: Option<PathBuf>,
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<SecretString>,
    #[arg(long, value_name = "TEXT", env = "ARENA_SECRET", hide_env_values = true)]
    pub secret: Option<SecretString>,
    #[arg(long, value_name = "URL", env = "ARENA_PUBLIC_URL")]
    pub public_url: Option<url::Url>,
    #[arg(long, value_name = "N", env = "ARENA_TRUSTED_PROXIES", default_value_t = 0)]
    pub trusted_proxies: usize,
    #[arg(long, alias = "allow-inner", value_name = "HOST", env = "ARENA_ALLOW_PRIVATE", value_delimiter = ',')]
    pub allow_private: Vec<String>,
    #[arg(long, value_name = "DEVICE", env = "ARENA_DEVICES", value_delimiter = ',', default_value = "auto")]
    pub devices: Vec<String>,
    #[arg(long, value_name = "[DEVICE=]SIZE", env = "ARENA_MEMORY", value_delimiter = ',')]
    pub memory: Vec<String>,
    #[arg(long, value_name = "DIR", env = "ARENA_DEMO_MODELS")]
    pub demo_models: Option<PathBuf>,
    #[arg(long, env = "ARENA_NO_DEMO")]
    pub no_demo: bool,
    #[arg(long, value_name = "SECONDS", env = "ARENA_DRAIN_SECONDS", default_value_t = 20)]
    pub drain_seconds: u64,
    #[arg(long, value_name = "SECONDS", env = "ARENA_VOTE_UNDO_SECONDS", default_value_t = 5)]
    pub vote_undo_seconds: u16,
    #[arg(long, value_name = "N", env = "ARENA_VOTER_PER_MINUTE", default_value_t = 20)]
    pub voter_per_minute: u32,
    #[arg(long, value_name = "N", env = "ARENA_ADDRESS_PER_MINUTE", default_value_t = 60)]
    pub address_per_minute: u32,
    #[arg(long, value_name = "WHO", env = "ARENA_METRICS", value_enum, default_value_t = MetricsAccess::Local)]
    pub metrics: MetricsAccess,
    #[arg(long, value_name = "DAYS", env = "ARENA_KEEP_DAYS")]
    pub keep_days: Option<u32>,
    #[arg(long, value_name = "N", env = "ARENA_MIN_VOTES", default_value_t = 30)]
    pub min_votes: u64,
    #[arg(long, value_name = "SLUG", env = "ARENA_ANCHOR_MODEL")]
    pub anchor_model: Option<String>,
    #[arg(long, value_name = "RATING", env = "ARENA_ANCHOR_RATING", default_value_t = 1000.0)]
    pub anchor_rating: f64,
    #[arg(long, value_name = "SHARE", env = "ARENA_EVEN_SHARE", default_value_t = 0.1)]
    pub even_share: f64,
    #[arg(long, value_name = "N", env = "ARENA_NEW_MODEL_VOTES", default_value_t = 100)]
    pub new_model_votes: u64,
    #[arg(long, value_name = "TIMES", env = "ARENA_NEW_MODEL_BOOST", default_value_t = 2.0)]
    pub new_model_boost: f64,
    #[arg(long, value_name = "K", env = "ARENA_ELO_K", default_value_t = 4.0)]
    pub elo_k: f64,
    #[arg(long, value_name = "POINTS", env = "ARENA_ELO_SCALE", default_value_t = 400.0)]
    pub elo_scale: f64,
    #[arg(long, value_name = "RATING", env = "ARENA_ELO_INITIAL", default_value_t = 1000.0)]
    pub elo_initial: f64,
    #[arg(long, value_name = "SHARE", env = "ARENA_FLAG_RATE", default_value_t = 0.01)]
    pub flag_rate: f64,
    #[arg(long, value_name = "FORMAT", env = "ARENA_LOG", value_enum, default_value_t = LogFormat::Text)]
    pub log: LogFormat,
}

/// Who may read `/metrics`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricsAccess {
    /// This machine itself, and whoever has an administrator's API token.
    Local,
    /// Whoever has an administrator's API token.
    Token,
    /// Everybody.
    Open,
    /// Nobody.
    Off,
}

// By hand, as for the log below.
impl clap::ValueEnum for MetricsAccess {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Local, Self::Token, Self::Open, Self::Off]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(match self {
            Self::Local => "local",
            Self::Token => "token",
            Self::Open => "open",
            Self::Off => "off",
        }))
    }
}

/// A form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line, for programs.
    Json,
}

// By hand, since a derived one would show the lines above as help, in English alone.
impl clap::ValueEnum for LogFormat {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Text, Self::Json]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(match self {
            Self::Text => "text",
            Self::Json => "json",
        }))
    }
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
    pub allow_private: Vec<Network>,
    /// Devices for local models; empty for none.
    pub devices: Vec<DevicePreference>,
    /// The memory that models may take of them, where the operator says.
    pub memory: Vec<MemoryBudget>,
    /// Where demo models lie, if they are wanted and there.
    pub demo_models: Option<PathBuf>,
    /// How online Elo is computed.
    pub elo: EloSettings,
    /// Which model stands where on leaderboards.
    pub anchor: Anchor,
    /// The limits that hold until an administrator says otherwise.
    pub rules: SiteRules,
    /// Who may read the metrics.
    pub metrics: MetricsAccess,
    /// How long to drain.
    pub drain: std::time::Duration,
}

impl Config {
    /// Where people reach the arena: the public address, else this host over HTTP. Without a slash at the end.
    pub fn origin(&self, host: impl std::fmt::Display) -> String {
        self.public_url.as_ref().map_or_else(|| format!("http://{host}"), origin_of)
    }

    /// Whether people reach the arena over TLS, so that cookies must be Secure.
    pub fn is_secure(&self) -> bool {
        self.public_url.as_ref().is_some_and(|url| url.scheme() == "https")
    }

    /// Bytes that are free where the embedded database lies; `None` with an outer one, or where the system does not say.
    pub fn data_free_bytes(&self) -> Option<u64> {
        if self.database_url.is_some() {
            return None;
        }
        let disk = rustix::fs::statvfs(&self.data).ok()?;
        Some(disk.f_bavail.saturating_mul(disk.f_frsize))
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
            bail!(Message::new("config-public-url").with("scheme", url.scheme()));
        }
        let devices = match raw.devices.as_slice() {
            [one] if one == "none" => Vec::new(),
            names => names
                .iter()
                .map(|name| name.trim().parse())
                .collect::<Result<_, UnknownDevice>>()
                .map_err(|error| Message::new("config-device").with("device", error.0))?,
        };
        let memory = raw.memory.iter().map(|text| text.trim().parse()).collect::<Result<_, BadMemory>>();
        let memory = memory.map_err(|error| Message::new("config-memory").with("value", error.0))?;
        let positive = |n: u32, option: &str| {
            std::num::NonZeroU32::new(n).ok_or_else(|| Message::new("config-at-least-one").with("option", option))
        };
        let above_zero = |value: f64, option: &str| {
            let is_fit = value.is_finite() && value > 0.0;
            is_fit.then_some(value).ok_or_else(|| Message::new("config-above-zero").with("option", option))
        };
        if !(0.0..=1.0).contains(&raw.even_share) {
            bail!(Message::new("config-even-share").with("option", "--even-share"));
        }
        // The variable's name in the first version; whoever still sets it keeps what it allows.
        let old = std::env::var("ARENA_ALLOW_INNER").unwrap_or_default();
        let allow_private: Vec<&str> = match raw.allow_private.as_slice() {
            [] => old.split(',').filter(|network| !network.is_empty()).collect(),
            named => named.iter().map(String::as_str).collect(),
        };
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
            allow_private: allow_private
                .into_iter()
                .map(|network| network.parse().map_err(|_| Message::new("config-network").with("network", network)))
                .collect::<Result<_, _>>()?,
            devices,
            memory,
            demo_models: raw.demo_models.or_else(default_demo_models).filter(|_| !raw.no_demo).map(resolved),
            elo: EloSettings {
                k: above_zero(raw.elo_k, "--elo-k")?,
                scale: above_zero(raw.elo_scale, "--elo-scale")?,
                initial: raw.elo_initial,
                ..EloSettings::default()
            },
            anchor: Anchor { model: raw.anchor_model, center: raw.anchor_rating },
            rules: SiteRules {
                voter_per_minute: positive(raw.voter_per_minute, "--voter-per-minute")?,
                address_per_minute: positive(raw.address_per_minute, "--address-per-minute")?,
                vote_undo: std::time::Duration::from_secs(raw.vote_undo_seconds.into()),
                keep_days: raw.keep_days.map(|days| positive(days, "--keep-days")).transpose()?,
                min_votes: raw.min_votes,
                pairs: PairSettings {
                    even_share: raw.even_share,
                    new_below: raw.new_model_votes,
                    new_boost: above_zero(raw.new_model_boost, "--new-model-boost")?,
                },
                flag_rate: match raw.flag_rate {
                    rate if (0.0..1.0).contains(&rate) => rate,
                    _ => bail!(Message::new("config-share").with("option", "--flag-rate")),
                },
            },
            metrics: raw.metrics,
            drain: std::time::Duration::from_secs(raw.drain_seconds),
        })
    }
}

/// A public address as links begin with it: without a slash at the end.
pub fn origin_of(url: &url::Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

/// Where the arena listens when the operator does not say.
const DEFAULT_LISTEN: &str = "127.0.0.1:8080";

/// The file in the data folder that says where the arena was last reached.
const ORIGIN_FILE: &str = "origin";

/// Notes where the arena is reached, for commands that print links.
pub fn note_origin(data: &Path, origin: &str) -> std::io::Result<()> {
    std::fs::write(data.join(ORIGIN_FILE), origin)
}

/// Where the arena with this data folder was last reached; the default address where it never ran.
pub fn last_origin(data: &Path) -> String {
    let noted = std::fs::read_to_string(data.join(ORIGIN_FILE)).ok();
    let noted = noted.and_then(|text| text.parse::<url::Url>().ok());
    noted.map_or_else(|| format!("http://{DEFAULT_LISTEN}"), |url| origin_of(&url))
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
            let home = std::env::var_os("HOME").ok_or_else(|| Message::new("config-home"))?;
            PathBuf::from(home).join(".local/share")
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

/// Without links and relative parts, as the paths of registered models are; as it was said where there is no such folder.
fn resolved(folder: PathBuf) -> PathBuf {
    folder.canonicalize().unwrap_or(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_said_starts_with_the_usual_limits() {
        assert_eq!(crate::testing::config(&[]).rules, SiteRules::default());
    }

    #[test]
    fn links_lead_to_where_the_arena_last_ran() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(last_origin(folder.path()), "http://127.0.0.1:8080");
        note_origin(folder.path(), "https://arena.example/sub").unwrap();
        assert_eq!(last_origin(folder.path()), "https://arena.example/sub");
        std::fs::write(folder.path().join(ORIGIN_FILE), "no address").unwrap();
        assert_eq!(last_origin(folder.path()), "http://127.0.0.1:8080");
    }
}
