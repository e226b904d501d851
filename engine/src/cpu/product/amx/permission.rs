//! Whether tiles of bytes may be multiplied: the processor can, and the system lets this process.

use std::arch::asm;
use std::arch::x86_64::{__cpuid_count, _xgetbv};
use std::sync::OnceLock;

/// Asked once: Linux (5.16 and later) keeps room for tiles for processes that ask for it, and then for all their threads.
pub fn is_available() -> bool {
    static KNOWN: OnceLock<bool> = OnceLock::new();
    *KNOWN.get_or_init(|| has_tiles() && ask())
}

/// Whether tiles multiply BF16 as well.
pub fn multiplies_numbers() -> bool {
    const BF16: u32 = 1 << 22;
    static KNOWN: OnceLock<bool> = OnceLock::new();
    *KNOWN.get_or_init(|| is_available() && __cpuid_count(7, 0).edx & BF16 != 0)
}

/// AMX-TILE and AMX-INT8, and a system that saves their registers.
fn has_tiles() -> bool {
    const TILE: u32 = 1 << 24;
    const INT8: u32 = 1 << 25;
    const SAVED: u64 = 3 << 17;
    if !is_x86_feature_detected!("xsave") || !is_x86_feature_detected!("avx512f") {
        return false;
    }
    let bits = __cpuid_count(7, 0).edx;
    // SAFETY: the system has switched extended states on, or AVX-512 would not have been found.
    bits & TILE != 0 && bits & INT8 != 0 && unsafe { saved() } & SAVED == SAVED
}

/// # Safety
/// The processor has `xgetbv`, and the system lets programs use it.
#[target_feature(enable = "xsave")]
unsafe fn saved() -> u64 {
    // SAFETY: the caller's promise.
    unsafe { _xgetbv(0) }
}

/// `arch_prctl(ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA)`, as Linux's `Documentation/arch/x86/xstate.rst` has it.
#[cfg(target_os = "linux")]
fn ask() -> bool {
    const ARCH_PRCTL: i64 = 158;
    const REQUEST: i64 = 0x1023;
    const TILE_DATA: i64 = 18;
    let answer: i64;
    // SAFETY: a call of the system that touches no memory of this process.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") ARCH_PRCTL => answer,
            in("rdi") REQUEST,
            in("rsi") TILE_DATA,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack)
        );
    }
    answer == 0
}

#[cfg(not(target_os = "linux"))]
fn ask() -> bool {
    false
}
