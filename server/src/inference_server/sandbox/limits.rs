//! The bounds that a sandbox sets itself.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Stack of the thread that does the work. Fixed, because the main thread's depends on who started the service.
pub(super) const STACK: usize = 16 << 20;

/// Bounds the memory that this process may allocate, in bytes; mapped files do not count. Beyond it the process ends.
pub(super) fn bound_memory(bytes: u64) -> anyhow::Result<()> {
    lower(Resource::Data, bytes)
}

/// Bounds the processor time that this process may take from now on, in seconds of all its threads.
pub(super) fn bound_processor_time(seconds: u64) -> anyhow::Result<()> {
    lower(Resource::Cpu, processor_time() + seconds)
}

/// Writes no file and leaves no dump of memory behind.
pub(super) fn forbid_files() -> anyhow::Result<()> {
    lower(Resource::Core, 0)?;
    lower(Resource::Fsize, 0)
}

/// Sets the soft limit, as far as the hard one allows.
fn lower(resource: Resource, to: u64) -> anyhow::Result<()> {
    let maximum = getrlimit(resource).maximum;
    let current = Some(maximum.map_or(to, |maximum| maximum.min(to)));
    Ok(setrlimit(resource, Rlimit { current, maximum })?)
}

/// Seconds of processor time taken so far, rounded up: fields 14 and 15 of `/proc/self/stat`, in hundredths (proc(5)).
fn processor_time() -> u64 {
    let Ok(text) = std::fs::read_to_string("/proc/self/stat") else { return 0 };
    // The name in parentheses may hold anything.
    let after = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks = |field: usize| after.split_whitespace().nth(field - 3).and_then(|n| n.parse::<u64>().ok());
    (ticks(14).unwrap_or(0) + ticks(15).unwrap_or(0)).div_ceil(100)
}
