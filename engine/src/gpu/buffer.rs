//! Owners of what a device lends: memory, recorded work, marks in time.

use std::num::NonZeroUsize;
use std::sync::Arc;

use super::device::{Address, Gpu};
use crate::error::{GpuError, Result};

/// A number that is its bytes.
pub trait Pod: Copy + Default {
    /// Its little-endian bytes, appended.
    fn put(self, bytes: &mut Vec<u8>);
    /// From as many bytes as it has.
    fn get(bytes: &[u8]) -> Self;
}

macro_rules! pod {
    ($($type:ty),*) => {$(
        impl Pod for $type {
            fn put(self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }
            fn get(bytes: &[u8]) -> Self {
                bytes.try_into().map(Self::from_le_bytes).unwrap_or_default()
            }
        }
    )*};
}
pod!(u8, i8, u16, i32, u32, u64, f32, half::f16, half::bf16);

/// Memory of a device; given back when dropped. An empty one has no memory and no address.
#[derive(Debug)]
pub struct Buffer {
    gpu: Arc<dyn Gpu>,
    address: Address,
    bytes: usize,
}

impl Buffer {
    /// Memory with undefined contents.
    ///
    /// # Errors
    /// There is no room.
    pub fn new(gpu: &Arc<dyn Gpu>, bytes: usize) -> Result<Self> {
        let address = match NonZeroUsize::new(bytes) {
            Some(bytes) => gpu.allocate(bytes)?,
            None => Address::NULL,
        };
        Ok(Self { gpu: Arc::clone(gpu), address, bytes })
    }

    /// Memory that holds these numbers.
    ///
    /// # Errors
    /// There is no room.
    pub fn of<T: Pod>(gpu: &Arc<dyn Gpu>, numbers: &[T]) -> Result<Self> {
        let mut bytes = Vec::with_capacity(size_of_val(numbers));
        numbers.iter().for_each(|n| n.put(&mut bytes));
        let buffer = Self::new(gpu, bytes.len())?;
        buffer.write(0, &bytes)?;
        Ok(buffer)
    }

    /// Where it begins.
    #[must_use]
    pub fn address(&self) -> Address {
        self.address
    }

    /// A place inside, in bytes from its beginning.
    #[must_use]
    pub fn at(&self, offset: usize) -> Address {
        debug_assert!(offset <= self.bytes, "{offset} of {}", self.bytes);
        self.address.plus(offset)
    }

    /// How many bytes it has.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    fn check(&self, offset: usize, bytes: usize) -> Result<()> {
        if offset.checked_add(bytes).is_some_and(|end| end <= self.bytes) {
            return Ok(());
        }
        let message = format!("{bytes} bytes from {offset} on, in a buffer of {}", self.bytes);
        Err(GpuError::new("copy", "out of bounds", message).into())
    }

    /// Copies bytes into it.
    ///
    /// # Errors
    /// They do not fit, or the device refused.
    pub fn write(&self, offset: usize, bytes: &[u8]) -> Result<()> {
        self.check(offset, bytes.len())?;
        self.gpu.write(self.at(offset), bytes)
    }

    /// Sets all its bytes.
    ///
    /// # Errors
    /// The device refused.
    pub fn fill(&self, value: u8) -> Result<()> {
        self.gpu.fill(self.address, value, self.bytes)
    }

    /// Its first numbers, after all work that was asked before.
    ///
    /// # Errors
    /// It has fewer, or earlier work failed.
    pub fn read<T: Pod>(&self, count: usize) -> Result<Vec<T>> {
        self.read_at(0, count)
    }

    /// Numbers from this byte on, after all work that was asked before.
    ///
    /// # Errors
    /// It has fewer, or earlier work failed.
    pub fn read_at<T: Pod>(&self, offset: usize, count: usize) -> Result<Vec<T>> {
        let mut bytes = vec![0; count * size_of::<T>()];
        self.check(offset, bytes.len())?;
        self.gpu.read(self.at(offset), &mut bytes)?;
        Ok(bytes.chunks_exact(size_of::<T>()).map(T::get).collect())
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.gpu.release(self.address);
        }
    }
}

/// Recorded work.
#[derive(Debug)]
pub struct Graph {
    gpu: Arc<dyn Gpu>,
    number: u64,
}

impl Graph {
    /// Records what `work` asks of the device; none of it is done now.
    ///
    /// # Errors
    /// The work's own, or the device cannot record it.
    pub fn record(gpu: &Arc<dyn Gpu>, work: impl FnOnce() -> Result<()>) -> Result<Self> {
        gpu.begin_capture()?;
        let outcome = work();
        // Recording ends in any case: a queue that still records would be of no use to anybody.
        let number = gpu.end_capture();
        outcome?;
        Ok(Self { gpu: Arc::clone(gpu), number: number? })
    }

    /// Does the work.
    ///
    /// # Errors
    /// The device refused.
    pub fn replay(&self) -> Result<()> {
        self.gpu.replay(self.number)
    }
}

impl Drop for Graph {
    fn drop(&mut self) {
        self.gpu.release_graph(self.number);
    }
}

/// A moment in a device's queue.
#[derive(Debug)]
pub struct Event {
    gpu: Arc<dyn Gpu>,
    number: u64,
}

impl Event {
    /// Marks this moment.
    ///
    /// # Errors
    /// The device refused.
    pub fn now(gpu: &Arc<dyn Gpu>) -> Result<Self> {
        Ok(Self { gpu: Arc::clone(gpu), number: gpu.record_event()? })
    }

    /// Milliseconds from an earlier one to this; waits until it is reached.
    ///
    /// # Errors
    /// The work between them failed.
    pub fn since(&self, earlier: &Self) -> Result<f32> {
        self.gpu.elapsed(earlier.number, self.number)
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        self.gpu.release_event(self.number);
    }
}
