//! The engine as a whole, on real models: text to tokens, requests to answers, and the terminal.

mod adapters;
mod answers;
mod files;
mod peers;
mod smaller;
mod terminal;
mod tokens;
