//! Where the Postgres of a running arena listens.

use std::path::Path;

use sqlx::postgres::PgConnectOptions;

/// What `postmaster.pid` says: the port in line 4, the socket's folder in line 5.
pub(super) fn options(data_dir: &Path) -> Option<PgConnectOptions> {
    let text = std::fs::read_to_string(data_dir.join("postgres/postmaster.pid")).ok()?;
    let mut lines = text.lines().skip(3);
    let port = lines.next()?.trim().parse().ok()?;
    let socket = lines.next()?.trim();
    let options = PgConnectOptions::new_without_pgpass().socket(socket).port(port);
    (!socket.is_empty()).then(|| options.username("arena").database("arena"))
}
