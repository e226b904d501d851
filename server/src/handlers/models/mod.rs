//! The models, for everyone.

pub mod card;
pub mod list;
