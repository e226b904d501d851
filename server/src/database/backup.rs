//! Backup of the embedded database while the arena runs, and its restoration on an empty machine.
//!
//! All tables are read in one snapshot (`REPEATABLE READ`), so a vote is in the file with its battle or not at all. A
//! backup is restored at the schema that it was made with and migrated then, so an older one still fits.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use futures_util::TryStreamExt;
use sqlx::migrate::Migrator;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool, Row};

use super::archive::{Header, Reader, Table, Trailer, Writer, verify};
use super::error::DatabaseError;

/// The secret's file in the data folder.
const SECRET: &str = "secret";

/// What a backup holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    pub tables: usize,
    pub rows: u64,
}

/// Writes everything that the database holds, and the secret of `data_dir`, into a new file, and reads it back.
///
/// # Errors
/// When the file exists already or cannot be written, or the database fails. Nothing is left then.
pub(super) async fn save(database: &PgConnectOptions, data_dir: &Path, file: &Path) -> Result<Summary, DatabaseError> {
    let part = file.with_extension("part");
    if file.exists() {
        return Err(DatabaseError::io(file)(io::ErrorKind::AlreadyExists.into()));
    }
    let written = write(database, data_dir, &part).await;
    let done = written.and_then(|summary| {
        verify(&part).and_then(|()| fs::rename(&part, file)).map_err(DatabaseError::io(file))?;
        Ok(summary)
    });
    if done.is_err() {
        _ = fs::remove_file(&part);
    }
    done
}

async fn write(database: &PgConnectOptions, data_dir: &Path, part: &Path) -> Result<Summary, DatabaseError> {
    let io = DatabaseError::io(part);
    let mut options = OpenOptions::new();
    // It holds the secret and what people wrote.
    let file = options.write(true).create(true).truncate(true).mode(0o600).open(part).map_err(io)?;
    let mut writer = Writer::new(file).map_err(io)?;
    let mut db = PgConnection::connect_with(database).await.map_err(DatabaseError::Connect)?;
    let sql = DatabaseError::Copy;
    sqlx::query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").execute(&mut db).await.map_err(sql)?;
    let migration =
        sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations").fetch_one(&mut db).await.map_err(sql)?;
    let tables = tables(&mut db).await.map_err(sql)?;
    let secret = fs::read_to_string(data_dir.join(SECRET)).ok().map(|secret| secret.trim().to_owned());
    writer.json(&Header { migration, tables: tables.clone(), secret }).map_err(io)?;
    let mut trailer = Trailer::default();
    for table in &tables {
        let statement = format!("COPY {} ({}) TO STDOUT", quoted(&table.name), columns(table));
        let mut rows = 0;
        {
            let mut chunks = db.copy_out_raw(&statement).await.map_err(sql)?;
            while let Some(chunk) = chunks.try_next().await.map_err(sql)? {
                // In COPY's text form a line end is a row's end; those in values are escaped.
                rows += chunk.iter().filter(|byte| **byte == b'\n').count() as u64;
                if !chunk.is_empty() {
                    writer.frame(&chunk).map_err(io)?;
                }
            }
        }
        writer.frame(&[]).map_err(io)?;
        trailer.rows.insert(table.name.clone(), rows);
    }
    // Numbers that were given since the snapshot are only higher.
    let sequences = "SELECT sequencename::text, last_value FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL";
    for row in sqlx::query(sequences).fetch_all(&mut db).await.map_err(sql)? {
        trailer.sequences.insert(row.try_get(0).map_err(sql)?, row.try_get(1).map_err(sql)?);
    }
    sqlx::query("COMMIT").execute(&mut db).await.map_err(sql)?;
    _ = db.close().await;
    let summary = Summary { tables: tables.len(), rows: trailer.rows.values().sum() };
    writer.json(&trailer).and_then(|()| writer.finish()).map_err(io)?;
    Ok(summary)
}

/// Checks that the file is a whole backup and that the folder has no arena yet.
///
/// # Errors
/// Where one of them is not so.
pub(super) fn may_restore(file: &Path, data_dir: &Path) -> Result<(), DatabaseError> {
    verify(file).map_err(DatabaseError::io(file))?;
    for taken in [data_dir.join("postgres"), data_dir.join(SECRET)] {
        if taken.exists() {
            return Err(DatabaseError::io(&taken)(io::ErrorKind::AlreadyExists.into()));
        }
    }
    Ok(())
}

/// Removes what a restoration that failed left.
pub(super) fn forget(data_dir: &Path) {
    _ = fs::remove_dir_all(data_dir.join("postgres"));
    _ = fs::remove_file(data_dir.join(SECRET));
}

/// Fills an empty database from a backup and brings its schema up to date.
///
/// # Errors
/// When the file does not fit, or the database fails.
pub(super) async fn load(
    pool: &PgPool,
    migrator: &Migrator,
    file: &Path,
    data_dir: &Path,
) -> Result<Summary, DatabaseError> {
    let io = DatabaseError::io(file);
    let sql = DatabaseError::Copy;
    let mut reader = Reader::open(file).map_err(io)?;
    let header: Header = reader.json().map_err(io)?;
    migrator.run_to(header.migration, pool).await.map_err(DatabaseError::Migrate)?;
    let mut db = pool.acquire().await.map_err(sql)?;
    // Rows come table by table: keys are checked by the database that they come from.
    sqlx::query("BEGIN").execute(&mut *db).await.map_err(sql)?;
    sqlx::query("SET LOCAL session_replication_role = replica").execute(&mut *db).await.map_err(sql)?;
    let names: Vec<String> = header.tables.iter().map(|table| quoted(&table.name)).collect();
    // What migrations put there is in the backup as well.
    let empty = format!("TRUNCATE {} RESTART IDENTITY CASCADE", names.join(", "));
    sqlx::query(AssertSqlSafe(empty)).execute(&mut *db).await.map_err(sql)?;
    let mut rows = std::collections::BTreeMap::new();
    for table in &header.tables {
        let statement = format!("COPY {} ({}) FROM STDIN", quoted(&table.name), columns(table));
        let mut copy = db.copy_in_raw(&statement).await.map_err(sql)?;
        loop {
            let frame = reader.frame().map_err(io)?;
            if frame.is_empty() {
                break;
            }
            copy.send(frame).await.map_err(sql)?;
        }
        rows.insert(table.name.clone(), copy.finish().await.map_err(sql)?);
    }
    let trailer: Trailer = reader.json().map_err(io)?;
    if trailer.rows != rows {
        return Err(io(io::Error::new(io::ErrorKind::InvalidData, "other rows than were backed up")));
    }
    for (sequence, last) in &trailer.sequences {
        let set = "SELECT setval($1::regclass, $2)";
        sqlx::query(set).bind(quoted(sequence)).bind(last).execute(&mut *db).await.map_err(sql)?;
    }
    sqlx::query("COMMIT").execute(&mut *db).await.map_err(sql)?;
    drop(db);
    migrator.run(pool).await.map_err(DatabaseError::Migrate)?;
    if let Some(secret) = &header.secret {
        let path = data_dir.join(SECRET);
        let mut options = OpenOptions::new();
        let mut out = options.write(true).create_new(true).mode(0o600).open(&path).map_err(DatabaseError::io(&path))?;
        io::Write::write_all(&mut out, secret.as_bytes())
            .and_then(|()| out.sync_all())
            .map_err(DatabaseError::io(&path))?;
    }
    Ok(Summary { tables: rows.len(), rows: rows.values().sum() })
}

/// The tables that keep something, with the columns that are written.
async fn tables(db: &mut PgConnection) -> sqlx::Result<Vec<Table>> {
    let found = sqlx::query(
        "SELECT c.relname::text, array_agg(a.attname::text ORDER BY a.attnum)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE n.nspname = 'public' AND c.relkind = 'r' AND c.relpersistence = 'p' AND c.relname <> '_sqlx_migrations'
            AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
        GROUP BY c.relname ORDER BY c.relname",
    );
    let rows = found.fetch_all(db).await?;
    rows.into_iter().map(|row| Ok(Table { name: row.try_get(0)?, columns: row.try_get(1)? })).collect()
}

fn columns(table: &Table) -> String {
    table.columns.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ")
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
