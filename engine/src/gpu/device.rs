//! What a GPU can do, as little as the engine needs.

use std::fmt::Debug;
use std::num::NonZeroUsize;
use std::sync::Arc;

use crate::error::{GpuError, Result};

/// A place in the memory of a device. It may lie inside a buffer; who owns that is [`super::Buffer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Address(pub u64);

impl Address {
    /// No memory at all: what an empty buffer has.
    pub const NULL: Self = Self(0);

    /// So many bytes further on.
    #[must_use]
    pub const fn plus(self, bytes: usize) -> Self {
        Self(self.0 + bytes as u64)
    }
}

/// An argument of a kernel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Arg {
    Address(Address),
    I32(i32),
    U32(u32),
    U64(u64),
    F32(f32),
}

macro_rules! from {
    ($($type:ty => $variant:ident),*) => {$(
        impl From<$type> for Arg {
            fn from(value: $type) -> Self {
                Self::$variant(value)
            }
        }
    )*};
}
from!(Address => Address, i32 => I32, u32 => U32, u64 => U64, f32 => F32);

/// How many blocks of how many threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Launch {
    /// Blocks.
    pub grid: [u32; 3],
    /// Threads of a block.
    pub block: [u32; 3],
    /// Bytes of dynamic shared memory of a block.
    pub shared: u32,
}

impl Launch {
    /// A line of blocks with a line of threads each.
    #[must_use]
    pub const fn line(blocks: u32, threads: u32) -> Self {
        Self { grid: [blocks, 1, 1], block: [threads, 1, 1], shared: 0 }
    }

    /// One thread for each of `items`, in blocks of `threads`.
    #[must_use]
    pub const fn each(items: usize, threads: u32) -> Self {
        Self::line((items as u32).div_ceil(threads), threads)
    }
}

/// What a device is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Properties {
    /// Its name, as its maker gives it.
    pub name: String,
    /// Compute capability.
    pub capability: (u32, u32),
    pub multiprocessors: u32,
    /// Bytes of dynamic shared memory that a block can have.
    pub shared_memory: u32,
}

/// Bytes of a device's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryInfo {
    pub free: u64,
    pub total: u64,
}

/// One GPU with a queue of work of its own: what is asked is done in order. Only `read`, [`Self::wait`] and
/// [`Self::elapsed`] wait for it.
///
/// Errors of earlier work may come from any call. Empty copies and launches are never passed on: see `impl dyn Gpu`.
pub trait Gpu: Debug + Send + Sync {
    fn properties(&self) -> &Properties;

    fn memory(&self) -> Result<MemoryInfo>;

    /// Memory with undefined contents, aligned to 256 bytes.
    fn allocate(&self, bytes: NonZeroUsize) -> Result<Address>;

    /// Gives memory back once all work that was asked before is done.
    fn release(&self, address: Address);

    /// Copies to the device; `bytes` may change once this returns.
    fn write_raw(&self, to: Address, bytes: &[u8]) -> Result<()>;

    /// Copies from the device, after all that was asked before.
    fn read_raw(&self, from: Address, into: &mut [u8]) -> Result<()>;

    /// Copies on the device.
    fn copy_raw(&self, from: Address, to: Address, bytes: usize) -> Result<()>;

    /// Sets bytes on the device.
    fn fill_raw(&self, to: Address, value: u8, bytes: usize) -> Result<()>;

    /// Runs a kernel.
    fn launch_raw(&self, kernel: &'static str, launch: Launch, args: &[Arg]) -> Result<()>;

    /// Waits until everything that was asked is done.
    fn wait(&self) -> Result<()>;

    /// From now on work is not done but recorded.
    fn begin_capture(&self) -> Result<()>;

    /// Ends recording; the number of what was recorded.
    fn end_capture(&self) -> Result<u64>;

    /// Does recorded work.
    fn replay(&self, graph: u64) -> Result<()>;

    fn release_graph(&self, graph: u64);

    /// Marks this moment in the queue.
    fn record_event(&self) -> Result<u64>;

    /// Milliseconds between two marks, once the later one is reached.
    fn elapsed(&self, from: u64, to: u64) -> Result<f32>;

    fn release_event(&self, event: u64);

    /// The same device with another queue of work.
    fn fork(&self) -> Result<Arc<dyn Gpu>>;
}

/// Empty work is none: devices refuse it, and a step may well have none. It is answered here, once for all callers.
impl dyn Gpu + '_ {
    /// Runs a kernel, unless there are no blocks.
    ///
    /// # Errors
    /// The kernel is unknown, the launch is beyond what devices can do, or the device refused; the message names the kernel.
    pub fn launch(&self, kernel: &'static str, launch: Launch, args: &[Arg]) -> Result<()> {
        if launch.grid.contains(&0) {
            return Ok(());
        }
        let threads: u64 = launch.block.iter().map(|n| u64::from(*n)).product();
        let fits = (1..=1024).contains(&threads)
            && launch.grid[0] <= i32::MAX as u32
            && launch.grid[1..].iter().all(|n| *n <= 65535)
            && launch.shared <= self.properties().shared_memory;
        if !fits {
            return Err(GpuError::new(kernel, "no such launch", format!("{launch:?}")).into());
        }
        self.launch_raw(kernel, launch, args)
    }

    /// Copies to the device.
    ///
    /// # Errors
    /// The device refused.
    pub fn write(&self, to: Address, bytes: &[u8]) -> Result<()> {
        if bytes.is_empty() { Ok(()) } else { self.write_raw(to, bytes) }
    }

    /// Copies from the device and waits for it.
    ///
    /// # Errors
    /// The device refused, or earlier work failed.
    pub fn read(&self, from: Address, into: &mut [u8]) -> Result<()> {
        if into.is_empty() { Ok(()) } else { self.read_raw(from, into) }
    }

    /// Copies on the device.
    ///
    /// # Errors
    /// The device refused.
    pub fn copy(&self, from: Address, to: Address, bytes: usize) -> Result<()> {
        if bytes == 0 { Ok(()) } else { self.copy_raw(from, to, bytes) }
    }

    /// Sets bytes on the device.
    ///
    /// # Errors
    /// The device refused.
    pub fn fill(&self, to: Address, value: u8, bytes: usize) -> Result<()> {
        if bytes == 0 { Ok(()) } else { self.fill_raw(to, value, bytes) }
    }
}
