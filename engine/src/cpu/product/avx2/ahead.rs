//! Asking memory for weights before they are needed.

use std::arch::x86_64::*;

use crate::cpu::product::matrix::Strip;

/// Asks for the `bytes` that stand the strip's distance behind place `at`; they may lie in the next strip, or nowhere.
#[inline]
pub fn read_ahead(w: Strip<'_>, at: usize, bytes: usize) {
    if w.ahead > 0 {
        prefetch(w.bytes.as_ptr().wrapping_add(at + w.ahead), bytes);
    }
}

/// Asks for the lines of some bytes, which need not exist.
#[inline]
pub fn prefetch(from: *const u8, bytes: usize) {
    for at in (0..bytes).step_by(64) {
        // SAFETY: a hint, which reads nothing that a program could notice, and fails silently.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(from.wrapping_add(at).cast()) };
    }
}
