//! The cache's blocks: which are free, how many sequences hold each of the others, and what lies in them.
//!
//! A full block whose tokens are computed is known by its content: its tokens and all that come before them. Sequences
//! with a common beginning share such blocks, and a block that nobody holds any more keeps its content until its place is
//! needed, the least recently used first, so that the next turn of a conversation finds what the last one left.

use std::collections::HashMap;

/// A content's name: equal names mean equal tokens from the sequence's beginning on.
pub(super) type ContentId = u64;

/// What stands before a sequence's first block.
pub(super) const BEGINNING: ContentId = 0;

/// A full block's tokens, after what lies before them. The tokens themselves and not a digest: no two contents can be
/// taken for each other.
type Content = (ContentId, Box<[u32]>);

/// Hands out block numbers and shares blocks of equal content.
#[derive(Debug, Clone)]
pub struct Blocks {
    ref_counts: Vec<u32>,
    free: FreeList,
    /// Of each block: what lies in it, where that is known.
    contents: Vec<Option<Content>>,
    known: HashMap<Content, (u32, ContentId)>,
    last_content: ContentId,
}

impl Blocks {
    /// `count` free blocks.
    #[must_use]
    pub fn new(count: u32) -> Self {
        let mut free = FreeList::new(count);
        // The lowest number is handed out first: what is used lies together.
        (0..count).for_each(|block| free.push_back(block));
        Self {
            ref_counts: vec![0; count as usize],
            free,
            contents: vec![None; count as usize],
            known: HashMap::new(),
            last_content: BEGINNING,
        }
    }

    /// All blocks.
    #[must_use]
    pub fn total(&self) -> usize {
        self.ref_counts.len()
    }

    /// Blocks without a user. Some may still hold a content.
    #[must_use]
    pub fn free(&self) -> usize {
        self.free.len
    }

    /// A free block, which now has one user. What lay in it is forgotten.
    pub fn take(&mut self) -> Option<u32> {
        let block = self.free.front()?;
        self.free.remove(block);
        self.ref_counts[block as usize] = 1;
        if let Some(content) = self.contents[block as usize].take() {
            self.known.remove(&content);
        }
        Some(block)
    }

    /// One user more of a block that [`Self::find`] found.
    pub(super) fn share(&mut self, block: u32) {
        if self.is_free(block) {
            self.free.remove(block);
        }
        self.ref_counts[block as usize] += 1;
    }

    /// One user fewer.
    pub fn release(&mut self, block: u32) {
        let Some(count) = self.ref_counts.get_mut(block as usize).filter(|u| **u > 0) else {
            debug_assert!(false, "block {block} was let go by someone who did not hold it");
            return;
        };
        *count -= 1;
        if *count == 0 {
            match self.contents[block as usize] {
                Some(_) => self.free.push_back(block),
                None => self.free.push_front(block),
            }
        }
    }

    /// Whether nobody holds the block.
    pub(super) fn is_free(&self, block: u32) -> bool {
        self.ref_counts[block as usize] == 0
    }

    /// The block in which these tokens lie after `before`, and the name of that content.
    pub(super) fn find(&self, before: ContentId, tokens: &[u32]) -> Option<(u32, ContentId)> {
        self.known.get(&(before, tokens.into())).copied()
    }

    /// Notes what lies in a held block: `tokens`, after `before`. Where another block holds the same already, that one
    /// stays the one to be found.
    pub(super) fn note(&mut self, block: u32, before: ContentId, tokens: &[u32]) -> ContentId {
        let content: Content = (before, tokens.into());
        if let Some((_, id)) = self.known.get(&content) {
            return *id;
        }
        self.last_content += 1;
        self.known.insert(content.clone(), (block, self.last_content));
        self.contents[block as usize] = Some(content);
        self.last_content
    }

    /// Forgets all contents, as when the cache itself was lost.
    pub(super) fn forget(&mut self) {
        self.known.clear();
        self.contents.fill(None);
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
        for block in self.free.iter() {
            let at = block as usize;
            if self.ref_counts[at] != 0 || std::mem::replace(&mut seen[at], true) {
                return Err(format!("block {block} is listed as free wrongly"));
            }
        }
        let (unused, listed) = (self.ref_counts.iter().filter(|u| **u == 0).count(), self.free.iter().count());
        if unused != listed || listed != self.free.len {
            return Err(format!(
                "{unused} blocks are unused, {listed} are listed and {} counted as free",
                self.free.len
            ));
        }
        for (content, (block, _)) in &self.known {
            if self.contents.get(*block as usize) != Some(&Some(content.clone())) {
                return Err(format!("block {block} does not hold what it is known for"));
            }
        }
        if self.known.len() == self.contents.iter().flatten().count() {
            Ok(())
        } else {
            Err("a block holds what it is not known for".to_owned())
        }
    }
}

/// The free blocks in the order in which they will be handed out: a doubly linked list inside a vector, so that a block
/// can leave from anywhere when its content is found.
#[derive(Debug, Clone)]
struct FreeList {
    /// Of each block its neighbours; the last entry stands for both ends.
    links: Vec<Link>,
    len: usize,
}

#[derive(Debug, Clone, Copy)]
struct Link {
    before: u32,
    after: u32,
}

impl FreeList {
    /// An empty list for blocks below `count`.
    fn new(count: u32) -> Self {
        Self { links: vec![Link { before: count, after: count }; count as usize + 1], len: 0 }
    }

    fn ends(&self) -> u32 {
        (self.links.len() - 1) as u32
    }

    fn front(&self) -> Option<u32> {
        let first = self.links[self.ends() as usize].after;
        (first != self.ends()).then_some(first)
    }

    fn push_front(&mut self, block: u32) {
        self.insert_after(self.ends(), block);
    }

    fn push_back(&mut self, block: u32) {
        self.insert_after(self.links[self.ends() as usize].before, block);
    }

    fn insert_after(&mut self, before: u32, block: u32) {
        let after = self.links[before as usize].after;
        self.links[block as usize] = Link { before, after };
        self.links[before as usize].after = block;
        self.links[after as usize].before = block;
        self.len += 1;
    }

    fn remove(&mut self, block: u32) {
        let Link { before, after } = self.links[block as usize];
        self.links[before as usize].after = after;
        self.links[after as usize].before = before;
        self.len -= 1;
    }

    /// At most as many as there are blocks, however the links lie.
    fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        let mut at = self.ends();
        let next = move || {
            at = self.links[at as usize].after;
            (at != self.ends()).then_some(at)
        };
        std::iter::from_fn(next).take(self.links.len())
    }
}
