//! A GPU: its context and the kernels loaded into it.

use std::collections::HashMap;
use std::ffi::{CString, c_char};
use std::sync::{Mutex, PoisonError};

use cudarc::driver::sys;

use super::call::check;
use crate::error::{Error, GpuError, Result};
use crate::gpu::device::{MemoryInfo, Properties};

include!(concat!(env!("OUT_DIR"), "/fatbins.rs"));

/// Bytes of dynamic shared memory that any kernel may have without asking.
const PLAIN_SHARED: u32 = 48 * 1024;

/// A GPU with its kernels. Its memory is free again when it is dropped.
#[derive(Debug)]
pub struct Card {
    device: sys::CUdevice,
    context: sys::CUcontext,
    modules: Vec<(&'static str, sys::CUmodule)>,
    functions: Mutex<HashMap<&'static str, Function>>,
    pub properties: Properties,
}

/// A kernel, and how much dynamic shared memory it was allowed so far.
#[derive(Clone, Copy, Debug)]
struct Function {
    handle: sys::CUfunction,
    shared: u32,
}

// SAFETY: the driver's handles may be used by any thread; what changes here is behind a lock.
unsafe impl Send for Card {}
// SAFETY: as above.
unsafe impl Sync for Card {}

impl Card {
    pub fn open(number: usize) -> Result<Self> {
        // SAFETY: it only tries to load the library.
        if !unsafe { sys::is_culib_present() } {
            let message = "no driver (libcuda.so.1) is installed";
            return Err(GpuError::new("open", "no CUDA", message).into());
        }
        let (mut device, mut context) = (0, std::ptr::null_mut());
        // SAFETY: each call gets places for its answers.
        unsafe {
            check("cuInit", sys::cuInit(0))?;
            let mut count = 0;
            check("cuDeviceGetCount", sys::cuDeviceGetCount(&raw mut count))?;
            let ordinal = i32::try_from(number).ok().filter(|number| *number < count);
            let Some(ordinal) = ordinal else {
                return Err(GpuError::new("open", "no such device", format!("this machine has {count}")).into());
            };
            check("cuDeviceGet", sys::cuDeviceGet(&raw mut device, ordinal))?;
            check("cuDevicePrimaryCtxRetain", sys::cuDevicePrimaryCtxRetain(&raw mut context, device))?;
        }
        let mut card =
            Self { device, context, modules: Vec::new(), functions: Mutex::default(), properties: properties(device)? };
        card.enter()?;
        for (name, code) in FATBINS {
            card.modules.push((name, load(name, code)?));
        }
        Ok(card)
    }

    /// Makes the card's context the calling thread's.
    pub fn enter(&self) -> Result<()> {
        // SAFETY: the context lives as long as the card.
        check("cuCtxSetCurrent", unsafe { sys::cuCtxSetCurrent(self.context) })
    }

    pub fn memory(&self) -> Result<MemoryInfo> {
        self.enter()?;
        let (mut free, mut total) = (0, 0);
        // SAFETY: places for two numbers.
        check("cuMemGetInfo", unsafe { sys::cuMemGetInfo_v2(&raw mut free, &raw mut total) })?;
        Ok(MemoryInfo { free: free as u64, total: total as u64 })
    }

    /// A kernel that may have so much dynamic shared memory.
    pub fn function(&self, name: &'static str, shared: u32) -> Result<sys::CUfunction> {
        let mut functions = self.functions.lock().unwrap_or_else(PoisonError::into_inner);
        let function = match functions.get(name) {
            Some(function) => *function,
            None => Function { handle: self.find(name)?, shared: PLAIN_SHARED },
        };
        if shared > function.shared {
            let attribute = sys::CUfunction_attribute_enum::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
            // SAFETY: a kernel of a module that is loaded.
            check(name, unsafe { sys::cuFuncSetAttribute(function.handle, attribute, shared as i32) })?;
        }
        functions.insert(name, Function { shared: shared.max(function.shared), ..function });
        Ok(function.handle)
    }

    fn find(&self, name: &str) -> Result<sys::CUfunction> {
        let c_name = CString::new(name).map_err(|_| GpuError::new(name, "no such kernel", "its name holds a zero"))?;
        for (_, module) in &self.modules {
            let mut function = std::ptr::null_mut();
            // SAFETY: a module that is loaded and a string that ends with zero.
            let answer = unsafe { sys::cuModuleGetFunction(&raw mut function, *module, c_name.as_ptr()) };
            if answer != sys::CUresult::CUDA_ERROR_NOT_FOUND {
                check(name, answer)?;
                return Ok(function);
            }
        }
        let sources: Vec<&str> = self.modules.iter().map(|(name, _)| *name).collect();
        Err(GpuError::new(name, "no such kernel", format!("not in {}", sources.join(", "))).into())
    }
}

fn load(name: &str, code: &[u8]) -> Result<sys::CUmodule> {
    if code.is_empty() {
        let message = "this build's CUDA compiler was a stand-in; build it with nvcc";
        return Err(Error::from(GpuError::new(name, "no kernels", message)));
    }
    let mut module = std::ptr::null_mut();
    // SAFETY: nvcc's own output, whole, which the driver copies.
    check(&format!("the kernels of {name}"), unsafe { sys::cuModuleLoadData(&raw mut module, code.as_ptr().cast()) })?;
    Ok(module)
}

fn properties(device: sys::CUdevice) -> Result<Properties> {
    use sys::CUdevice_attribute_enum as Attribute;
    let attribute = |which: Attribute| {
        let mut value = 0;
        // SAFETY: a place for a number.
        check("cuDeviceGetAttribute", unsafe { sys::cuDeviceGetAttribute(&raw mut value, which, device) })?;
        Ok::<u32, Error>(value as u32)
    };
    let mut name = [0; 256];
    // SAFETY: a place for as many bytes as are said.
    check("cuDeviceGetName", unsafe { sys::cuDeviceGetName(name.as_mut_ptr(), name.len() as i32, device) })?;
    let name: Vec<u8> = name.iter().take_while(|c| **c != 0).map(|c: &c_char| *c as u8).collect();
    Ok(Properties {
        name: String::from_utf8_lossy(&name).into_owned(),
        capability: (
            attribute(Attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)?,
            attribute(Attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR)?,
        ),
        multiprocessors: attribute(Attribute::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT)?,
        shared_memory: attribute(Attribute::CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN)?,
    })
}

impl Drop for Card {
    fn drop(&mut self) {
        if self.enter().is_ok() {
            for (_, module) in self.modules.drain(..) {
                // SAFETY: loaded by this card and used by nobody else. What the driver answers helps nobody now.
                unsafe { sys::cuModuleUnload(module) };
            }
        }
        // SAFETY: retained once, when the card was opened.
        unsafe { sys::cuDevicePrimaryCtxRelease_v2(self.device) };
    }
}
