//! Who is asked next: requests wait in line for a model, and go to the least busy of its servers that is well.
//!
//! Each web process has lines of its own, as it has health of its own: a limit holds for each of them.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;
use uuid::Uuid;

use super::error::{BackendError, ErrorKind};
use super::target::Target;

/// Whoever waits looks again after so long though nothing was told: a server's rest ends by the clock.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The lines before all models, by [`Target::name`].
#[derive(Debug, Default)]
pub(super) struct Queues {
    lines: Mutex<HashMap<String, Line>>,
}

#[derive(Debug, Default)]
struct Line {
    /// Answers under way, by the server's place.
    running: HashMap<usize, usize>,
    /// Who waits, first come first.
    waiting: VecDeque<Uuid>,
    /// Where the next tie goes.
    turn: usize,
    changed: watch::Sender<()>,
}

impl Line {
    fn running(&self, at: usize) -> usize {
        self.running.get(&at).copied().unwrap_or(0)
    }

    /// The least busy of these servers that has room; ties go round.
    fn free(&self, target: &Target, fit: &[usize]) -> Option<usize> {
        let has_room = |at: &usize| target.capacity.per_server.is_none_or(|most| self.running(*at) < most);
        let after = |at: usize| (at + target.count() - self.turn % target.count()) % target.count();
        fit.iter().copied().filter(has_room).min_by_key(|at| (self.running(*at), after(*at)))
    }

    fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.running.values().all(|running| *running == 0)
    }
}

/// A place in line; leaving it tells those behind.
struct Place<'a> {
    queues: &'a Queues,
    model: &'a str,
    ticket: Uuid,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.queues.change(self.model, |line| line.waiting.retain(|ticket| *ticket != self.ticket));
    }
}

/// An answer that may be asked for at one of the servers; dropping it makes room.
#[derive(Debug)]
pub(super) struct Seat {
    queues: Arc<Queues>,
    model: String,
    /// Which of the target's servers.
    pub(super) at: usize,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.queues.change(&self.model, |line| {
            if let Some(running) = line.running.get_mut(&self.at) {
                *running = running.saturating_sub(1);
            }
        });
    }
}

impl Queues {
    /// Waits for room at one of the servers for which `is_fit` holds, or at any where it holds for none. Whoever was in
    /// line already and could not be answered goes to its head.
    ///
    /// # Errors
    /// [`ErrorKind::QueueFull`] at once, where too many wait.
    pub(super) async fn seat(
        self: &Arc<Self>,
        target: &Target,
        ticket: Uuid,
        is_again: bool,
        is_fit: impl Fn(usize) -> bool,
    ) -> Result<Seat, BackendError> {
        let mut place = None;
        loop {
            let fit: Vec<usize> = (0..target.count()).filter(|at| is_fit(*at)).collect();
            let fit = if fit.is_empty() { (0..target.count()).collect() } else { fit };
            let mut changed = {
                let mut lines = self.lock();
                let line = lines.entry(target.name.clone()).or_default();
                let is_next =
                    line.waiting.front().is_none_or(|first| *first == ticket) || (is_again && place.is_none());
                if let Some(at) = line.free(target, &fit).filter(|_| is_next) {
                    *line.running.entry(at).or_default() += 1;
                    line.turn = at + 1;
                    return Ok(Seat { queues: self.clone(), model: target.name.clone(), at });
                }
                if place.is_none() {
                    match is_again {
                        true => line.waiting.push_front(ticket),
                        false if line.waiting.len() >= target.capacity.waiting => {
                            return Err(BackendError::new(
                                ErrorKind::QueueFull,
                                "too many requests wait for this model",
                            ));
                        }
                        false => line.waiting.push_back(ticket),
                    }
                }
                line.changed.subscribe()
            };
            place.get_or_insert_with(|| Place { queues: self, model: &target.name, ticket });
            // Whether it was told or the time is over: it looks.
            _ = timeout(LOOK_AGAIN, changed.changed()).await;
        }
    }

    /// How many requests wait before each of those that wait.
    pub(super) fn places(&self) -> Vec<(Uuid, usize)> {
        let lines = self.lock();
        lines.values().flat_map(|line| line.waiting.iter().copied().enumerate()).map(|(at, one)| (one, at)).collect()
    }

    /// Whether one more request would be refused.
    pub(super) fn is_full(&self, target: &Target) -> bool {
        let lines = self.lock();
        let Some(line) = lines.get(&target.name) else { return false };
        let all: Vec<usize> = (0..target.count()).collect();
        let has_seat = line.waiting.is_empty() && line.free(target, &all).is_some();
        !has_seat && line.waiting.len() >= target.capacity.waiting
    }

    fn change(&self, model: &str, change: impl FnOnce(&mut Line)) {
        let mut lines = self.lock();
        let Some(line) = lines.get_mut(model) else { return };
        change(line);
        line.changed.send_replace(());
        if line.is_idle() {
            lines.remove(model);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Line>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::super::endpoint::Endpoint;
    use super::super::target::Capacity;
    use super::*;

    fn target(servers: usize, per_server: Option<usize>, waiting: usize) -> Target {
        let endpoint = |at: usize| Endpoint::new(&format!("http://h{at}/v1"), None, "m").unwrap();
        let others = (1..servers).map(endpoint).collect();
        Target::new("m", endpoint(0), others, Capacity { per_server, waiting })
    }

    fn ticket(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    #[tokio::test]
    async fn requests_go_to_the_least_busy_server_in_turn_and_not_to_one_that_is_down() {
        let (queues, target) = (Arc::new(Queues::default()), target(3, None, 0));
        let mut seats = Vec::new();
        for n in 0..6 {
            seats.push(queues.seat(&target, ticket(n), false, |_| true).await.unwrap());
        }
        assert_eq!(seats.iter().map(|seat| seat.at).collect::<Vec<_>>(), [0, 1, 2, 0, 1, 2]);
        seats.retain(|seat| seat.at != 1);
        assert_eq!(queues.seat(&target, ticket(9), false, |_| true).await.unwrap().at, 1, "it has the least to do");
        assert_ne!(queues.seat(&target, ticket(9), false, |at| at != 1).await.unwrap().at, 1, "it is down");
        assert_eq!(queues.seat(&target, ticket(9), false, |_| false).await.unwrap().at, 1, "all are: any may be tried");
        drop(seats);
        assert!(queues.lock().is_empty(), "nothing is remembered of a model that has nothing to do");
    }

    #[tokio::test]
    async fn requests_wait_in_order_know_their_place_and_are_refused_when_the_line_is_full() {
        let (queues, target) = (Arc::new(Queues::default()), target(1, Some(1), 2));
        let first = queues.seat(&target, ticket(1), false, |_| true).await.unwrap();
        let wait = |n| {
            let (queues, target) = (queues.clone(), target.clone());
            tokio::spawn(async move { queues.seat(&target, ticket(n), false, |_| true).await.map(drop) })
        };
        let places = async |expected: Vec<(Uuid, usize)>| {
            while queues.places() != expected {
                tokio::task::yield_now().await;
            }
        };
        let second = wait(2);
        places(vec![(ticket(2), 0)]).await;
        assert!(!queues.is_full(&target));
        let third = wait(3);
        places(vec![(ticket(2), 0), (ticket(3), 1)]).await;
        assert!(queues.is_full(&target));
        let refused = queues.seat(&target, ticket(4), false, |_| true).await.unwrap_err();
        assert_eq!(refused.kind, ErrorKind::QueueFull);
        second.abort();
        places(vec![(ticket(3), 0)]).await;
        drop(first);
        third.await.unwrap().unwrap();
        assert!(queues.places().is_empty());
    }

    #[tokio::test]
    async fn whoever_could_not_be_answered_goes_to_the_head_of_the_line() {
        let (queues, target) = (Arc::new(Queues::default()), target(1, Some(1), 1));
        let seat = queues.seat(&target, ticket(1), false, |_| true).await.unwrap();
        let wait = |n, is_again| {
            let (queues, target) = (queues.clone(), target.clone());
            tokio::spawn(async move { queues.seat(&target, ticket(n), is_again, |_| true).await })
        };
        let behind = wait(2, false);
        while queues.places().is_empty() {
            tokio::task::yield_now().await;
        }
        let again = wait(3, true);
        while queues.places() != [(ticket(3), 0), (ticket(2), 1)] {
            tokio::task::yield_now().await;
        }
        drop(seat);
        drop(again.await.unwrap().unwrap());
        behind.await.unwrap().unwrap();
    }
}
