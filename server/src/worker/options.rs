//! What the operator says about a worker.

use std::io::BufRead;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use clap::Args;
use mixtral_engine::{DeviceSpec, EngineOptions};
use secrecy::SecretString;

use crate::config::LogFormat;

/// The environment variable that holds the token: an argument could be read by every user of the
/// machine.
const TOKEN: &str = "ARENA_WORKER_TOKEN";

/// Options of `arena worker`, as given on the command line or in the environment.
#[derive(Debug, Args)]
pub struct WorkerOptions {
    /// Where to compute: cpu, cuda:N or auto (the first GPU, else the CPU).
    #[arg(long, value_name = "DEVICE", env = "ARENA_WORKER_DEVICE", default_value = "auto")]
    pub device: String,
    /// Address to listen on. Port 0 picks a free one and prints it.
    #[arg(long, value_name = "ADDR", env = "ARENA_WORKER_LISTEN", default_value = "127.0.0.1:8100")]
    pub listen: SocketAddr,
    /// File with the token that clients must send as `Authorization: Bearer …`. By default the
    /// environment's ARENA_WORKER_TOKEN, else a random one that is printed.
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// A model to load: the name that clients use and the GGUF file, or an adapter's folder. May be given several times.
    #[arg(long = "model", value_name = "NAME=PATH")]
    pub models: Vec<String>,
    /// The base of a model that is an adapter, where the adapter does not say: the model's name and the base's GGUF file.
    /// May be given several times.
    #[arg(long = "base", value_name = "NAME=PATH")]
    pub bases: Vec<String>,
    /// The longest conversation in tokens, for every model. By default what each model says.
    #[arg(long, value_name = "TOKENS")]
    pub context: Option<usize>,
    /// Tokens that each model's cache holds, for all its conversations together.
    #[arg(long, value_name = "TOKENS")]
    pub cache_tokens: Option<usize>,
    /// Requests that each model works on at once.
    #[arg(long, value_name = "N", default_value_t = EngineOptions::default().max_sequences)]
    pub sequences: usize,
    /// Requests that may wait for each model; one more is refused at once.
    #[arg(long, value_name = "N", default_value_t = EngineOptions::default().queue)]
    pub queue: usize,
    /// Threads that compute. By default one a core.
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// How long the worker waits for running answers when it is told to stop, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 20)]
    pub drain_seconds: u64,
    /// How the log on standard error is written.
    #[arg(long, value_name = "FORM", env = "ARENA_LOG", value_enum, default_value_t = LogFormat::Text)]
    pub log: LogFormat,
    /// Started by `arena serve`: the token is the first line of the standard input, `stop` asks for
    /// the end, and the end of the standard input means that the parent is gone.
    #[arg(long, hide = true)]
    pub supervised: bool,
}

/// A model to load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ModelSpec {
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) base: Option<PathBuf>,
    pub(super) context: Option<usize>,
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
    pub(super) drain: Duration,
    pub(super) supervised: bool,
}

impl TryFrom<WorkerOptions> for Settings {
    type Error = anyhow::Error;

    fn try_from(raw: WorkerOptions) -> anyhow::Result<Self> {
        let mut models: Vec<ModelSpec> = Vec::new();
        for model in &raw.models {
            let (name, path) = named("--model", model, "verse=verse.gguf")?;
            ensure!(is_name(name), "--model {model}: the name must have 1 to 200 printable characters");
            ensure!(models.iter().all(|other| other.name != name), "--model: the name {name} stands twice");
            models.push(ModelSpec {
                name: name.to_owned(),
                path: PathBuf::from(path),
                base: None,
                context: raw.context,
                cache_tokens: raw.cache_tokens,
            });
        }
        for base in &raw.bases {
            let (name, path) = named("--base", base, "song=poet.gguf")?;
            let model = models.iter_mut().find(|model| model.name == name);
            let model = model.with_context(|| format!("--base {base}: there is no --model named {name}"))?;
            ensure!(model.base.is_none(), "--base: {name} has two");
            model.base = Some(PathBuf::from(path));
        }
        let (token, tell_token) = token(&raw)?;
        Ok(Self {
            device: raw.device.parse()?,
            listen: raw.listen,
            token,
            tell_token,
            models,
            engine: EngineOptions {
                max_sequences: raw.sequences,
                queue: raw.queue,
                cache_tokens: raw.cache_tokens,
                threads: raw.threads,
                ..EngineOptions::default()
            },
            drain: Duration::from_secs(raw.drain_seconds),
            supervised: raw.supervised,
        })
    }
}

fn named<'a>(option: &str, text: &'a str, example: &str) -> anyhow::Result<(&'a str, &'a str)> {
    let parts = text.split_once('=');
    parts.with_context(|| format!("{option} {text}: must have the form NAME=PATH, such as {example}"))
}

/// A name that can stand in JSON, in a log line and in a URL without surprises.
pub(super) fn is_name(name: &str) -> bool {
    !name.trim().is_empty() && name.chars().count() <= 200 && !name.chars().any(char::is_control)
}

fn token(raw: &WorkerOptions) -> anyhow::Result<(SecretString, bool)> {
    let (text, place) = if raw.supervised {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).context("cannot read the token from the standard input")?;
        (line, "the standard input".to_owned())
    } else if let Some(file) = &raw.token_file {
        let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        (text, file.display().to_string())
    } else if let Ok(text) = std::env::var(TOKEN) {
        (text, TOKEN.to_owned())
    } else {
        return Ok((SecretString::from(crate::keys::random_token()), true));
    };
    let text = text.trim();
    if text.len() < 8 || text.chars().any(|c| !c.is_ascii_graphic()) {
        bail!("the token in {place} must have at least 8 characters, all of them printable ASCII");
    }
    Ok((SecretString::from(text.to_owned()), false))
}

#[cfg(test)]
mod tests {
    use super::*;
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
