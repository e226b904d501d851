//! The engine's numbers: against llama.cpp, against plain loops, alone against in a batch; and what
//! it says of damaged and foreign files.

mod batching;
mod damage;
mod drive;
mod files;
mod llama_cpp;
mod perplexity;
mod plain;
mod refusals;
mod tiny;
mod types;
