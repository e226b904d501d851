//! The connections of one server.

use sqlx::PgPool;

/// The connections of one server, kept apart by what they are for: none waits for another kind of work.
#[derive(Debug, Clone)]
pub struct Pools {
    /// Pages, the API, and the durable ends of answers.
    pub pages: PgPool,
    /// The one queue of votes.
    pub votes: PgPool,
    /// Ratings that are computed anew, for seconds.
    pub repairs: PgPool,
}

impl Pools {
    /// One pool for everything, as tests and tools need it.
    #[must_use]
    pub fn one(pool: PgPool) -> Self {
        Self { pages: pool.clone(), votes: pool.clone(), repairs: pool }
    }

    /// Closes all connections.
    pub async fn close(&self) {
        for pool in [&self.pages, &self.votes, &self.repairs] {
            pool.close().await;
        }
    }
}
