//! What was computed from votes, kept until they change.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::Error;

/// Results that are kept at most: filters make as many boards as there are days, and each is some hundred kilobytes.
const MAX_KEPT: usize = 128;

/// Says which votes something was computed from; two that differ are of different votes.
pub(super) type Version = [i64; 3];

#[derive(Debug)]
struct Kept<T> {
    /// The version that was asked for, and the one that the result is of: votes may have come in between.
    asked: Version,
    version: Version,
    result: Arc<T>,
}

type Slot<T> = Arc<tokio::sync::Mutex<Option<Kept<T>>>>;

/// With when each was last asked for.
type Slots<K, T> = HashMap<K, (u64, Slot<T>)>;

/// What is kept, where it is of this version.
fn fresh<T>(kept: Option<&Kept<T>>, version: Version) -> Option<Arc<T>> {
    kept.filter(|kept| kept.asked == version || kept.version == version).map(|kept| kept.result.clone())
}

/// Results by what they are of. Clones share them.
#[derive(Debug)]
pub(super) struct Shelf<K, T> {
    slots: Arc<Mutex<Slots<K, T>>>,
}

impl<K, T> Default for Shelf<K, T> {
    fn default() -> Self {
        Self { slots: Arc::default() }
    }
}

impl<K, T> Clone for Shelf<K, T> {
    fn clone(&self) -> Self {
        Self { slots: self.slots.clone() }
    }
}

impl<K: Clone + Eq + Hash, T: Send + Sync + 'static> Shelf<K, T> {
    /// The result of this version, or a newer one: the kept one, or what `compute` comes to. One computes, the others wait
    /// for it; what was begun is finished and kept even if nobody waits any more.
    pub async fn get(
        &self,
        key: &K,
        version: Version,
        compute: impl Future<Output = Result<(Version, T), Error>> + Send + 'static,
    ) -> Result<Arc<T>, Error> {
        let slot = self.slot(key);
        if let Ok(kept) = slot.try_lock()
            && let Some(result) = fresh(kept.as_ref(), version)
        {
            return Ok(result);
        }
        let task = tokio::spawn(async move {
            let mut kept = slot.lock_owned().await;
            if let Some(result) = fresh(kept.as_ref(), version) {
                return Ok(result);
            }
            let (computed, result) = compute.await?;
            let result = Arc::new(result);
            *kept = Some(Kept { asked: version, version: computed, result: result.clone() });
            Ok(result)
        });
        task.await.map_err(|cause| Error::Internal(cause.into()))?
    }

    /// What is kept, of whatever version; nothing while it is being computed.
    pub fn peek(&self, key: &K) -> Option<Arc<T>> {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = slots.get(key)?.1.clone();
        drop(slots);
        let kept = slot.try_lock().ok()?;
        kept.as_ref().map(|kept| kept.result.clone())
    }

    fn slot(&self, key: &K) -> Slot<T> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let now = slots.values().map(|(used, _)| *used).max().unwrap_or(0) + 1;
        if slots.len() >= MAX_KEPT && !slots.contains_key(key) {
            let oldest = slots.iter().min_by_key(|(_, (used, _))| *used).map(|(key, _)| key.clone());
            oldest.and_then(|key| slots.remove(&key));
        }
        let (used, slot) = slots.entry(key.clone()).or_default();
        *used = now;
        slot.clone()
    }

    /// How many are kept.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_result_is_computed_once_a_version_and_the_longest_unused_one_goes() {
        let shelf: Shelf<usize, usize> = Shelf::default();
        let computed = Arc::new(AtomicUsize::new(0));
        let get = async |key: usize, version: i64| {
            let computed = computed.clone();
            let compute = async move {
                computed.fetch_add(1, Ordering::Relaxed);
                Ok(([version, 0, 0], key))
            };
            shelf.get(&key, [version, 0, 0], compute).await.unwrap()
        };
        get(0, 1).await;
        get(0, 1).await;
        assert_eq!(computed.load(Ordering::Relaxed), 1);
        get(0, 2).await;
        assert_eq!(computed.load(Ordering::Relaxed), 2);
        for key in 1..=MAX_KEPT {
            get(0, 2).await;
            get(key, 1).await;
        }
        assert_eq!(shelf.len(), MAX_KEPT);
        get(0, 2).await;
        assert_eq!(computed.load(Ordering::Relaxed), 2 + MAX_KEPT, "what is asked for again and again stays");
    }

    #[tokio::test]
    async fn what_was_begun_is_kept_though_nobody_waits_any_more() {
        let shelf: Shelf<u8, u8> = Shelf::default();
        let (tell, told) = tokio::sync::oneshot::channel();
        let slow = async move {
            told.await.map_err(|_| Error::NotFound)?;
            Ok(([1, 0, 0], 7))
        };
        let gone = tokio::time::timeout(std::time::Duration::from_millis(20), shelf.get(&0, [1, 0, 0], slow)).await;
        assert!(gone.is_err(), "it is still being computed");
        tell.send(()).unwrap();
        let never = async { Err(Error::NotFound) };
        assert_eq!(*shelf.get(&0, [1, 0, 0], never).await.unwrap(), 7);
    }
}
