//! `arena import`, `arena export` and `arena verify`: votes from files and into files, and whether they are whole.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use arena_server::actions::export_votes::ExportVotes;
use arena_server::actions::follow_site;
use arena_server::actions::import_votes::{ImportReport, ImportVotes};
use arena_server::actions::publish_votes::PublishVotes;
use arena_server::actions::repair_ratings::repair_ratings;
use arena_server::actions::verify_votes::verify_database;
use arena_server::boards::BoardRules;
use arena_server::config::default_data_folder;
use arena_server::database;
use arena_server::domain::{BattleKind, SiteRules, TieRule, VoteFilter, VoteState};
use arena_server::evidence;
use arena_server::exchange::{Container, Shape};
use arena_server::i18n::{Locale, Message};
use arena_server::keys::Keys;
use arena_server::store::{model_names, ratings};
use arena_server::views::when;
use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use secrecy::{ExposeSecret, SecretString};
use sqlx::PgPool;

/// Where the arena is.
#[derive(Debug, Args)]
pub struct Place {
    #[arg(long, value_name = "DIR", env = "ARENA_DATA")]
    data: Option<PathBuf>,
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<SecretString>,
    #[arg(long, value_name = "TEXT", env = "ARENA_SECRET", hide_env_values = true)]
    secret: Option<SecretString>,
}

impl Place {
    fn data(&self) -> anyhow::Result<PathBuf> {
        match &self.data {
            Some(folder) => Ok(std::path::absolute(folder)?),
            None => default_data_folder(),
        }
    }

    /// The keys that voters are hashed with.
    fn keys(&self) -> anyhow::Result<Keys> {
        match &self.secret {
            Some(secret) => Keys::from_secret(secret),
            None => Keys::from_file(&self.data()?.join("secret")),
        }
    }

    /// Opens the database beside an arena that may run, and closes it when `work` is done.
    pub(super) async fn with<T>(
        &self,
        locale: Locale,
        work: impl AsyncFnOnce(&PgPool) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let data = self.data()?;
        let url = self.database_url.as_ref().map(ExposeSecret::expose_secret);
        if url.is_none() && !data.exists() {
            bail!(Message::new("terminal-no-arena").with("folder", data.display()));
        }
        let database = database::open_beside(url, &data, database::progress_printer(locale)).await?;
        let db = database.connect(2).await?;
        let done = work(&db).await;
        db.close().await;
        database.close().await?;
        done
    }
}

/// Options of `arena import`.
#[derive(Debug, Args)]
pub struct ImportOptions {
    file: PathBuf,
    #[arg(long, value_name = "FORMAT", value_enum)]
    format: Option<Format>,
    #[arg(long, value_name = "NAME=SLUG")]
    map: Vec<String>,
    #[arg(long)]
    strict: bool,
    #[arg(long)]
    with_conversations: bool,
    #[command(flatten)]
    place: Place,
}

/// Options of `arena export`.
#[derive(Debug, Args)]
pub struct ExportOptions {
    file: PathBuf,
    #[arg(long, value_name = "FORMAT", value_enum)]
    format: Option<Format>,
    #[arg(long, value_name = "COLUMNS", value_enum, default_value_t = Columns::Fastchat)]
    columns: Columns,
    #[arg(long, value_name = "KIND", default_value = "battle")]
    kind: String,
    #[arg(long, value_name = "CODE", default_value = "")]
    language: String,
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    set: String,
    #[arg(long, value_name = "RULE", value_enum, default_value_t = Ties(TieRule::Half))]
    ties: Ties,
    #[arg(long)]
    conversations: bool,
    #[arg(long, conflicts_with_all = ["columns", "conversations"])]
    preferences: bool,
    #[command(flatten)]
    place: Place,
}

/// Options of `arena verify`.
#[derive(Debug, Args)]
pub struct VerifyOptions {
    file: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

/// What a file is made of, where its name does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    JsonLines,
    Csv,
    Parquet,
}

// By hand, since a derived one would show its comments as help, in English alone.
impl ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Json, Self::JsonLines, Self::Csv, Self::Parquet]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.container().extension()))
    }
}

impl Format {
    fn container(self) -> Container {
        match self {
            Self::Json => Container::Json,
            Self::JsonLines => Container::JsonLines,
            Self::Csv => Container::Csv,
            Self::Parquet => Container::Parquet,
        }
    }
}

/// Whose columns a file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Columns {
    Fastchat,
    Comparia,
    /// The arena's own: the board and the chain of votes, for `arena verify`.
    Evidence,
}

impl ValueEnum for Columns {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Fastchat, Self::Comparia, Self::Evidence]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(match self {
            Self::Fastchat => "fastchat",
            Self::Comparia => "comparia",
            Self::Evidence => "evidence",
        }))
    }
}

/// How ties count in a published board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ties(TieRule);

impl ValueEnum for Ties {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self(TieRule::Half), Self(TieRule::Davidson)]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.as_str()))
    }
}

/// Imports a file, and tells what came of it.
pub fn import(options: &ImportOptions, locale: Locale) -> anyhow::Result<()> {
    let mut map = BTreeMap::new();
    for pair in &options.map {
        let (name, slug) =
            pair.rsplit_once('=').ok_or_else(|| Message::new("terminal-import-map").with("pair", pair))?;
        map.insert(name.trim().to_owned(), slug.trim().to_owned());
    }
    let wanted = ImportVotes {
        admin: None,
        file: options.file.clone(),
        name: file_name(&options.file),
        container: options.format.map(Format::container),
        map,
        is_strict: options.strict,
        with_conversations: options.with_conversations,
        progress: Arc::new(move |rows| {
            if rows.is_multiple_of(100_000) {
                eprintln!("{}", Message::new("terminal-import-progress").with("rows", rows).text(locale));
            }
        }),
    };
    let report = actix_web::rt::System::new().block_on(options.place.with(locale, async |db| {
        let elo = ratings::stored_elo_settings(db).await?;
        let report = wanted.on(db, &options.place.keys()?, &elo).await?;
        repair_ratings(db, &elo, BattleKind::Imported).await?;
        Ok(report)
    }))?;
    tell(&report, locale);
    Ok(())
}

fn tell(report: &ImportReport, locale: Locale) {
    for (number, bad) in &report.told {
        let (key, detail) = bad.told();
        let why = Message::new(key).with("detail", detail).text(locale);
        eprintln!("{}", Message::new("terminal-import-bad").with("number", number).with("why", why).text(locale));
    }
    if !report.models.is_empty() {
        let names = report.models.join(", ");
        let told = Message::new("terminal-import-models").with("n", report.models.len());
        eprintln!("{}", told.with("names", names).text(locale));
    }
    let told = Message::new("terminal-imported").with("rows", report.rows).with("votes", report.votes);
    let told = told.with("known", report.known).with("others", report.others).with("bad", report.bad);
    println!("{}", told.text(locale));
    if report.conversations > 0 {
        println!("{}", Message::new("terminal-import-conversations").with("n", report.conversations).text(locale));
    }
}

fn file_name(file: &Path) -> String {
    file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Exports counted votes into a file that must not be there yet.
pub fn export(options: &ExportOptions, locale: Locale) -> anyhow::Result<()> {
    if options.columns == Columns::Evidence {
        return publish(options, locale);
    }
    let named = options.format.map(Format::container).or_else(|| Container::of(&options.file));
    let container = named.ok_or_else(|| Message::new("terminal-export-format").with("file", options.file.display()))?;
    let shape = match options.columns {
        _ if options.preferences => Shape::Preferences,
        Columns::Fastchat => Shape::FastChat,
        Columns::Comparia | Columns::Evidence => Shape::Comparia,
    };
    // Of named models, people prefer names.
    if options.preferences && (options.kind != BattleKind::Battle.as_str() || !shape.fits(container)) {
        bail!(Message::new("terminal-export-preferences"));
    }
    let filter = VoteFilter {
        kind: if options.kind == "all" { String::new() } else { options.kind.clone() },
        language: options.language.clone(),
        set: options.set.clone(),
        state: VoteState::Counted.to_string(),
        ..VoteFilter::default()
    };
    let votes = actix_web::rt::System::new().block_on(options.place.with(locale, async |db| {
        let models = model_names::all(db).await?;
        let model_of = |slug: &str| models.iter().find(|model| model.slug == slug).map(|model| model.id);
        let filter =
            filter.check(model_of).map_err(|bad| Message::new("terminal-export-filter").with("name", bad.0))?;
        let wanted = ExportVotes {
            admin: None,
            filter,
            shape,
            container,
            with_conversations: options.conversations || options.preferences,
        };
        let mut export = wanted.on(db, &options.place.keys()?).await?;
        let mut out = std::fs::File::create_new(&options.file).with_context(|| options.file.display().to_string())?;
        while let Some(bytes) = export.next().await? {
            out.write_all(&bytes)?;
        }
        out.sync_all()?;
        Ok(export.votes())
    }))?;
    let key = if options.preferences { "terminal-exported-preferences" } else { "terminal-exported" };
    let told = Message::new(key).with("votes", votes).with("file", options.file.display());
    println!("{}", told.text(locale));
    Ok(())
}

/// Publishes a board with its votes.
fn publish(options: &ExportOptions, locale: Locale) -> anyhow::Result<()> {
    let kind: BattleKind =
        options.kind.parse().map_err(|_| Message::new("terminal-export-filter").with("name", "kind"))?;
    let language = (!options.language.is_empty()).then(|| options.language.clone());
    let snapshot = actix_web::rt::System::new().block_on(options.place.with(locale, async |db| {
        let elo = ratings::stored_elo_settings(db).await?;
        let file = std::fs::File::create_new(&options.file).with_context(|| options.file.display().to_string())?;
        let limits = follow_site::rules(db, SiteRules::default()).await?;
        let rules = BoardRules { min_votes: limits.min_votes, ..BoardRules::default() };
        let wanted = PublishVotes { admin: None, kind, language, rules, ties: options.ties.0, elo };
        let mut out = std::io::BufWriter::new(file);
        let snapshot = wanted.on(db, &options.place.keys()?, &mut out).await?;
        out.into_inner()?.sync_all()?;
        Ok(snapshot)
    }))?;
    let told = Message::new("terminal-exported").with("votes", snapshot.votes).with("file", options.file.display());
    println!("{}", told.text(locale));
    Ok(())
}

/// Checks a published file, or without one the database, and says what differs. Fails where something does.
pub fn verify(options: &VerifyOptions, locale: Locale) -> anyhow::Result<()> {
    let verdict = match &options.file {
        Some(file) => {
            let opened = std::fs::File::open(file).with_context(|| file.display().to_string())?;
            let checked = evidence::verify(std::io::BufReader::new(opened));
            let (snapshot, verdict) = checked
                .map_err(|why| Message::new("terminal-verify-format").with("file", file.display()).with("why", why))?;
            let told = Message::new("terminal-verify-file").with("program", &snapshot.program);
            let told = told.with("time", when(&snapshot.made_at)).with("kind", snapshot.kind);
            let told = told.with("language", snapshot.language.as_deref().unwrap_or("*"));
            let told = told.with("ties", snapshot.rules.ties);
            println!("{}", told.with("head", &snapshot.head).text(locale));
            verdict
        }
        None => actix_web::rt::System::new().block_on(options.place.with(locale, async |db| {
            let elo = ratings::stored_elo_settings(db).await?;
            Ok(verify_database(db, &elo).await?)
        }))?,
    };
    for problem in &verdict.problems {
        let (key, arguments) = problem.told();
        let told = arguments.into_iter().fold(Message::new(key), |told, (name, value)| told.with(name, value));
        println!("{}", told.text(locale));
    }
    let key = if verdict.is_equal() { "terminal-verify-equal" } else { "terminal-verify-differs" };
    let told = Message::new(key).with("votes", verdict.votes).with("counted", verdict.counted);
    let told = told.with("models", verdict.models).with("problems", verdict.total);
    if verdict.is_equal() {
        println!("{}", told.text(locale));
        return Ok(());
    }
    bail!(told)
}
