//! The engine's numbers: against llama.cpp, against candle's own Mixtral, against plain loops, alone against in a batch; and
//! what it says of damaged and foreign files.

mod batching;
mod cache;
mod candle;
mod damage;
mod drive;
mod files;
mod llama_cpp;
mod perplexity;
mod plain;
mod reference;
mod refusals;
mod tiny;
mod types;
