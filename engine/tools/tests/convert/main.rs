//! Conversions and merges against `transformers` and `peft`: `tests/data/transformers/` was written by them, with the
//! logits and tokens that they compute. How, stands in `fixture.rs`.

mod candle;
mod direct;
mod fixture;
mod folders;
mod logits;
mod merges;
mod peers;
mod refusals;
mod tokens;
