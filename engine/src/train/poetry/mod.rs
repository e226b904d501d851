//! Training data from the npm package `chinese-poetry`: poems read, cleaned and asked for.

mod ask;
mod clean;
mod prepare;
mod read;

pub use ask::{Asked, ask};
pub use clean::{Cleaner, Dropped, Form, Poem};
pub use prepare::{Prepared, prepare};
pub use read::{Raw, read};
