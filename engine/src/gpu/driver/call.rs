//! The driver's answers as errors.

use std::ffi::CStr;

use cudarc::driver::sys;

use crate::error::{GpuError, Result};

/// An answer of the driver, with its name and words where it is an error.
pub fn check(what: &str, answer: sys::CUresult) -> Result<()> {
    if answer == sys::CUresult::CUDA_SUCCESS {
        return Ok(());
    }
    let text = |get: unsafe fn(sys::CUresult, *mut *const std::ffi::c_char) -> sys::CUresult| {
        let mut text = std::ptr::null();
        // SAFETY: the driver gives a string of its own, or none for an error that it does not know.
        unsafe {
            let known = get(answer, &raw mut text) == sys::CUresult::CUDA_SUCCESS && !text.is_null();
            known.then(|| CStr::from_ptr(text).to_string_lossy().into_owned())
        }
    };
    let name = text(sys::cuGetErrorName).unwrap_or_else(|| format!("error {}", answer as u32));
    let message = text(sys::cuGetErrorString).unwrap_or_default();
    Err(GpuError::new(what, name, message).into())
}
