//! Training data from the npm package `chinese-poetry`: poems read, cleaned and asked for; and answers judged.

mod ask;
mod clean;
mod judge;
mod prepare;
mod read;

pub use ask::{Asked, ask};
pub use clean::{Cleaner, Dropped, Form, Poem};
pub use judge::{Judgement, judge};
pub use prepare::{Prepared, prepare};
pub use read::{Raw, read};
