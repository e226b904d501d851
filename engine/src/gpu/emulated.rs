//! The emulator as a [`Gpu`].
#![expect(unsafe_code, reason = "runs compiled kernels")]

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use mixtral_emulator::{Memory, Shape};

use super::device::{Address, Arg, Gpu, Launch, MemoryInfo, Properties};
use crate::error::{GpuError, Result};

/// Memory of the emulated device.
const TOTAL: u64 = 1 << 30;

/// A device for tests.
#[must_use]
pub fn emulated() -> Arc<dyn Gpu> {
    emulated_with(TOTAL)
}

/// A device with so much memory.
pub fn emulated_with(total: u64) -> Arc<dyn Gpu> {
    let properties = Properties {
        name: "emulator".into(),
        capability: (9, 0),
        multiprocessors: 4,
        // What compute capability 9.0 has.
        shared_memory: 227 * 1024,
    };
    Arc::new(Emulated { properties, total, state: Arc::default(), queue: Mutex::default() })
}

#[derive(Debug)]
struct Emulated {
    properties: Properties,
    total: u64,
    state: Arc<Mutex<Memory>>,
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    recording: Option<Vec<Work>>,
    graphs: HashMap<u64, Vec<Work>>,
    events: HashMap<u64, Instant>,
    next: u64,
}

#[derive(Clone, Debug)]
enum Work {
    Write(Address, Vec<u8>),
    Copy(Address, Address, usize),
    Fill(Address, u8, usize),
    Launch(&'static str, Launch, Vec<Arg>),
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn fault(what: &str, message: String) -> crate::error::Error {
    GpuError::new(what, "EMULATOR", message).into()
}

impl Emulated {
    fn ask(&self, work: Work) -> Result<()> {
        if let Some(recording) = &mut lock(&self.queue).recording {
            recording.push(work);
            return Ok(());
        }
        self.work(&work)
    }

    fn work(&self, work: &Work) -> Result<()> {
        let mut memory = lock(&self.state);
        match work {
            Work::Write(to, bytes) => {
                memory.bytes(to.0, bytes.len()).map_err(|m| fault("write", m))?.copy_from_slice(bytes);
            }
            Work::Copy(from, to, bytes) => {
                let from = memory.bytes(from.0, *bytes).map_err(|m| fault("copy from", m))?.to_vec();
                memory.bytes(to.0, *bytes).map_err(|m| fault("copy to", m))?.copy_from_slice(&from);
            }
            Work::Fill(to, value, bytes) => {
                memory.bytes(to.0, *bytes).map_err(|m| fault("fill", m))?.fill(*value);
            }
            Work::Launch(kernel, launch, args) => {
                let values: Vec<Vec<u8>> = args.iter().map(bytes).collect();
                let values: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
                let shape = Shape { grid: launch.grid, block: launch.block, shared: launch.shared };
                // SAFETY: the addresses are those of buffers, whose surroundings are looked at afterwards; a kernel
                // that goes astray further than that ends the test's process.
                unsafe { mixtral_emulator::launch(kernel, shape, &values) }.map_err(|m| fault(kernel, m))?;
                memory.check().map_err(|m| fault(kernel, m))?;
            }
        }
        Ok(())
    }
}

fn bytes(arg: &Arg) -> Vec<u8> {
    match arg {
        Arg::Address(at) => at.0.to_ne_bytes().to_vec(),
        Arg::I32(n) => n.to_ne_bytes().to_vec(),
        Arg::U32(n) => n.to_ne_bytes().to_vec(),
        Arg::U64(n) => n.to_ne_bytes().to_vec(),
        Arg::F32(n) => n.to_ne_bytes().to_vec(),
    }
}

impl Gpu for Emulated {
    fn properties(&self) -> &Properties {
        &self.properties
    }

    fn memory(&self) -> Result<MemoryInfo> {
        Ok(MemoryInfo { free: self.total.saturating_sub(lock(&self.state).used() as u64), total: self.total })
    }

    fn allocate(&self, bytes: NonZeroUsize) -> Result<Address> {
        let mut memory = lock(&self.state);
        if memory.used() as u64 + bytes.get() as u64 > self.total {
            return Err(GpuError::new("allocate", "CUDA_ERROR_OUT_OF_MEMORY", format!("{bytes} bytes")).into());
        }
        Ok(Address(memory.allocate(bytes.get())))
    }

    fn release(&self, address: Address) {
        assert!(lock(&self.state).release(address.0), "{address:?} was given back twice");
    }

    fn write_raw(&self, to: Address, bytes: &[u8]) -> Result<()> {
        assert!(!bytes.is_empty(), "devices refuse empty copies");
        self.ask(Work::Write(to, bytes.to_vec()))
    }

    fn read_raw(&self, from: Address, into: &mut [u8]) -> Result<()> {
        assert!(!into.is_empty(), "devices refuse empty copies");
        if lock(&self.queue).recording.is_some() {
            return Err(fault("read", "a recording queue cannot be waited for".into()));
        }
        into.copy_from_slice(lock(&self.state).bytes(from.0, into.len()).map_err(|m| fault("read", m))?);
        Ok(())
    }

    fn copy_raw(&self, from: Address, to: Address, bytes: usize) -> Result<()> {
        assert!(bytes > 0, "devices refuse empty copies");
        self.ask(Work::Copy(from, to, bytes))
    }

    fn fill_raw(&self, to: Address, value: u8, bytes: usize) -> Result<()> {
        assert!(bytes > 0, "devices refuse empty copies");
        self.ask(Work::Fill(to, value, bytes))
    }

    fn launch_raw(&self, kernel: &'static str, launch: Launch, args: &[Arg]) -> Result<()> {
        assert!(!launch.grid.contains(&0), "devices refuse empty grids");
        self.ask(Work::Launch(kernel, launch, args.to_vec()))
    }

    fn wait(&self) -> Result<()> {
        Ok(())
    }

    fn begin_capture(&self) -> Result<()> {
        match &mut lock(&self.queue).recording {
            Some(_) => Err(fault("capture", "recording already".into())),
            none => {
                *none = Some(Vec::new());
                Ok(())
            }
        }
    }

    fn end_capture(&self) -> Result<u64> {
        let mut queue = lock(&self.queue);
        let work = queue.recording.take().ok_or_else(|| fault("capture", "not recording".into()))?;
        queue.next += 1;
        let number = queue.next;
        queue.graphs.insert(number, work);
        Ok(number)
    }

    fn replay(&self, graph: u64) -> Result<()> {
        let work = lock(&self.queue).graphs.get(&graph).cloned();
        let work = work.ok_or_else(|| fault("replay", format!("no graph {graph}")))?;
        work.iter().try_for_each(|work| self.work(work))
    }

    fn release_graph(&self, graph: u64) {
        lock(&self.queue).graphs.remove(&graph);
    }

    fn record_event(&self) -> Result<u64> {
        let mut queue = lock(&self.queue);
        queue.next += 1;
        let number = queue.next;
        queue.events.insert(number, Instant::now());
        Ok(number)
    }

    fn elapsed(&self, from: u64, to: u64) -> Result<f32> {
        let queue = lock(&self.queue);
        match (queue.events.get(&from), queue.events.get(&to)) {
            (Some(from), Some(to)) => Ok(to.duration_since(*from).as_secs_f32() * 1e3),
            _ => Err(fault("elapsed", "no such event".into())),
        }
    }

    fn release_event(&self, event: u64) {
        lock(&self.queue).events.remove(&event);
    }

    fn fork(&self) -> Result<Arc<dyn Gpu>> {
        let (properties, state) = (self.properties.clone(), Arc::clone(&self.state));
        Ok(Arc::new(Self { properties, total: self.total, state, queue: Mutex::default() }))
    }
}
