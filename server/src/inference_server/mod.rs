//! `arena worker`: an OpenAI-compatible server over one engine, the only user of the engine.
//!
//! ```text
//! routes ─▶ gate (token, draining) ─▶ answers ─▶ protocol (fields → engine's request)
//!                                        │
//!                                        └─▶ host ─▶ engine ─▶ events ─▶ protocol (chunks, whole)
//! ```
//! `arena serve` starts one per device and speaks to it as to any other endpoint; it also stands
//! alone for any OpenAI client.

mod admin;
mod answers;
mod embeddings;
mod error;
mod gate;
mod host;
pub mod inspect;
mod metrics;
mod options;
mod protocol;
mod routes;
mod run;
mod sandbox;
mod state;
mod status;
mod streaming;
mod tokens;
mod trial;
mod weights;
mod words;

pub(crate) use host::{SlotState, SlotView};
pub use mixtral_engine::formats::gguf::shard_files;
pub use mixtral_engine::weights::split_type;
pub use options::WorkerOptions;
pub use run::run;
pub use sandbox::{Inspector, SandboxOptions, run as run_sandbox};

/// Whether this build can use NVIDIA GPUs.
pub const CAN_USE_GPUS: bool = mixtral_engine::DeviceSpec::CUDA;

/// What a supervisor writes to a worker's standard input to stop it in order.
pub(crate) const STOP: &str = "stop";

/// What stands before the address in the line that a worker prints once it listens.
pub const LISTENING: &str = "listening on http://";
