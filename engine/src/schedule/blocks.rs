//! The cache's blocks: which are free, and how many sequences hold each of the others.

/// Hands out block numbers. A block may be held by several sequences, so that those sequences with a common
/// beginning can share it; it is free again when the last one lets go.
#[derive(Debug, Clone)]
pub struct Blocks {
    ref_counts: Vec<u32>,
    free: Vec<u32>,
}

impl Blocks {
    /// `count` free blocks.
    #[must_use]
    pub fn new(count: u32) -> Self {
        // The lowest number is handed out first: what is used lies together.
        Self { ref_counts: vec![0; count as usize], free: (0..count).rev().collect() }
    }

    /// All blocks.
    #[must_use]
    pub fn total(&self) -> usize {
        self.ref_counts.len()
    }

    /// Blocks without a user.
    #[must_use]
    pub fn free(&self) -> usize {
        self.free.len()
    }

    /// A free block, which now has one user.
    pub fn take(&mut self) -> Option<u32> {
        let block = self.free.pop()?;
        self.ref_counts[block as usize] = 1;
        Some(block)
    }

    /// One user fewer.
    pub fn release(&mut self, block: u32) {
        let Some(count) = self.ref_counts.get_mut(block as usize).filter(|u| **u > 0) else {
            debug_assert!(false, "block {block} was let go by someone who did not hold it");
            return;
        };
        *count -= 1;
        if *count == 0 {
            self.free.push(block);
        }
    }

    /// Says what is wrong, where the books do not balance: every block must be free or in use, and
    /// `held` (all block lists of all sequences) must account for every user.
    ///
    /// # Errors
    /// What does not balance.
    pub fn check<'a>(&self, held: impl Iterator<Item = &'a [u32]>) -> Result<(), String> {
        let mut counted = vec![0u32; self.ref_counts.len()];
        for block in held.flatten() {
            match counted.get_mut(*block as usize) {
                Some(count) => *count += 1,
                None => return Err(format!("block {block} is held and does not exist")),
            }
        }
        if let Some(block) = (0..counted.len()).find(|b| counted[*b] != self.ref_counts[*b]) {
            return Err(format!(
                "block {block} has a reference count of {} and is held {} times",
                self.ref_counts[block], counted[block]
            ));
        }
        let mut seen = vec![false; self.ref_counts.len()];
        for block in &self.free {
            let at = *block as usize;
            if self.ref_counts[at] != 0 || std::mem::replace(&mut seen[at], true) {
                return Err(format!("block {block} is listed as free wrongly"));
            }
        }
        let unused = self.ref_counts.iter().filter(|u| **u == 0).count();
        if unused == self.free.len() {
            Ok(())
        } else {
            Err(format!("{unused} blocks are unused and {} are free", self.free.len()))
        }
    }
}
