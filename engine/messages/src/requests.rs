//! Requests that were refused, and answers that ended badly.

use mixtral_engine::Error;
use mixtral_engine::error::Crash;
use mixtral_engine::request::{GenerateError, SubmitError};
use mixtral_engine::text::TemplateError;

use crate::Language;
use crate::errors::engine;

/// A request that was refused.
#[must_use]
pub fn submit(error: &SubmitError, language: Language) -> String {
    match error {
        SubmitError::PromptTooLong { tokens, at_least, limit } => {
            let key = if *at_least { "error-prompt-at-least" } else { "error-prompt" };
            t!(language, key, tokens = *tokens, limit = *limit)
        }
        SubmitError::QueueFull { .. } => t!(language, "error-queue-full"),
        SubmitError::TemplateFailed(what) => t!(language, "error-template", what = what),
        SubmitError::TemplateCrashed(how) => t!(language, "error-template", what = crash(how, language)),
        SubmitError::ShuttingDown => t!(language, "error-stopped"),
        SubmitError::BadRequest { .. } | SubmitError::UnknownModel(_) => error.to_string(),
    }
}

/// An answer that ended badly.
#[must_use]
pub fn generate(error: &GenerateError, language: Language) -> String {
    match error {
        GenerateError::Model(what) => engine(&Error::Compute(what.clone()), language),
        GenerateError::NotFinite(what) => t!(language, "error-not-finite", what = what),
        GenerateError::Unloaded | GenerateError::ShutDown | GenerateError::EngineStopped => {
            t!(language, "error-stopped")
        }
    }
}

/// A chat template that cannot lay out a conversation. What the template says itself stays in its own words.
#[must_use]
pub fn template(error: &TemplateError, language: Language) -> String {
    match error {
        TemplateError::Source(what) => t!(language, "template-source", what = what),
        TemplateError::Endless { steps } => t!(language, "template-endless", steps = *steps),
        TemplateError::TooMuch { limit } => t!(language, "template-too-much", limit = *limit),
        TemplateError::Render(what) => what.clone(),
        TemplateError::Crashed(how) => crash(how, language),
        TemplateError::TooLong(error) => error.to_string(),
    }
}

/// How a process that read what a stranger made came to its end.
#[must_use]
pub fn crash(crash: &Crash, language: Language) -> String {
    match crash {
        Crash::Stack => t!(language, "crash-stack"),
        Crash::Memory => t!(language, "crash-memory"),
        Crash::ProcessorTime => t!(language, "crash-processor-time"),
        Crash::Silent(seconds) => t!(language, "crash-silent", seconds = *seconds),
        Crash::Signal(signal) => t!(language, "crash-signal", signal = signal.to_string()),
        Crash::Ended(how) => t!(language, "crash-ended", how = how),
        Crash::System(why) => t!(language, "crash-system", why = why),
    }
}
