//! What administrators say of the site, as this server knows it. Other servers' changes come in from the database:
//! `actions/follow_site`.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, Utc};
use tokio::sync::watch;

use crate::domain::{SiteRules, SiteSettings, VoterId};

/// When sessions were ended: a voter's, or everybody's.
type EndedSessions = HashMap<Option<VoterId>, DateTime<Utc>>;

/// What is known. Clones share it.
#[derive(Debug, Clone)]
pub struct Site {
    started: SiteRules,
    known: Arc<watch::Sender<Known>>,
    ended: Arc<RwLock<EndedSessions>>,
}

#[derive(Debug, Clone)]
struct Known {
    revision: i64,
    settings: Arc<SiteSettings>,
    rules: SiteRules,
}

impl Site {
    /// Nothing is said yet: the limits are those that the program was started with.
    #[must_use]
    pub fn new(started: SiteRules) -> Self {
        let known = Known { revision: 0, settings: Arc::default(), rules: started };
        Self { started, known: Arc::new(watch::Sender::new(known)), ended: Arc::default() }
    }

    /// What administrators say.
    #[must_use]
    pub fn settings(&self) -> Arc<SiteSettings> {
        self.known.borrow().settings.clone()
    }

    /// The limits in force.
    #[must_use]
    pub fn rules(&self) -> SiteRules {
        self.known.borrow().rules
    }

    /// The limits that the program was started with.
    #[must_use]
    pub fn started(&self) -> SiteRules {
        self.started
    }

    /// Which change this server knows last.
    #[must_use]
    pub fn revision(&self) -> i64 {
        self.known.borrow().revision
    }

    /// From now on this is in force, unless a later change is already.
    pub fn set(&self, revision: i64, settings: SiteSettings) {
        let rules = self.started.with(&settings);
        self.known.send_if_modified(|known| {
            let is_later = revision > known.revision;
            if is_later {
                *known = Known { revision, settings: Arc::new(settings), rules };
            }
            is_later
        });
    }

    /// From now on these sessions have ended, and no others.
    pub fn set_ended(&self, ended: Vec<(Option<VoterId>, DateTime<Utc>)>) {
        *self.ended.write().unwrap_or_else(PoisonError::into_inner) = ended.into_iter().collect();
    }

    /// Whether an administrator ended a session of a voter that began then.
    #[must_use]
    pub fn has_ended(&self, voter: VoterId, begun: DateTime<Utc>) -> bool {
        let ended = self.ended.read().unwrap_or_else(PoisonError::into_inner);
        [None, Some(voter)].iter().any(|whose| ended.get(whose).is_some_and(|ended| begun <= *ended))
    }

    /// Returns when something changes after this call.
    pub async fn changed(&self) {
        let mut changes = self.known.subscribe();
        // The sender is ours: it does not go away meanwhile.
        let _ = changes.changed().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_latest_change_is_in_force_whatever_order_they_arrive_in() {
        let site = crate::testing::config(&[]).rules;
        let site = Site::new(site);
        let named = |name: &str| {
            let texts = std::iter::once(("name_en".to_owned(), name.to_owned())).collect();
            SiteSettings::check(&texts).expect("a good name")
        };
        let other = site.clone();
        let waiting = tokio::spawn(async move { other.changed().await });
        tokio::task::yield_now().await;
        site.set(2, named("Second"));
        waiting.await.expect("woken");
        site.set(1, named("First"));
        assert_eq!((site.revision(), site.settings().name("en")), (2, Some("Second")));
    }
}
