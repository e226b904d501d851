//! The size of a tile.

/// Rows of a tile.
pub const TILE_ROWS: usize = 16;
/// Columns of a tile.
pub const TILE_COLUMNS: usize = 256;
