//! The engine as a whole, on real models: text to tokens, requests to answers.

mod adapters;
mod answers;
mod files;
mod finite;
mod peers;
mod tokens;
mod variants;
