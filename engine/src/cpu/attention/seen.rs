//! What attention remembers of a query from tile to tile.

use crate::cpu::cache::TILE;

/// What is known of a query's weights: the largest score so far, and the sum of weights, by their place in a tile.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    pub most: f32,
    pub total: [f32; TILE],
}

impl Seen {
    pub const NOTHING: Self = Self { most: f32::NEG_INFINITY, total: [0.0; TILE] };

    /// The largest score and the sum of all weights.
    pub fn state(&self) -> [f32; 2] {
        [self.most, self.total.iter().sum()]
    }
}
