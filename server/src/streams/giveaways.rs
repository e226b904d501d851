//! Whether an answer gives its model away, by the names that count at the moment.

use std::sync::{Arc, Mutex, PoisonError};

use sqlx::PgPool;

use crate::domain::{NameLists, Names, RegisteredModel, find_giveaway};
use crate::store::identity;

/// Looks for claims in answers. Clones share the names that were made ready last.
#[derive(Clone)]
pub struct Giveaways {
    db: PgPool,
    ready: Arc<Mutex<Option<Ready>>>,
}

struct Ready {
    lists: NameLists,
    registered: Vec<RegisteredModel>,
    names: Arc<Names>,
}

impl Giveaways {
    /// Looks with the names in this database.
    pub fn new(db: PgPool) -> Self {
        Self { db, ready: Arc::default() }
    }

    /// The sentence that gives the model away, if there is one.
    pub async fn find(&self, answer: &str) -> sqlx::Result<Option<String>> {
        let lists = identity::lists(&self.db).await?;
        let registered = identity::registered(&self.db).await?;
        let (ready, answer) = (self.ready.clone(), answer.to_owned());
        // Patterns over a long answer take milliseconds, which the pace of other answers must not wait for.
        let look = move || find_giveaway(&answer, &Self::names(&ready, lists, registered));
        tokio::task::spawn_blocking(look).await.map_err(|panic| sqlx::Error::Io(std::io::Error::other(panic)))
    }

    fn names(ready: &Mutex<Option<Ready>>, lists: NameLists, registered: Vec<RegisteredModel>) -> Arc<Names> {
        let mut ready = ready.lock().unwrap_or_else(PoisonError::into_inner);
        match &*ready {
            Some(kept) if kept.lists == lists && kept.registered == registered => kept.names.clone(),
            _ => {
                let names = Arc::new(Names::new(&lists, &registered));
                *ready = Some(Ready { lists, registered, names: names.clone() });
                names
            }
        }
    }
}
