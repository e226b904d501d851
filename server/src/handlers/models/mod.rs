//! The models, for everyone.

pub mod card;
mod history;
pub mod list;
mod makings;
mod standing;
#[cfg(test)]
mod tests;

pub use makings::Points;
