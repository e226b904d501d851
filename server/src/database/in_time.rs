//! A bound on what the service itself asks of the database: a host that hangs or was cut off says nothing for minutes.

use std::io;
use std::time::Duration;

use tokio::time::timeout;

/// How long a question may take. Requests have a deadline of their own, and so have votes and repairs.
const LONGEST: Duration = Duration::from_secs(10);

/// What the database says, or that it says nothing.
///
/// # Errors
/// As the question, and after ten seconds without an answer. What was asked may be done all the same.
pub async fn in_time<T>(question: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
    timeout(LONGEST, question).await.unwrap_or_else(|_| Err(says_nothing()))
}

/// That the database did not answer in time; it passes.
pub fn says_nothing() -> sqlx::Error {
    sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, "the database says nothing"))
}
