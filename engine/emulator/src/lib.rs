//! Runs the engine's CUDA kernels on the processor, for tests on machines without a GPU.
//!
//! The build compiles the very sources that nvcc compiles, against a shim of CUDA's builtins. The threads of a block are
//! fibres on the caller's thread; a barrier that not all of them reach, or a collective that lanes of a warp miss, is an
//! error that names the place. Contents of shared memory are undefined at first, as on a GPU. Concurrency is not emulated:
//! blocks run one after another, and a missing barrier shows only because every other block runs its threads backwards.
#![expect(unsafe_code, reason = "calls into the compiled kernels")]

mod memory;

pub use memory::Memory;

use std::ffi::{CStr, CString, c_char, c_void};

/// Whether this machine could compile the kernels; without a C++ compiler there are none.
pub const AVAILABLE: bool = cfg!(not(no_cpp));

/// Blocks, threads of a block, bytes of dynamic shared memory.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub grid: [u32; 3],
    pub block: [u32; 3],
    pub shared: u32,
}

#[repr(C)]
struct Entry {
    _opaque: [u8; 0],
}

#[cfg(not(no_cpp))]
unsafe extern "C" {
    fn emulator_find(name: *const c_char) -> *const Entry;
    fn emulator_argument_count(entry: *const Entry) -> u32;
    fn emulator_argument_size(entry: *const Entry, at: u32) -> u32;
    fn emulator_launch(
        entry: *const Entry,
        grid: *const u32,
        block: *const u32,
        shared: u32,
        arguments: *const *const c_void,
    ) -> *const c_char;
}

/// Runs a kernel with the bytes of its arguments, each as long as its type.
///
/// # Errors
/// There is no such kernel, the arguments are not its own, or its threads cannot all go on.
///
/// # Safety
/// Pointers among the arguments must reach what the kernel reads and writes: [`Memory`] checks part of that afterwards.
#[cfg(not(no_cpp))]
pub unsafe fn launch(name: &str, shape: Shape, arguments: &[&[u8]]) -> Result<(), String> {
    let c_name = CString::new(name).map_err(|_| format!("no kernel is named {name:?}"))?;
    // SAFETY: a string that ends with zero.
    let entry = unsafe { emulator_find(c_name.as_ptr()) };
    if entry.is_null() {
        return Err(format!("no kernel is named {name:?}"));
    }
    // SAFETY: an entry that was found.
    let count = unsafe { emulator_argument_count(entry) };
    if count as usize != arguments.len() {
        return Err(format!("{name} takes {count} arguments and was given {}", arguments.len()));
    }
    for (at, argument) in (0..).zip(arguments) {
        // SAFETY: one of its arguments.
        let size = unsafe { emulator_argument_size(entry, at) };
        if size as usize != argument.len() {
            return Err(format!("{name}: argument {at} has {size} bytes and was given {}", argument.len()));
        }
    }
    // Values must be aligned for their types, which bytes in a slice need not be.
    let mut values: Vec<[u64; 2]> = vec![[0; 2]; arguments.len()];
    for (value, argument) in values.iter_mut().zip(arguments) {
        let bytes: Vec<u8> = argument.iter().copied().chain(std::iter::repeat(0)).take(16).collect();
        for (word, bytes) in value.iter_mut().zip(bytes.as_chunks::<8>().0) {
            *word = u64::from_ne_bytes(*bytes);
        }
    }
    let pointers: Vec<*const c_void> = values.iter().map(|value| value.as_ptr().cast()).collect();
    // SAFETY: as many arguments of the right sizes as the kernel has; the caller answers for pointers.
    let fault =
        unsafe { emulator_launch(entry, shape.grid.as_ptr(), shape.block.as_ptr(), shape.shared, pointers.as_ptr()) };
    if fault.is_null() {
        return Ok(());
    }
    // SAFETY: a string that ends with zero and lives until this thread's next launch.
    let fault = unsafe { CStr::from_ptr(fault) };
    Err(format!("{name}: {}", fault.to_string_lossy()))
}

/// Runs a kernel; here, without a C++ compiler, there is none.
///
/// # Errors
/// Always.
///
/// # Safety
/// Nothing is run.
#[cfg(no_cpp)]
pub unsafe fn launch(name: &str, _: Shape, _: &[&[u8]]) -> Result<(), String> {
    Err(format!("{name}: this build has no kernels: there was no C++ compiler"))
}

#[cfg(test)]
#[cfg_attr(no_cpp, expect(dead_code, reason = "tests without kernels are not run"))]
mod tests;
