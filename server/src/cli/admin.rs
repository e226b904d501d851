//! `arena admin`: administrators from the command line, for the first one and for lost passwords.

use std::io::{BufRead, IsTerminal};
use std::path::{Path, PathBuf};

use anyhow::{bail, ensure};
use arena_server::actions::change_admin::SetAccess;
use arena_server::actions::create_admin::{self, Invite};
use arena_server::config::{default_data_folder, last_origin, origin_of};
use arena_server::database;
use arena_server::i18n::{Locale, Message};
use arena_server::passwords;
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
    #[arg(long, value_name = "DIR", env = "ARENA_DATA", global = true)]
    data: Option<PathBuf>,
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true, global = true)]
    database_url: Option<SecretString>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Create {
        name: String,
        #[arg(long)]
        password_stdin: bool,
    },
    List,
    Disable {
        name: String,
    },
    Enable {
        name: String,
    },
    Link {
        #[arg(long, value_name = "URL", env = "ARENA_PUBLIC_URL")]
        public_url: Option<url::Url>,
    },
}

/// Runs the command and tells its result in the language of the terminal.
pub fn run(options: Options, locale: Locale) -> anyhow::Result<()> {
    // Before the database: whoever mistypes should not wait for it.
    let password = match &options.verb {
        Verb::Create { password_stdin, .. } => Some(read_password(*password_stdin, locale)?),
        _ => None,
    };
    actix_web::rt::System::new().block_on(async move {
        let data = match options.data {
            Some(folder) => std::path::absolute(folder)?,
            None => default_data_folder()?,
        };
        let url = options.database_url.as_ref().map(ExposeSecret::expose_secret);
        if url.is_none() && !data.exists() {
            bail!(Message::new("terminal-no-arena").with("folder", data.display()));
        }
        let database = database::open_beside(url, &data, database::progress_printer(locale)).await?;
        let db = database.connect(1).await?;
        let done = act(&db, options.verb, password, &data, locale).await;
        db.close().await;
        database.close().await?;
        done
    })
}

async fn act(
    db: &PgPool,
    verb: Verb,
    password: Option<SecretString>,
    data: &Path,
    locale: Locale,
) -> anyhow::Result<()> {
    match verb {
        Verb::Create { name, .. } => {
            let Some(password) = password else { unreachable!("it is read before the database is opened") };
            create_admin::directly(db, &name, &password).await?;
            println!("{}", Message::new("terminal-admin-created").with("name", name.trim()).text(locale));
        }
        Verb::List => {
            for row in admins::list(db).await? {
                let state = if row.disabled_at.is_some() { "accounts-disabled" } else { "accounts-active" };
                let since = Message::new("terminal-admin-since").with("time", when(&row.created_at)).text(locale);
                println!("{}\t{}\t{since}", row.name, locale.text(state));
            }
        }
        Verb::Disable { name } => set_disabled(db, &name, true, locale).await?,
        Verb::Enable { name } => set_disabled(db, &name, false, locale).await?,
        Verb::Link { public_url } => {
            let token = Invite { by: None }.on(db).await?;
            let origin = public_url.as_ref().map_or_else(|| last_origin(data), origin_of);
            println!("{origin}/admin/welcome/{token}");
            eprintln!("{}", Message::new("terminal-link").with("hours", create_admin::LINK_HOURS).text(locale));
        }
    }
    Ok(())
}

async fn set_disabled(db: &PgPool, name: &str, disabled: bool, locale: Locale) -> anyhow::Result<()> {
    let all = admins::list(db).await?;
    let row = all.iter().find(|row| row.name == name);
    let row = row.ok_or_else(|| Message::new("terminal-no-admin").with("name", name))?;
    SetAccess { by: None, target: row.id, disabled }.on(db).await?;
    let done = if disabled { "terminal-admin-disabled" } else { "terminal-admin-enabled" };
    println!("{}", Message::new(done).with("name", name).text(locale));
    Ok(())
}

fn read_password(from_stdin: bool, locale: Locale) -> anyhow::Result<SecretString> {
    if from_stdin {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line)?;
        return Ok(SecretString::from(line.trim_end_matches(['\n', '\r']).to_owned()));
    }
    ensure!(std::io::stdin().is_terminal(), Message::new("terminal-no-terminal"));
    let first = ask("terminal-password", locale)?;
    let again = ask("terminal-password-again", locale)?;
    passwords::check_same(&first, &again)?;
    Ok(first)
}

/// Asks without showing what is typed.
fn ask(key: &str, locale: Locale) -> anyhow::Result<SecretString> {
    Ok(SecretString::from(rpassword::prompt_password(format!("{} ", locale.text(key)))?))
}
