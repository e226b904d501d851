//! What the engine's errors say, in every language: it goes to the service, whose pages show their reader's.

use mixtral_engine::Error;
use mixtral_engine::error::Crash;
use mixtral_engine::request::{GenerateError, SubmitError};
use mixtral_engine::text::TemplateError;

use crate::i18n::Translated;

/// A model that cannot be loaded.
pub(super) fn engine(error: &Error) -> Translated {
    Translated::of(|locale| engine_messages::engine(error, locale.into()))
}

/// A request that was refused.
pub(super) fn submit(error: &SubmitError) -> Translated {
    Translated::of(|locale| engine_messages::submit(error, locale.into()))
}

/// An answer that ended badly.
pub(super) fn generate(error: &GenerateError) -> Translated {
    Translated::of(|locale| engine_messages::generate(error, locale.into()))
}

/// A template that cannot lay out a conversation.
pub(super) fn template(error: &TemplateError) -> Translated {
    Translated::of(|locale| engine_messages::template(error, locale.into()))
}

/// A process that read what a stranger made, and came to its end.
pub(super) fn crash(crash: &Crash) -> Translated {
    Translated::of(|locale| engine_messages::crash(crash, locale.into()))
}
