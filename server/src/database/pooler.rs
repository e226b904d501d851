//! Poolers such as PgBouncer between the arena and Postgres: whether a connection keeps its prepared statements.
//!
//! Everything that the service asks fits into one transaction: its locks are those of a transaction, it sets nothing for a
//! session, and it listens to no channel. What a pooler has to keep are prepared statements. In session mode every one
//! does; in transaction mode PgBouncer does since 1.21, with `max_prepared_statements` above 0.

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection};

use super::error::DatabaseError;

const PROCESS: &str = "SELECT pg_backend_pid()";
/// Another statement, which a driver prepares under the same name.
const OTHER_PROCESS: &str = "SELECT pg_backend_pid() + 0";

/// Whether statements that were prepared on a connection are there in its next transaction.
///
/// # Errors
/// [`DatabaseError::Pooler`] where they are not.
pub(super) async fn check(options: &PgConnectOptions) -> Result<(), DatabaseError> {
    let Err(error) = prepare_on_two(options).await else { return Ok(()) };
    // There is no statement of the name, or another one.
    match error.as_database_error().and_then(|error| error.code()).as_deref() {
        Some("26000" | "42P05") => Err(DatabaseError::Pooler),
        _ => Err(DatabaseError::Connect(error)),
    }
}

async fn prepare_on_two(options: &PgConnectOptions) -> sqlx::Result<()> {
    let mut first = options.connect().await?;
    let _: i32 = sqlx::query_scalar(PROCESS).fetch_one(&mut first).await?;
    // A pooler in transaction mode lends the second one what the first does not use at the moment, so that the first goes
    // on with another.
    let mut second = options.connect().await?;
    let mut transaction = second.begin().await?;
    let _: i32 = sqlx::query_scalar(OTHER_PROCESS).fetch_one(&mut *transaction).await?;
    let _: i32 = sqlx::query_scalar(PROCESS).fetch_one(&mut first).await?;
    transaction.rollback().await?;
    first.close().await?;
    second.close().await
}
