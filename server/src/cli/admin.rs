//! `arena admin`: administrators from the command line, for the first one and for lost passwords.

use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::process::{Command as Program, Stdio};

use anyhow::{Context, bail};
use arena_server::actions::{change_admin, create_admin};
use arena_server::config::default_data_folder;
use arena_server::database;
use arena_server::error::Error;
use arena_server::i18n::Locale;
use arena_server::store::admins;
use arena_server::views::when;
use clap::{Args, Subcommand};
use secrecy::{ExposeSecret, SecretString};
use sqlx::PgPool;

/// Options of `arena admin`.
#[derive(Debug, Args)]
pub struct Options {
    #[command(subcommand)]
    verb: Verb,
    /// The arena's data folder, as given to `arena serve`.
    #[arg(long, value_name = "DIR", env = "ARENA_DATA", global = true)]
    data: Option<PathBuf>,
    /// The arena's Postgres, as given to `arena serve`.
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true, global = true)]
    database_url: Option<SecretString>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Create an administrator. The password is asked for.
    Create {
        /// The name to sign in with.
        name: String,
        /// Read the password from standard input (one line) instead of asking.
        #[arg(long)]
        password_stdin: bool,
    },
    /// List the administrators.
    List,
    /// Disable an administrator and end their sessions. The last one stays.
    Disable {
        /// The name.
        name: String,
    },
    /// Let a disabled administrator in again.
    Enable {
        /// The name.
        name: String,
    },
    /// Make a one-time link by which someone becomes an administrator.
    Link {
        /// The address under which people reach the arena.
        #[arg(long, value_name = "URL", env = "ARENA_PUBLIC_URL", default_value = "http://127.0.0.1:8080")]
        public_url: url::Url,
    },
}

/// Runs the command.
pub fn run(options: Options) -> anyhow::Result<()> {
    // Before the database: whoever mistypes should not wait for it.
    let password = match &options.verb {
        Verb::Create { password_stdin, .. } => Some(read_password(*password_stdin)?),
        _ => None,
    };
    actix_web::rt::System::new().block_on(async move {
        let data = match options.data {
            Some(folder) => std::path::absolute(folder)?,
            None => default_data_folder()?,
        };
        let url = options.database_url.as_ref().map(ExposeSecret::expose_secret);
        if url.is_none() && !data.exists() {
            bail!(
                "there is no arena in {}: name its folder by --data, or its database by DATABASE_URL",
                data.display()
            );
        }
        let database = database::open_beside(url, &data, database::tell_terminal()).await;
        let database = database.map_err(|error| error.for_terminal())?;
        let db = database.connect(1).await?;
        let done = act(&db, options.verb, password).await;
        db.close().await;
        database.close().await?;
        done
    })
}

async fn act(db: &PgPool, verb: Verb, password: Option<SecretString>) -> anyhow::Result<()> {
    match verb {
        Verb::Create { name, .. } => {
            let password = password.context("no password was read")?;
            create_admin::directly(db, &name, &password).await.map_err(explain)?;
            println!("{} is an administrator now.", name.trim());
        }
        Verb::List => {
            for row in admins::list(db).await? {
                let state = if row.disabled_at.is_some() { "disabled" } else { "active" };
                println!("{}\t{state}\tsince {}", row.name, when(&row.created_at));
            }
        }
        Verb::Disable { name } => set_disabled(db, &name, true).await?,
        Verb::Enable { name } => set_disabled(db, &name, false).await?,
        Verb::Link { public_url } => {
            let token = create_admin::invite(db, None).await.map_err(explain)?;
            let origin = public_url.as_str().trim_end_matches('/');
            println!("{origin}/admin/welcome/{token}");
            eprintln!("Works once, within {} hours.", create_admin::LINK_HOURS);
        }
    }
    Ok(())
}

async fn set_disabled(db: &PgPool, name: &str, disabled: bool) -> anyhow::Result<()> {
    let all = admins::list(db).await?;
    let row = all.iter().find(|row| row.name == name).with_context(|| format!("there is no administrator {name:?}"))?;
    change_admin::set_disabled(db, None, row.id, disabled).await.map_err(explain)
}

/// The public text of an error, and its cause where it is ours.
fn explain(error: Error) -> anyhow::Error {
    match error {
        Error::Internal(cause) => cause,
        error => anyhow::anyhow!(arena_server::i18n::error_text(&error, Locale::En)),
    }
}

fn read_password(from_stdin: bool) -> anyhow::Result<SecretString> {
    if from_stdin {
        return read_line();
    }
    if !std::io::stdin().is_terminal() {
        bail!("there is no terminal to ask for the password: use --password-stdin");
    }
    let first = ask("Password: ")?;
    if ask("Once more: ")?.expose_secret() != first.expose_secret() {
        bail!("the two passwords differ");
    }
    Ok(first)
}

fn ask(prompt: &str) -> anyhow::Result<SecretString> {
    eprint!("{prompt}");
    std::io::stderr().flush()?;
    let _silence = Silence::begin()?;
    let line = read_line();
    eprintln!();
    line
}

fn read_line() -> anyhow::Result<SecretString> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    while line.ends_with(['\n', '\r']) {
        line.pop();
    }
    Ok(SecretString::from(line))
}

/// A terminal that does not show what is typed, until this is dropped.
struct Silence;

impl Silence {
    fn begin() -> anyhow::Result<Self> {
        let done = stty("-echo").context("cannot run stty to hide the password: use --password-stdin")?;
        if !done.success() {
            bail!("the terminal cannot hide the password: use --password-stdin");
        }
        Ok(Self)
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        // Where it fails the person sees it at once, and `stty echo` helps.
        _ = stty("echo");
    }
}

fn stty(argument: &str) -> std::io::Result<std::process::ExitStatus> {
    Program::new("stty").arg(argument).stdin(Stdio::inherit()).stdout(Stdio::null()).stderr(Stdio::null()).status()
}
