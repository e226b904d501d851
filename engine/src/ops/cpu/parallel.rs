//! Sharing work between threads, and writing one result from several of them.

#![expect(unsafe_code, reason = "threads that write disjoint parts of one output")]

use std::marker::PhantomData;
use std::ops::Range;

use rayon::prelude::*;

/// Below so many multiplications, waking other threads costs more than it saves.
const WORTH_SHARING: usize = 1 << 18;

/// Rows of a matrix that one thread takes at a time.
const CHUNK: usize = 64;

/// Runs `task` on every item, on several threads if `work` multiplications are worth it.
pub fn parallel_for<T: Send>(work: usize, items: Vec<T>, task: impl Fn(T) + Send + Sync) {
    if work < WORTH_SHARING || items.len() < 2 {
        items.into_iter().for_each(task);
    } else {
        items.into_par_iter().with_max_len(1).for_each(task);
    }
}

/// Cuts `0..rows` into the chunks that threads take.
pub fn chunks(rows: usize) -> impl Iterator<Item = Range<usize>> + Clone {
    (0..rows).step_by(CHUNK).map(move |start| start..(start + CHUNK).min(rows))
}

/// A result that several threads write, each its own items.
pub struct DisjointSlice<'a> {
    data: *mut f32,
    len: usize,
    life: PhantomData<&'a mut [f32]>,
}

// SAFETY: `put`'s condition keeps threads on different items.
unsafe impl Sync for DisjointSlice<'_> {}
// SAFETY: the same; the pointer stands for an exclusive borrow.
unsafe impl Send for DisjointSlice<'_> {}

impl<'a> DisjointSlice<'a> {
    /// Borrows `out` for writing.
    pub fn new(out: &'a mut [f32]) -> Self {
        Self { data: out.as_mut_ptr(), len: out.len(), life: PhantomData }
    }

    /// Writes item `at`.
    ///
    /// # Safety
    /// No other thread reads or writes this item while the borrow lasts.
    ///
    /// # Panics
    /// If there is no such item.
    #[inline]
    pub unsafe fn write(&self, at: usize, value: f32) {
        assert!(at < self.len);
        // SAFETY: inside the slice; the caller keeps other threads away from the item.
        unsafe { *self.data.add(at) = value };
    }
}
