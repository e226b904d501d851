//! Main memory: large pages for what is read again and again, and how much there is.

#![expect(unsafe_code, reason = "memory that several threads write disjoint parts of")]

use std::ops::Range;

use memmap2::MmapMut;

use crate::error::{Error, Result};

/// Numbers that are plain bytes: zeros are a value.
///
/// # Safety
/// The type has no padding, and every bit pattern is a value.
pub unsafe trait Plain: Copy + Send + Sync + 'static {}

// SAFETY: a number.
unsafe impl Plain for f32 {}
// SAFETY: a number.
unsafe impl Plain for u16 {}
// SAFETY: a number.
unsafe impl Plain for u8 {}
// SAFETY: a number.
unsafe impl Plain for u32 {}

/// Zeros at first, in pages of 2 MiB where the system has them. Threads of a step write disjoint parts of it.
#[derive(Debug)]
pub struct Buffer<T> {
    // Keeps the pages; `data` points into it.
    _pages: Option<MmapMut>,
    data: *mut T,
    len: usize,
}

// SAFETY: the conditions of `get` and `get_mut` keep threads apart.
unsafe impl<T: Plain> Send for Buffer<T> {}
// SAFETY: the same.
unsafe impl<T: Plain> Sync for Buffer<T> {}

impl<T: Plain> Buffer<T> {
    /// `len` zeros.
    ///
    /// # Errors
    /// There is no room.
    pub fn new(len: usize) -> Result<Self> {
        let bytes = len.checked_mul(size_of::<T>()).ok_or_else(|| no_room(u64::MAX))?;
        if bytes == 0 {
            return Ok(Self { _pages: None, data: std::ptr::NonNull::dangling().as_ptr(), len });
        }
        let mut pages = MmapMut::map_anon(bytes).map_err(|_| no_room(bytes as u64))?;
        // Fewer misses of the address cache: half as fast again in long streams. Refused, it is slower and right.
        #[cfg(target_os = "linux")]
        let _ = pages.advise(memmap2::Advice::HugePage);
        // Pages begin where any number may.
        let data = pages.as_mut_ptr().cast();
        Ok(Self { _pages: Some(pages), data, len })
    }

    /// How many numbers there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Some of the numbers.
    ///
    /// # Safety
    /// No thread writes them while the result lives.
    ///
    /// # Panics
    /// If there are not as many.
    #[inline]
    pub unsafe fn get(&self, range: Range<usize>) -> &[T] {
        assert!(range.start <= range.end && range.end <= self.len, "{range:?} of {}", self.len);
        // SAFETY: inside the pages; the caller keeps writers away.
        unsafe { std::slice::from_raw_parts(self.data.add(range.start), range.len()) }
    }

    /// Some of the numbers, to be written.
    ///
    /// # Safety
    /// No other thread reads or writes them while the result lives, and this one has no other reference to them.
    ///
    /// # Panics
    /// If there are not as many.
    #[inline]
    #[expect(clippy::mut_from_ref, reason = "threads write disjoint parts")]
    pub unsafe fn get_mut(&self, range: Range<usize>) -> &mut [T] {
        assert!(range.start <= range.end && range.end <= self.len, "{range:?} of {}", self.len);
        // SAFETY: inside the pages; the caller has these numbers for itself.
        unsafe { std::slice::from_raw_parts_mut(self.data.add(range.start), range.len()) }
    }

    /// All of them, of an owner who shares them with nobody.
    pub fn all_mut(&mut self) -> &mut [T] {
        // SAFETY: the exclusive borrow keeps everybody else away.
        unsafe { self.get_mut(0..self.len) }
    }
}

fn no_room(bytes: u64) -> Error {
    Error::Device { device: "cpu".to_owned(), message: format!("the system gives no {} of memory", gib(bytes)) }
}

/// Bytes as people read them.
pub fn gib(bytes: u64) -> String {
    format!("{:.2} GiB", bytes as f64 / f64::from(1 << 30))
}

/// How many bytes may still be used without swapping: what the system has, and what the process's control group leaves.
/// Nothing where the system (Linux) does not tell.
pub fn available() -> Option<u64> {
    let meminfo = std::fs::read_to_string("/proc/meminfo").ok()?;
    let system = field(&meminfo, "MemAvailable:")?.checked_mul(1024)?;
    Some(of_group().map_or(system, |group| group.min(system)))
}

/// What the control group (version 2) leaves. Pages of files in its account are given up when memory is short.
fn of_group() -> Option<u64> {
    let path = std::fs::read_to_string("/proc/self/cgroup").ok()?;
    let path = path.lines().find_map(|line| line.strip_prefix("0::"))?.trim_start_matches('/').to_owned();
    let folder = std::path::Path::new("/sys/fs/cgroup").join(path);
    let number = |name: &str| std::fs::read_to_string(folder.join(name)).ok()?.trim().parse::<u64>().ok();
    let (most, used) = (number("memory.max")?, number("memory.current")?);
    let statistics = std::fs::read_to_string(folder.join("memory.stat")).ok()?;
    let files = field(&statistics, "file ").unwrap_or(0);
    Some(most.saturating_sub(used.saturating_sub(files)))
}

/// The number behind a name, in a file of such lines.
fn field(text: &str, name: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_are_zeros_and_keep_what_is_written() {
        let mut buffer = Buffer::<f32>::new(1000).expect("memory");
        assert_eq!(buffer.len(), 1000);
        assert!(buffer.all_mut().iter().all(|number| *number == 0.0));
        buffer.all_mut()[999] = 5.0;
        // SAFETY: nobody writes.
        assert_eq!(unsafe { buffer.get(998..1000) }, [0.0, 5.0]);
        assert!(Buffer::<u16>::new(0).expect("nothing").all_mut().is_empty());
    }

    #[test]
    fn what_cannot_be_had_is_an_error() {
        let error = Buffer::<f32>::new(usize::MAX / 8).expect_err("too much").to_string();
        assert!(error.contains("memory"), "{error}");
    }

    #[test]
    fn memory_that_is_left_is_known_on_linux() {
        if cfg!(target_os = "linux") {
            assert!(available().is_some_and(|bytes| bytes > 1 << 20));
        }
        assert_eq!(field("a: 1 kB\nMemAvailable:   77 kB\n", "MemAvailable:"), Some(77));
    }
}
