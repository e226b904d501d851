//! Which experts a step's tokens go to, decided on the device.

use crate::error::Result;
use crate::gpu::product::Groups;
use crate::gpu::{Arg, Buffer, Gpu, Launch};

/// Most assignments that one block sorts by looking at all of them.
const FEW: usize = 256;
/// Threads of a block that groups.
const THREADS: u32 = 256;

/// What routing reads and writes.
#[derive(Debug)]
pub struct RoutingSpace {
    /// (tokens, experts) F32
    pub logits: Buffer,
    /// (tokens, top) I32
    pub chosen: Buffer,
    /// (tokens, top) F32
    pub shares: Buffer,
    /// (experts + 1) I32
    pub offsets: Buffer,
    /// (tokens * top) I32
    pub sorted: Buffer,
    /// (experts) I32
    pub active: Buffer,
}

/// Sends `tokens` rows of the router's logits to their `top` experts and groups them.
///
/// # Errors
/// The device refused.
pub fn route(gpu: &dyn Gpu, space: &RoutingSpace, tokens: usize, experts: usize, top: usize) -> Result<Groups> {
    let (n, e, k) = (Arg::I32(tokens as i32), Arg::I32(experts as i32), Arg::I32(top as i32));
    let assignments = tokens * top;
    let at = |buffer: &Buffer| Arg::from(buffer.address());
    let (chosen, shares, logits) = (at(&space.chosen), at(&space.shares), at(&space.logits));
    let (offsets, sorted, active) = (at(&space.offsets), at(&space.sorted), at(&space.active));
    if assignments <= FEW {
        let shared = ((assignments + experts) * size_of::<i32>()) as u32;
        let threads = tokens.max(experts).max(32).next_multiple_of(32).min(THREADS as usize) as u32;
        let launch = Launch { shared, ..Launch::line(u32::from(tokens > 0), threads) };
        gpu.launch("route_few", launch, &[chosen, shares, offsets, sorted, active, logits, n, e, k])?;
    } else {
        gpu.launch("route_choose", Launch::each(tokens, THREADS), &[chosen, shares, logits, n, e, k])?;
        let all = Arg::I32(assignments as i32);
        gpu.launch("route_group", Launch::line(experts as u32, THREADS), &[offsets, sorted, chosen, all, e])?;
        gpu.launch("route_active", Launch::line(1, 1), &[active, offsets, e])?;
    }
    Ok(Groups {
        offsets: space.offsets.address(),
        sorted: space.sorted.address(),
        active: space.active.address(),
        assignments,
        top,
    })
}

/// What [`route`] found, for tests.
#[cfg(test)]
pub struct Routed {
    pub offsets: Vec<i32>,
    pub sorted: Vec<i32>,
    pub active: Vec<i32>,
    pub shares: Vec<f32>,
}

#[cfg(test)]
pub fn routed(
    gpu: &std::sync::Arc<dyn Gpu>,
    logits: &[f32],
    tokens: usize,
    experts: usize,
    top: usize,
) -> Result<Routed> {
    let words = |count: usize| Buffer::new(gpu, count * size_of::<i32>());
    let space = RoutingSpace {
        logits: Buffer::of(gpu, logits)?,
        chosen: words(tokens * top)?,
        shares: words(tokens * top)?,
        offsets: words(experts + 1)?,
        sorted: words(tokens * top)?,
        active: words(experts)?,
    };
    route(&**gpu, &space, tokens, experts, top)?;
    Ok(Routed {
        offsets: space.offsets.read(experts + 1)?,
        sorted: space.sorted.read(tokens * top)?,
        active: space.active.read(experts)?,
        shares: space.shares.read(tokens * top)?,
    })
}
