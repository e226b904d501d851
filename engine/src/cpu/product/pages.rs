//! Memory for weights, in huge pages where the system gives them: with small ones, reading stands still at each page.

use std::io::Result;
use std::ops::{Deref, DerefMut};

use memmap2::MmapMut;

/// A huge page of most processors.
const HUGE: usize = 2 << 20;

/// Zeros at first. They begin where a huge page can begin, and only whole ones are asked for: not a byte more is resident.
#[derive(Debug)]
pub struct Pages {
    map: MmapMut,
    first: usize,
    len: usize,
}

impl Pages {
    /// So many bytes.
    ///
    /// # Errors
    /// The system has no room for them.
    pub fn zeroed(len: usize) -> Result<Self> {
        if len < HUGE {
            return Ok(Self { map: MmapMut::map_anon(len)?, first: 0, len });
        }
        // What lies before the first huge page is never touched, and so never there.
        let map = MmapMut::map_anon(len.checked_add(HUGE).ok_or(std::io::ErrorKind::OutOfMemory)?)?;
        let at = map.as_ptr().addr();
        let first = at.next_multiple_of(HUGE) - at;
        // Only advice: without it everything is as right.
        #[cfg(target_os = "linux")]
        let _ = map.advise_range(memmap2::Advice::HugePage, first, len / HUGE * HUGE);
        Ok(Self { map, first, len })
    }
}

impl Deref for Pages {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.map[self.first..self.first + self.len]
    }
}

impl DerefMut for Pages {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.map[self.first..self.first + self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_zeros_as_many_as_asked_for_and_large_ones_begin_at_a_huge_page() {
        for len in [1, 4096, HUGE - 1, HUGE, 3 * HUGE + 5] {
            let mut pages = Pages::zeroed(len).expect("memory");
            assert!(pages.len() == len && pages.iter().all(|byte| *byte == 0));
            pages.fill(7);
            assert!(pages.iter().all(|byte| *byte == 7));
            assert!(len < HUGE || pages.as_ptr().addr().is_multiple_of(HUGE));
        }
        Pages::zeroed(usize::MAX).expect_err("too much");
    }
}
