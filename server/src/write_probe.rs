//! Whether the database takes a row. It is asked to take one at most once in some seconds, however often somebody looks.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::PgPool;
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::store::health;

/// How long an outcome holds.
const HOLDS: Duration = Duration::from_secs(5);
/// How long the database may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

/// What the database said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// `ok`, `disk-full`, `read-only`, `unreachable` or `timeout`.
    pub status: &'static str,
    /// How long it took, where it is well.
    pub ms: Option<u64>,
}

impl Outcome {
    /// Whether battles can be kept.
    pub fn is_ok(self) -> bool {
        self.status == "ok"
    }
}

/// The last outcome. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct WriteProbe {
    last: Arc<Mutex<Option<(Instant, Outcome)>>>,
}

impl WriteProbe {
    /// Whether the database takes a row, as of the last few seconds, and answers at this moment.
    pub async fn outcome(&self, db: &PgPool) -> Outcome {
        let (outcome, is_new) = self.written(Instant::now(), async || told(health::can_write(db)).await).await;
        if is_new || !outcome.is_ok() { outcome } else { told(health::answers(db)).await }
    }

    /// The outcome of the last write, or of a new one; those who ask meanwhile wait for it.
    async fn written(&self, now: Instant, write: impl AsyncFnOnce() -> Outcome) -> (Outcome, bool) {
        let mut last = self.last.lock().await;
        if let Some((at, outcome)) = *last
            && now.saturating_duration_since(at) < HOLDS
        {
            return (outcome, false);
        }
        let outcome = write().await;
        *last = Some((now, outcome));
        (outcome, true)
    }
}

/// What a question to the database came to.
async fn told(question: impl Future<Output = sqlx::Result<()>>) -> Outcome {
    let began = Instant::now();
    match timeout(ANSWER_TIMEOUT, question).await {
        Ok(Ok(())) => Outcome { status: "ok", ms: u64::try_from(began.elapsed().as_millis()).ok() },
        Ok(Err(cause)) => {
            tracing::warn!(%cause, "the database does not take a row");
            let code = cause.as_database_error().and_then(|error| error.code());
            let status = match code.as_deref() {
                Some("53100" | "58030") => "disk-full",
                Some("25006") => "read-only",
                _ => "unreachable",
            };
            Outcome { status, ms: None }
        }
        Err(_) => Outcome { status: "timeout", ms: None },
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test]
    async fn the_database_is_asked_to_write_once_in_some_seconds_however_often_somebody_looks() {
        let (probe, begun, writes) = (WriteProbe::default(), Instant::now(), Cell::new(0));
        let look = async |after: Duration, status: &'static str| {
            let write = async || {
                writes.set(writes.get() + 1);
                Outcome { status, ms: None }
            };
            probe.written(begun + after, write).await.0.status
        };
        for _ in 0..100 {
            assert_eq!(look(Duration::ZERO, "ok").await, "ok");
        }
        assert_eq!(look(HOLDS / 2, "disk-full").await, "ok", "of the last write");
        assert_eq!(writes.get(), 1);
        assert_eq!(look(HOLDS, "disk-full").await, "disk-full");
        assert_eq!(look(HOLDS, "ok").await, "disk-full", "a bad outcome holds as long");
        assert_eq!(writes.get(), 2);
    }
}
