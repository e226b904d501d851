//! A Postgres for tests, so that `#[sqlx::test]` needs nothing but `cargo test`.
//!
//! [`url`] starts one for this process, unless `DATABASE_URL` names another, in the first
//! free slot under the temporary folder; slots are kept from run to run, so that only the first
//! run ever makes a cluster. The server ends with the process.

use std::env;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::{DatabaseError, Durability, ProgressFn, Search, Server};

/// How many test processes may run at once.
const SLOTS: usize = 32;

static SERVER: Mutex<Option<Server>> = Mutex::new(None);

/// Starts this process' Postgres, or finds it started, and returns its URL.
///
/// # Errors
/// When Postgres cannot be had or started, or every slot is taken.
pub fn url() -> Result<String, DatabaseError> {
    if let Ok(url) = env::var("DATABASE_URL") {
        return Ok(url);
    }
    let mut server = SERVER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(server) = server.as_ref() {
        return Ok(on_postgres(server));
    }
    let started = start_in_free_slot()?;
    let url = on_postgres(&started);
    *server = Some(started);
    Ok(url)
}

/// The database that every new cluster has.
fn on_postgres(server: &Server) -> String {
    server.url().replace("/arena?", "/postgres?")
}

fn start_in_free_slot() -> Result<Server, DatabaseError> {
    let user = rustix::process::geteuid().as_raw();
    let base = env::temp_dir().join(format!("arena-tests-{user}"));
    let mut last = None;
    for slot in 0..SLOTS {
        let folder = base.join(slot.to_string());
        match start(&folder) {
            Err(busy @ (DatabaseError::Busy { .. } | DatabaseError::Foreign { .. })) => {
                last = Some(busy);
            }
            // Without fsync a crash of the machine may leave rubbish: nobody misses it.
            Err(DatabaseError::Program { .. } | DatabaseError::OtherVersion { .. }) => {
                _ = std::fs::remove_dir_all(folder.join("postgres"));
                return start(&folder);
            }
            other => return other,
        }
    }
    Err(last.unwrap_or_else(|| DatabaseError::Thread("no slot is free".into())))
}

fn start(folder: &Path) -> Result<Server, DatabaseError> {
    let quiet: ProgressFn = Arc::new(|_| {});
    Server::start(folder, &Search::from_environment(), Durability::None, &quiet)
}

/// Sets `DATABASE_URL` for `#[sqlx::test]` before this crate's tests begin.
#[cfg(test)]
#[ctor::ctor(unsafe)]
#[expect(clippy::disallowed_methods, reason = "before main there is no other thread to share the environment with")]
fn provide() {
    if env::var_os("DATABASE_URL").is_some() {
        return;
    }
    match url() {
        // SAFETY: this runs before main; the one other thread, Postgres' keeper, reads no
        // environment.
        Ok(url) => unsafe { env::set_var("DATABASE_URL", url) },
        Err(error) => eprintln!("tests that need a database will fail: {error}"),
    }
}
