//! The program `mixtral` as a person runs it, on real models.

mod adapters;
mod chat;
mod choices;
mod convert;
mod files;
#[expect(dead_code, reason = "helpers of the conversions' tests, of which these here need some")]
#[path = "../../../tools/tests/convert/fixture.rs"]
mod fixture;
mod folders;
mod guide;
mod hub;
mod judge;
mod lengths;
mod longbench;
mod preferences;
mod smaller;
mod train;
mod train_files;
