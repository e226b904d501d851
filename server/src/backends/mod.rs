//! The only door to generation: a client for every OpenAI-compatible endpoint, local workers included.
//!
//! ```text
//! ChatRequest ─▶ ModelClients::ask ─▶ queues (whose turn, which server) ─▶ send (retries) ─▶ sse ─▶ answer ─▶ ChatStream
//!                                       │                                   │
//!                                    health                             addresses (which hosts may be reached)
//! ```

mod addresses;
mod answer;
mod chat;
mod check;
mod client;
mod endpoint;
mod error;
mod event;
mod fetch;
mod halves;
mod health;
mod network;
mod probe;
mod provenance;
mod queues;
mod reading;
mod refusal;
mod request;
mod send;
mod shared;
mod sse;
mod target;
mod thinking;

pub use addresses::AddressPolicy;
pub use chat::ChatStream;
pub use client::ModelClients;
pub use endpoint::{Endpoint, EndpointError, Timeouts};
pub use error::{BackendError, ErrorKind};
pub use event::ChatEvent;
pub use fetch::FetchError;
pub use health::{Circuit, Health};
pub use network::{Network, NetworkError};
pub use probe::{ListedModels, Probe, ProbeWarning};
pub use provenance::{Asked, Setup, messages_hash};
pub use request::{ChatRequest, Message, Role, Sampling};
pub use target::{Capacity, Target};

pub use answer::{FinishReason, Usage};
