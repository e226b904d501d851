//! Training data from the npm package `chinese-poetry`: poems read, cleaned and asked for; and answers judged.

mod ask;
mod clean;
mod judge;
mod prepare;
mod read;

pub use ask::ask;
pub use clean::{Cleaner, Form, Poem};
pub use judge::judge;
pub use prepare::prepare;
pub use read::{Raw, read};
