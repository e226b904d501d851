//! A stream of a GPU as a [`Gpu`].

use std::collections::HashMap;
use std::ffi::c_void;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cudarc::driver::sys;

use super::call::check;
use super::card::Card;
use crate::error::{GpuError, Result};
use crate::gpu::device::{Address, Arg, Gpu, Launch, MemoryInfo, Properties};

/// A stream of work on a card.
#[derive(Debug)]
pub struct Queue {
    card: Arc<Card>,
    stream: sys::CUstream,
    held: Mutex<Held>,
}

/// The driver's handles by our numbers.
#[derive(Debug, Default)]
struct Held {
    next: u64,
    graphs: HashMap<u64, sys::CUgraphExec>,
    events: HashMap<u64, sys::CUevent>,
}

// SAFETY: the driver's handles may be used by any thread; what changes here is behind a lock.
unsafe impl Send for Queue {}
// SAFETY: as above.
unsafe impl Sync for Queue {}

impl Queue {
    pub fn new(card: Arc<Card>) -> Result<Self> {
        card.enter()?;
        let mut stream = std::ptr::null_mut();
        let flags = sys::CUstream_flags_enum::CU_STREAM_NON_BLOCKING as u32;
        // SAFETY: a place for the answer.
        check("cuStreamCreate", unsafe { sys::cuStreamCreate(&raw mut stream, flags) })?;
        Ok(Self { card, stream, held: Mutex::default() })
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}

impl Gpu for Queue {
    fn properties(&self) -> &Properties {
        &self.card.properties
    }

    fn memory(&self) -> Result<MemoryInfo> {
        self.card.memory()
    }

    fn allocate(&self, bytes: NonZeroUsize) -> Result<Address> {
        self.card.enter()?;
        let mut address = 0;
        // SAFETY: a place for the answer.
        let answer = unsafe { sys::cuMemAlloc_v2(&raw mut address, bytes.get()) };
        check(&format!("{bytes} bytes of GPU memory"), answer)?;
        Ok(Address(address))
    }

    fn release(&self, address: Address) {
        // SAFETY: the owner gives it back once; the driver waits for work that uses it.
        let answer = self.card.enter().and_then(|()| check("cuMemFree", unsafe { sys::cuMemFree_v2(address.0) }));
        if let Err(error) = answer {
            tracing::error!(%error, "GPU memory could not be given back");
        }
    }

    fn write_raw(&self, to: Address, bytes: &[u8]) -> Result<()> {
        self.card.enter()?;
        // SAFETY: the bytes are read before the call returns, since they are not pinned; the owner checked the address.
        check("write", unsafe { sys::cuMemcpyHtoDAsync_v2(to.0, bytes.as_ptr().cast(), bytes.len(), self.stream) })
    }

    fn read_raw(&self, from: Address, into: &mut [u8]) -> Result<()> {
        self.card.enter()?;
        // SAFETY: the stream is waited for before the borrow ends, also after an error.
        let answer = unsafe { sys::cuMemcpyDtoHAsync_v2(into.as_mut_ptr().cast(), from.0, into.len(), self.stream) };
        let waited = self.wait();
        check("read", answer)?;
        waited
    }

    fn copy_raw(&self, from: Address, to: Address, bytes: usize) -> Result<()> {
        self.card.enter()?;
        // SAFETY: device memory alone; a wrong address is the device's error.
        check("copy", unsafe { sys::cuMemcpyDtoDAsync_v2(to.0, from.0, bytes, self.stream) })
    }

    fn fill_raw(&self, to: Address, value: u8, bytes: usize) -> Result<()> {
        self.card.enter()?;
        // SAFETY: device memory alone.
        check("fill", unsafe { sys::cuMemsetD8Async(to.0, value, bytes, self.stream) })
    }

    fn launch_raw(&self, kernel: &'static str, launch: Launch, args: &[Arg]) -> Result<()> {
        self.card.enter()?;
        let function = self.card.function(kernel, launch.shared)?;
        let mut places: [*mut c_void; 64] = [std::ptr::null_mut(); 64];
        if args.len() > places.len() {
            return Err(GpuError::new(kernel, "too many arguments", args.len().to_string()).into());
        }
        for (place, arg) in places.iter_mut().zip(args) {
            *place = match arg {
                Arg::Address(at) => (&raw const at.0).cast_mut().cast(),
                Arg::I32(n) => (n as *const i32).cast_mut().cast(),
                Arg::U32(n) => (n as *const u32).cast_mut().cast(),
                Arg::U64(n) => (n as *const u64).cast_mut().cast(),
                Arg::F32(n) => (n as *const f32).cast_mut().cast(),
            };
        }
        let ([gx, gy, gz], [bx, by, bz]) = (launch.grid, launch.block);
        // SAFETY: arguments are copied by the call. Tests through the emulator hold that they are the kernel's own; what a
        // kernel does wrong in the device's memory is the device's error.
        let answer = unsafe {
            let none = std::ptr::null_mut();
            sys::cuLaunchKernel(function, gx, gy, gz, bx, by, bz, launch.shared, self.stream, places.as_mut_ptr(), none)
        };
        check(kernel, answer)
    }

    fn wait(&self) -> Result<()> {
        self.card.enter()?;
        // SAFETY: the stream lives as long as this.
        check("kernels of this step", unsafe { sys::cuStreamSynchronize(self.stream) })
    }

    fn begin_capture(&self) -> Result<()> {
        self.card.enter()?;
        let mode = sys::CUstreamCaptureMode_enum::CU_STREAM_CAPTURE_MODE_THREAD_LOCAL;
        // SAFETY: the stream lives as long as this.
        check("cuStreamBeginCapture", unsafe { sys::cuStreamBeginCapture_v2(self.stream, mode) })
    }

    fn end_capture(&self) -> Result<u64> {
        self.card.enter()?;
        let (mut graph, mut ready) = (std::ptr::null_mut(), std::ptr::null_mut());
        // SAFETY: places for the answers; the graph is destroyed once it is made ready.
        unsafe {
            check("cuStreamEndCapture", sys::cuStreamEndCapture(self.stream, &raw mut graph))?;
            let answer = sys::cuGraphInstantiateWithFlags(&raw mut ready, graph, 0);
            sys::cuGraphDestroy(graph);
            check("cuGraphInstantiate", answer)?;
        }
        let mut held = self.held();
        let number = held.number();
        held.graphs.insert(number, ready);
        Ok(number)
    }

    fn replay(&self, graph: u64) -> Result<()> {
        self.card.enter()?;
        let ready = self.held().graphs.get(&graph).copied();
        let ready = ready.ok_or_else(|| GpuError::new("replay", "no such graph", graph.to_string()))?;
        // SAFETY: a graph of this queue that is not released.
        check("cuGraphLaunch", unsafe { sys::cuGraphLaunch(ready, self.stream) })
    }

    fn release_graph(&self, graph: u64) {
        if let Some(ready) = self.held().graphs.remove(&graph)
            && self.card.enter().is_ok()
        {
            // SAFETY: nobody has its number any more.
            unsafe { sys::cuGraphExecDestroy(ready) };
        }
    }

    fn record_event(&self) -> Result<u64> {
        self.card.enter()?;
        let mut event = std::ptr::null_mut();
        // SAFETY: a place for the answer, and a stream that lives as long as this.
        unsafe {
            check("cuEventCreate", sys::cuEventCreate(&raw mut event, 0))?;
            check("cuEventRecord", sys::cuEventRecord(event, self.stream))?;
        }
        let mut held = self.held();
        let number = held.number();
        held.events.insert(number, event);
        Ok(number)
    }

    fn elapsed(&self, from: u64, to: u64) -> Result<f32> {
        self.card.enter()?;
        let find = |number: u64| {
            let event = self.held().events.get(&number).copied();
            event.ok_or_else(|| GpuError::new("elapsed", "no such event", number.to_string()))
        };
        let (from, to) = (find(from)?, find(to)?);
        let mut milliseconds = 0.0;
        // SAFETY: events that are not released, and a place for the answer.
        unsafe {
            check("cuEventSynchronize", sys::cuEventSynchronize(to))?;
            check("cuEventElapsedTime", sys::cuEventElapsedTime(&raw mut milliseconds, from, to))?;
        }
        Ok(milliseconds)
    }

    fn release_event(&self, event: u64) {
        if let Some(event) = self.held().events.remove(&event)
            && self.card.enter().is_ok()
        {
            // SAFETY: nobody has its number any more.
            unsafe { sys::cuEventDestroy_v2(event) };
        }
    }

    fn fork(&self) -> Result<Arc<dyn Gpu>> {
        Ok(Arc::new(Self::new(Arc::clone(&self.card))?))
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        if self.card.enter().is_ok() {
            let mut held = std::mem::take(&mut *self.held());
            // SAFETY: handles of this queue, which nobody can use any more.
            unsafe {
                for (_, graph) in held.graphs.drain() {
                    sys::cuGraphExecDestroy(graph);
                }
                for (_, event) in held.events.drain() {
                    sys::cuEventDestroy_v2(event);
                }
                sys::cuStreamDestroy_v2(self.stream);
            }
        }
    }
}
