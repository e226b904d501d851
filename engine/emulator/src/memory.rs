//! Memory of the emulated device: every buffer between guard zones, everything unwritten recognisable.

use std::collections::BTreeMap;

/// Bytes before and behind each buffer.
const GUARD: usize = 256;
/// All bits set is no number in any floating type, so that what is read and was never written shows in the result.
const UNWRITTEN: u8 = 0xff;
const ALIGN: usize = 256;

/// Buffers by address.
#[derive(Debug, Default)]
pub struct Memory {
    buffers: BTreeMap<u64, Allocation>,
}

#[derive(Debug)]
struct Allocation {
    store: Box<[u8]>,
    start: usize,
    bytes: usize,
}

impl Memory {
    /// Makes a buffer and returns its address.
    pub fn allocate(&mut self, bytes: usize) -> u64 {
        let store = vec![UNWRITTEN; bytes + 2 * GUARD + ALIGN].into_boxed_slice();
        let base = store.as_ptr().addr();
        let start = (base + GUARD).next_multiple_of(ALIGN) - base;
        let address = (base + start) as u64;
        self.buffers.insert(address, Allocation { store, start, bytes });
        address
    }

    /// Frees a buffer; whether there was one of this address.
    pub fn release(&mut self, address: u64) -> bool {
        self.buffers.remove(&address).is_some()
    }

    /// How many bytes are allocated.
    #[must_use]
    pub fn used(&self) -> usize {
        self.buffers.values().map(|a| a.bytes).sum()
    }

    /// The bytes from an address on, if one buffer holds them all.
    pub fn bytes(&mut self, address: u64, bytes: usize) -> Result<&mut [u8], String> {
        let fault = || format!("{bytes} bytes at {address:#x} are in no buffer");
        let (first, allocation) = self.buffers.range_mut(..=address).next_back().ok_or_else(fault)?;
        let offset = (address - first) as usize;
        if offset + bytes > allocation.bytes {
            return Err(fault());
        }
        let start = allocation.start + offset;
        Ok(&mut allocation.store[start..start + bytes])
    }

    /// Whether something was written outside of the buffers.
    ///
    /// # Errors
    /// The buffer and the distance.
    pub fn check(&self) -> Result<(), String> {
        for (address, a) in &self.buffers {
            // The store is written by kernels behind the compiler's back.
            let store = std::hint::black_box(&a.store);
            let end = a.start + a.bytes;
            if let Some(at) = store[..a.start].iter().position(|b| *b != UNWRITTEN) {
                return Err(format!(
                    "{} bytes before the buffer of {} at {address:#x} were written",
                    a.start - at,
                    a.bytes
                ));
            }
            if let Some(at) = store[end..].iter().position(|b| *b != UNWRITTEN) {
                return Err(format!("byte {at} behind the buffer of {} at {address:#x} was written", a.bytes));
            }
        }
        Ok(())
    }
}
