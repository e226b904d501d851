//! A registered model: its kind, its state, and everything that an administrator says of it.

mod places;
mod settings;
#[cfg(test)]
mod tests;

pub use settings::{
    Answering, Card, EndpointAddress, EndpointSource, General, Group, LocalSource, MAX_NAME, MAX_SYSTEM_PROMPT,
    ModelSettings, ModelSource, RequestPolicy,
};

use super::text_enum::text_enum;

text_enum!(
    /// Where a model runs.
    ModelKind, "kind of model" {
        /// A file or folder that our worker loads.
        Local = "local",
        /// An endpoint that speaks the OpenAI protocol.
        Endpoint = "endpoint",
    }
);

text_enum!(
    /// Whether a model may be drawn.
    ModelState, "model state" {
        /// Loaded and drawn.
        Enabled = "enabled",
        /// Not drawn, may be enabled again.
        Disabled = "disabled",
        /// Gone for good; its votes and its row on the leaderboard stay.
        Retired = "retired",
    }
);
