//! Numbers for what is met again and again.

use std::collections::HashMap;

/// Numbers, from 0, for what is met.
#[derive(Debug)]
pub(super) struct Numbers<T> {
    pub known: Vec<T>,
    pub numbers: HashMap<T, u32>,
}

impl<T> Default for Numbers<T> {
    fn default() -> Self {
        Self { known: Vec::new(), numbers: HashMap::new() }
    }
}

impl<T: Clone + Eq + std::hash::Hash> Numbers<T> {
    pub fn number(&mut self, item: &T) -> u32 {
        if let Some(&number) = self.numbers.get(item) {
            return number;
        }
        let number = self.known.len() as u32;
        self.known.push(item.clone());
        self.numbers.insert(item.clone(), number);
        number
    }
}
