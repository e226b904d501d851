//! What the operator says about a worker.

use std::io::BufRead;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{bail, ensure};
use clap::Args;
use mixtral_engine::arch::{RopeOptions, RopeScalingType};
use mixtral_engine::model::CacheType;
use mixtral_engine::{DeviceSpec, EngineOptions};
use secrecy::SecretString;

use crate::config::LogFormat;
use crate::i18n::Message;

/// The environment variable that holds the token: an argument could be read by every user of the
/// machine.
const TOKEN: &str = "ARENA_WORKER_TOKEN";

/// Options of `arena worker`, as given on the command line or in the environment.
#[derive(Debug, Args)]
pub struct WorkerOptions {
    #[arg(long, value_name = "DEVICE", env = "ARENA_WORKER_DEVICE", default_value = "auto")]
    pub device: String,
    #[arg(long, value_name = "ADDR", env = "ARENA_WORKER_LISTEN", default_value = "127.0.0.1:8100")]
    pub listen: SocketAddr,
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    #[arg(long = "model", value_name = "NAME=PATH")]
    pub models: Vec<String>,
    #[arg(long = "base", value_name = "NAME=PATH")]
    pub bases: Vec<String>,
    #[arg(long, value_name = "TOKENS")]
    pub context: Option<usize>,
    #[arg(long, value_name = "TYPE")]
    pub rope_scaling: Option<RopeScalingType>,
    #[arg(long, value_name = "N")]
    pub rope_scale: Option<f32>,
    #[arg(long, value_name = "N", alias = "rope-theta")]
    pub rope_freq_base: Option<f32>,
    #[arg(long, value_name = "TOKENS")]
    pub yarn_orig_ctx: Option<usize>,
    #[arg(long, value_name = "TOKENS")]
    pub cache_tokens: Option<usize>,
    #[arg(long, value_name = "TYPE", alias = "cache-type", default_value_t)]
    pub kv_cache_dtype: CacheType,
    #[arg(long, value_name = "N", default_value_t = EngineOptions::default().max_sequences)]
    pub sequences: usize,
    #[arg(long, value_name = "N", default_value_t = EngineOptions::default().queue)]
    pub queue: usize,
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    #[arg(long, value_name = "ORIGIN")]
    pub allowed_origins: Vec<String>,
    #[arg(long, value_name = "SECONDS", default_value_t = 20)]
    pub drain_seconds: u64,
    #[arg(long, value_name = "FORMAT", env = "ARENA_LOG", value_enum, default_value_t = LogFormat::Text)]
    pub log: LogFormat,
    #[arg(long, hide = true)]
    pub supervised: bool,
}

/// A model to load.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ModelSpec {
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) base: Option<PathBuf>,
    pub(super) context: Option<usize>,
    pub(super) rope: RopeOptions,
    pub(super) cache_tokens: Option<usize>,
}

/// The checked settings.
pub(super) struct Settings {
    pub(super) device: DeviceSpec,
    pub(super) listen: SocketAddr,
    pub(super) token: SecretString,
    /// Whether nobody knows the token yet, so that it must be printed.
    pub(super) tell_token: bool,
    pub(super) models: Vec<ModelSpec>,
    pub(super) engine: EngineOptions,
    /// Sites whose scripts may ask this worker from a browser; `*` for all.
    pub(super) allowed_origins: Vec<String>,
    pub(super) drain: Duration,
    pub(super) supervised: bool,
}

impl TryFrom<WorkerOptions> for Settings {
    type Error = anyhow::Error;

    fn try_from(raw: WorkerOptions) -> anyhow::Result<Self> {
        let mut models: Vec<ModelSpec> = Vec::new();
        for model in &raw.models {
            let (name, path) = named("--model", model, "verse=verse.gguf")?;
            ensure!(is_name(name), Message::new("config-model-name").with("value", model));
            let is_new = models.iter().all(|other| other.name != name);
            ensure!(is_new, Message::new("config-model-twice").with("name", name));
            models.push(ModelSpec {
                name: name.to_owned(),
                path: PathBuf::from(path),
                base: None,
                context: raw.context,
                rope: RopeOptions {
                    scaling: raw.rope_scaling,
                    scale: raw.rope_scale,
                    theta: raw.rope_freq_base,
                    original: raw.yarn_orig_ctx,
                },
                cache_tokens: raw.cache_tokens,
            });
        }
        for base in &raw.bases {
            let (name, path) = named("--base", base, "song=poet.gguf")?;
            let model = models.iter_mut().find(|model| model.name == name);
            let model =
                model.ok_or_else(|| Message::new("config-base-unknown").with("value", base).with("name", name))?;
            ensure!(model.base.is_none(), Message::new("config-base-twice").with("name", name));
            model.base = Some(PathBuf::from(path));
        }
        let (token, tell_token) = token(&raw)?;
        Ok(Self {
            device: raw.device.parse().map_err(|_| Message::new("config-worker-device").with("device", &raw.device))?,
            listen: raw.listen,
            token,
            tell_token,
            models,
            engine: EngineOptions {
                max_sequences: raw.sequences,
                queue: raw.queue,
                cache_tokens: raw.cache_tokens,
                cache_type: raw.kv_cache_dtype,
                threads: raw.threads,
                ..EngineOptions::default()
            },
            allowed_origins: origins(raw.allowed_origins)?,
            drain: Duration::from_secs(raw.drain_seconds),
            supervised: raw.supervised,
        })
    }
}

/// Origins as browsers write them, without a path; `*` stands for all.
fn origins(raw: Vec<String>) -> anyhow::Result<Vec<String>> {
    for origin in &raw {
        let is_origin = origin
            .split_once("://")
            .is_some_and(|(scheme, host)| !scheme.is_empty() && !host.is_empty() && !host.contains(['/', ' ']));
        ensure!(origin == "*" || is_origin, Message::new("config-origin").with("value", origin));
    }
    Ok(raw)
}

fn named<'a>(option: &str, value: &'a str, example: &str) -> Result<(&'a str, &'a str), Message> {
    value.split_once('=').ok_or_else(|| {
        Message::new("config-name-path").with("option", option).with("value", value).with("example", example)
    })
}

/// A name that can stand in JSON, in a log line and in a URL without surprises.
pub(super) fn is_name(name: &str) -> bool {
    !name.trim().is_empty() && name.chars().count() <= 200 && !name.chars().any(char::is_control)
}

fn token(raw: &WorkerOptions) -> anyhow::Result<(SecretString, bool)> {
    let (text, place) = if raw.supervised {
        let mut line = String::new();
        std::io::stdin()
            .lock()
            .read_line(&mut line)
            .map_err(|why| Message::new("config-read").with("file", "stdin").with("why", why))?;
        (line, "stdin".to_owned())
    } else if let Some(file) = &raw.token_file {
        let text = std::fs::read_to_string(file)
            .map_err(|why| Message::new("config-read").with("file", file.display()).with("why", why))?;
        (text, file.display().to_string())
    } else if let Ok(text) = std::env::var(TOKEN) {
        (text, TOKEN.to_owned())
    } else {
        return Ok((SecretString::from(crate::keys::random_token()), true));
    };
    let text = text.trim();
    if text.len() < 8 || text.chars().any(|c| !c.is_ascii_graphic()) {
        bail!(Message::new("config-token").with("place", place).with("least", 8));
    }
    Ok((SecretString::from(text.to_owned()), false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::DevicePreference;
    use clap::Parser;
    use secrecy::ExposeSecret;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        options: WorkerOptions,
    }

    fn settings(arguments: &[&str]) -> anyhow::Result<Settings> {
        let arguments = std::iter::once(&"worker").chain(arguments);
        Settings::try_from(Cli::try_parse_from(arguments)?.options)
    }

    #[test]
    fn models_are_named_and_names_are_unique() {
        let good = settings(&["--model", "a=/x/a=b.gguf", "--model", "b=b.gguf", "--context", "512"]).unwrap();
        assert_eq!(good.models[0].path, PathBuf::from("/x/a=b.gguf"));
        assert_eq!(good.models[1].context, Some(512));
        let based = settings(&["--model", "a=song", "--base", "a=b=c.gguf"]).unwrap();
        assert_eq!(based.models[0].base, Some(PathBuf::from("b=c.gguf")));
        for wrong in [
            &["--model", "a.gguf"][..],
            &["--model", "=a"],
            &["--model", "a=1", "--model", "a=2"],
            &["--model", "a=1", "--base", "b=2"],
            &["--model", "a=1", "--base", "a"],
            &["--model", "a=1", "--base", "a=2", "--base", "a=3"],
        ] {
            assert!(settings(wrong).is_err(), "{wrong:?}");
        }
        assert!(settings(&["--device", "tpu"]).is_err());
        assert!(settings(&["--allowed-origins", "https://example.org", "--allowed-origins", "*"]).is_ok());
        assert!(settings(&["--allowed-origins", "example.org/page"]).is_err());
    }

    /// The server hands its devices' names to the engine, across the border of a process.
    #[test]
    fn the_server_and_the_engine_name_devices_alike() {
        for name in ["auto", "cpu", "cuda", "cuda:0", "cuda:7"] {
            let (ours, engine) = (name.parse::<DevicePreference>(), name.parse::<DeviceSpec>());
            assert_eq!(ours.unwrap().to_string(), engine.unwrap().to_string());
        }
        for wrong in ["", "gpu", "cuda:", "cuda:-1", "none", "CPU"] {
            assert!(wrong.parse::<DevicePreference>().is_err() && wrong.parse::<DeviceSpec>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_token_comes_from_its_file_and_must_be_worth_the_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        let argument = file.display().to_string();
        std::fs::write(&file, "a-good-token\n").unwrap();
        let good = settings(&["--token-file", &argument]).unwrap();
        assert_eq!((good.token.expose_secret(), good.tell_token), ("a-good-token", false));
        for wrong in ["", "short", "with space in it", "schön-und-lang"] {
            std::fs::write(&file, wrong).unwrap();
            assert!(settings(&["--token-file", &argument]).is_err(), "{wrong:?}");
        }
    }
}
