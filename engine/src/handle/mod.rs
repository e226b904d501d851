//! The engine as its users see it: one device, one thread, several models that take turns.
//!
//! [`Engine::submit`] checks a request, lays out and encodes its prompt on the caller's thread, and
//! queues it; what comes back is a stream of events. The engine's thread gives each model that has
//! work one step in turn, so two models that answer at once share the device fairly.

mod card;
mod check;
mod engine;
mod entry;
mod load;
mod options;
mod request_state;
mod requested;
mod runner;
mod shared;
mod step;
mod stream;
mod thread;

pub use card::{ModelCard, TemplateState, active_parameters, multiplied_bytes, quantisation};
pub use check::check;
pub use engine::Engine;
pub use load::LoadProgress;
pub use options::{EngineOptions, LoadOptions};
pub use shared::{EngineStatus, ModelStatus};
pub use stream::EventStream;
