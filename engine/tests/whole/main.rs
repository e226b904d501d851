//! The engine as a whole, on real models: text to tokens, requests to answers.

mod answers;
mod files;
mod peers;
mod tokens;
