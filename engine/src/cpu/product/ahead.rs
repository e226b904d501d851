//! How far before its use to ask memory for a weight.

/// In bytes; 0 for not at all, where a processor's own foresight is better.
///
/// One thread of Zen 3 streams Q4_K at 18 to 20 GB a second instead of 14 to 17, Q6_K at 17 to 21 instead of 13; one of Zen 4 at
/// 14.5 instead of 25.5. A processor with AMX gained as well. What is not known is taken for one of these.
#[cfg(target_arch = "x86_64")]
pub fn distance() -> usize {
    const FAR: usize = 3072;
    let vendor = std::arch::x86_64::__cpuid(0);
    let amd = [vendor.ebx, vendor.edx, vendor.ecx].map(u32::to_le_bytes).concat() == b"AuthenticAMD";
    // AMD's processors have AVX-512 from Zen 4 on.
    if amd && is_x86_feature_detected!("avx512f") { 0 } else { FAR }
}

/// In bytes; 0 for not at all.
#[cfg(not(target_arch = "x86_64"))]
pub fn distance() -> usize {
    0
}
