//! Threads that compute a step together: every one of them runs the whole step, and they meet between its phases.
//!
//! A phase's items are taken one by one from a common counter, so that a thread which the system holds up does less. Who
//! waits spins for some microseconds and then sleeps: an idle pool costs nothing.

#![expect(unsafe_code, reason = "threads that run a borrowed closure")]

mod cores;
mod signal;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::JoinHandle;

pub use cores::allowed_cores;
use signal::Signal;

use crate::error::{Error, Result};

/// Rounds that a thread spins inside a step, about 40 microseconds: phases are as short.
const SPINS: u32 = 1 << 12;
/// Rounds that a thread spins between steps: choosing tokens takes about as long.
const SPINS_BETWEEN: u32 = 1 << 13;

/// Why a thread leaves a step before its end.
#[derive(Debug)]
pub enum Halt {
    /// It found an error.
    Error(Error),
    /// Another thread did.
    Other,
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// What each thread runs.
type Body<'a> = dyn Fn(&Worker<'_>) -> Result<(), Halt> + Sync + 'a;

/// What the threads share.
#[derive(Default)]
struct State {
    /// Raised when there is a body to run, or when the pool ends.
    start: Signal,
    /// Raised when all have met.
    met: Signal,
    /// Raised when a thread has left the body.
    left: Signal,
    /// The body while it runs.
    body: Mutex<Option<Pointer>>,
    ends: AtomicBool,
    /// Threads that wait at the barrier.
    arrived: AtomicUsize,
    /// The next item of the phase.
    next: AtomicUsize,
    /// Threads other than the caller's that are inside the body.
    inside: AtomicUsize,
    failed: AtomicBool,
    error: Mutex<Option<Error>>,
}

/// A borrowed body without its lifetime; see [`Pool::run`].
#[derive(Clone, Copy)]
struct Pointer(*const Body<'static>);

// SAFETY: the body is `Sync`, and `Pool::run` keeps it alive for as long as any thread uses it.
unsafe impl Send for Pointer {}

/// Threads for steps. Steps of several models take turns.
pub struct Pool {
    state: Arc<State>,
    threads: usize,
    handles: Vec<JoinHandle<()>>,
    turn: Mutex<()>,
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool").field("threads", &self.threads).finish_non_exhaustive()
    }
}

/// The pools of this process: engines that ask for as many threads share them.
static POOLS: Mutex<Vec<Weak<Pool>>> = Mutex::new(Vec::new());

impl Pool {
    /// The process's pool of so many threads; without a number, one for each physical core that it may use.
    ///
    /// # Errors
    /// The system starts no more threads.
    pub fn shared(threads: Option<usize>) -> Result<Arc<Self>> {
        let threads = threads.unwrap_or_else(allowed_cores).max(1);
        let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
        pools.retain(|pool| pool.strong_count() > 0);
        if let Some(pool) = pools.iter().filter_map(Weak::upgrade).find(|pool| pool.threads == threads) {
            return Ok(pool);
        }
        let pool = Arc::new(Self::new(threads)?);
        pools.push(Arc::downgrade(&pool));
        Ok(pool)
    }

    fn new(threads: usize) -> Result<Self> {
        let state = Arc::new(State::default());
        let mut pool = Self { state, threads, handles: Vec::new(), turn: Mutex::new(()) };
        // The caller's own thread is the first.
        for index in 1..threads {
            let state = Arc::clone(&pool.state);
            let builder = std::thread::Builder::new().name(format!("compute-{index}"));
            let handle = builder.spawn(move || follow(&state, index, threads)).map_err(Error::io("a thread"))?;
            pool.handles.push(handle);
        }
        Ok(pool)
    }

    /// How many threads compute, the caller's included.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Runs `body` on every thread, this one included, and returns when all have left it.
    ///
    /// # Errors
    /// The first that a thread found; a panic becomes one.
    pub fn run(&self, body: &Body<'_>) -> Result<()> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let state = &*self.state;
        state.arrived.store(0, Ordering::Relaxed);
        state.next.store(0, Ordering::Relaxed);
        state.failed.store(false, Ordering::Relaxed);
        *lock(&state.error) = None;
        state.inside.store(self.threads - 1, Ordering::Relaxed);
        let body: *const Body<'_> = body;
        // SAFETY: only the lifetime changes, and this function does not return before all threads have left the body.
        let body = unsafe { std::mem::transmute::<*const Body<'_>, *const Body<'static>>(body) };
        *lock(&state.body) = Some(Pointer(body));
        state.start.advance();
        enter(state, Pointer(body), 0, self.threads);
        loop {
            let seen = state.left.get();
            if state.inside.load(Ordering::Acquire) == 0 {
                break;
            }
            state.left.wait(seen, SPINS, || state.inside.load(Ordering::Acquire) > 0);
        }
        *lock(&state.body) = None;
        match lock(&state.error).take() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.state.ends.store(true, Ordering::Release);
        self.state.start.advance();
        for handle in self.handles.drain(..) {
            // A thread of the pool catches its panics.
            let _ = handle.join();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a thread of the pool does all its life.
fn follow(state: &State, index: usize, threads: usize) {
    let mut seen = 0;
    loop {
        state.start.wait(seen, SPINS_BETWEEN, || true);
        seen = seen.wrapping_add(1);
        if state.ends.load(Ordering::Acquire) {
            return;
        }
        let body = *lock(&state.body);
        if let Some(body) = body {
            enter(state, body, index, threads);
            state.inside.fetch_sub(1, Ordering::Release);
            state.left.advance();
        }
    }
}

/// Runs the body on one thread. Whatever happens inside, the others are not left waiting.
fn enter(state: &State, body: Pointer, index: usize, threads: usize) {
    let worker = Worker { state, index, threads };
    // SAFETY: `Pool::run` waits for this thread to leave before the body goes.
    let body = unsafe { &*body.0 };
    let error = match catch_unwind(AssertUnwindSafe(|| body(&worker))) {
        Ok(Ok(()) | Err(Halt::Other)) => return,
        Ok(Err(Halt::Error(error))) => error,
        Err(panic) => Error::Panic(panic_text(panic.as_ref())),
    };
    lock(&state.error).get_or_insert(error);
    state.failed.store(true, Ordering::SeqCst);
    state.met.wake();
}

#[expect(clippy::disallowed_types, reason = "what `catch_unwind` gives")]
pub fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without a message".to_owned())
}

/// One thread inside a step.
pub struct Worker<'a> {
    state: &'a State,
    index: usize,
    threads: usize,
}

impl Worker<'_> {
    /// Its number, from 0.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// How many threads there are.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// A phase: each of `items` goes to one thread. Nobody goes on before all are done.
    ///
    /// # Errors
    /// An item failed, here or elsewhere.
    pub fn share(&self, items: usize, body: impl FnMut(usize) -> Result<(), Halt>) -> Result<(), Halt> {
        self.share_then(items, body, || Ok(()))
    }

    /// A phase, and what one thread does after it while the others wait: for what is too small to share.
    ///
    /// # Errors
    /// An item failed, here or elsewhere.
    pub fn share_then(
        &self,
        items: usize,
        mut body: impl FnMut(usize) -> Result<(), Halt>,
        then: impl FnOnce() -> Result<(), Halt>,
    ) -> Result<(), Halt> {
        loop {
            let item = self.state.next.fetch_add(1, Ordering::Relaxed);
            if item >= items {
                break;
            }
            body(item)?;
        }
        let met = self.state.met.get();
        if self.state.arrived.fetch_add(1, Ordering::AcqRel) + 1 == self.threads {
            then()?;
            self.state.arrived.store(0, Ordering::Relaxed);
            self.state.next.store(0, Ordering::Relaxed);
            self.state.met.advance();
        } else {
            self.state.met.wait(met, SPINS, || !self.state.failed.load(Ordering::SeqCst));
        }
        if self.state.failed.load(Ordering::SeqCst) { Err(Halt::Other) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_done_once_and_before_the_next_phase_begins() {
        for threads in [1, 2, 3, 5] {
            let pool = Pool::new(threads).expect("threads");
            let done: Vec<AtomicUsize> = (0..100).map(|_| AtomicUsize::new(0)).collect();
            for round in 0..50 {
                pool.run(&|worker| {
                    for phase in 0..10 {
                        let before = round * 10 + phase;
                        worker.share_then(
                            done.len(),
                            |item| {
                                assert_eq!(done[item].fetch_add(1, Ordering::Relaxed), before);
                                Ok(())
                            },
                            || {
                                let all = done.iter().all(|done| done.load(Ordering::Relaxed) == before + 1);
                                if all { Ok(()) } else { Err(Error::Stopped.into()) }
                            },
                        )?;
                    }
                    Ok(())
                })
                .expect("no failure");
            }
        }
    }

    #[test]
    fn an_error_or_a_panic_of_any_thread_ends_the_step_for_all() {
        let pool = Pool::new(4).expect("threads");
        for victim in 0..40 {
            let error = pool
                .run(&|worker| {
                    worker.share(40, |item| match item == victim {
                        true if victim % 2 == 0 => panic!("item {item} panics"),
                        true => Err(Error::NotFinite(format!("item {item}")).into()),
                        false => Ok(()),
                    })?;
                    worker.share(1, |_| Ok(()))
                })
                .expect_err("it failed");
            assert!(error.to_string().contains(&format!("item {victim}")), "{error}");
            pool.run(&|worker| worker.share(8, |_| Ok(()))).expect("the next step works");
        }
    }

    #[test]
    fn engines_that_ask_for_as_many_threads_share_a_pool() {
        let (one, two) = (Pool::shared(Some(3)).expect("a pool"), Pool::shared(Some(3)).expect("a pool"));
        assert!(Arc::ptr_eq(&one, &two) && one.threads() == 3);
        assert!(!Arc::ptr_eq(&one, &Pool::shared(Some(2)).expect("a pool")));
        assert_eq!(Pool::shared(None).expect("a pool").threads(), allowed_cores());
    }

    #[test]
    fn steps_from_several_threads_take_turns() {
        let pool = Pool::new(2).expect("threads");
        let inside = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        pool.run(&|worker| {
                            inside.fetch_add(1, Ordering::SeqCst);
                            worker.share(1, |_| Ok(()))?;
                            assert!(inside.load(Ordering::SeqCst) <= 2);
                            worker.share(1, |_| Ok(()))?;
                            inside.fetch_sub(1, Ordering::SeqCst);
                            Ok(())
                        })
                        .expect("no failure");
                    }
                });
            }
        });
        assert_eq!(inside.load(Ordering::SeqCst), 0);
    }
}
