//! Errors as a person reads them: the commonest by texts of their own, with what they are about; the rest in English.

use std::error::Error as StdError;
use std::io;

use mixtral_engine::Error as EngineError;
use mixtral_engine::error::{Fault, Foreign, Place};
use mixtral_engine::request::{GenerateError, SubmitError};
use mixtral_train::{Error as TrainError, LineFault};

use super::Language;

/// An error with its causes. What is said already is not said again.
pub fn described(error: &anyhow::Error, language: Language) -> String {
    let mut said: Vec<String> = Vec::new();
    for cause in error.chain().map(|cause| text_of(cause, language)) {
        if said.iter().any(|before| before.contains(&cause)) {
            continue;
        }
        // A context that its cause begins with: a file's name.
        if said.last().is_some_and(|before| cause.starts_with(before.as_str())) {
            said.pop();
        }
        said.push(cause);
    }
    said.join(&t!(language, "error-colon"))
}

fn text_of(cause: &(dyn StdError + 'static), language: Language) -> String {
    if let Some(error) = cause.downcast_ref() {
        engine(error, language)
    } else if let Some(error) = cause.downcast_ref() {
        train(error, language)
    } else if let Some(error) = cause.downcast_ref() {
        submit(error, language)
    } else if let Some(error) = cause.downcast_ref() {
        generate(error, language)
    } else if let Some(error) = cause.downcast_ref() {
        system(error, language)
    } else {
        cause.to_string()
    }
}

/// An engine's error.
pub fn engine(error: &EngineError, language: Language) -> String {
    match error {
        EngineError::Io { path, source } => {
            t!(language, "error-file", path = path.display(), what = system(source, language))
        }
        EngineError::File { path, place, fault } => {
            let (path, what) = (path.display(), self::fault(fault, language));
            match place {
                Place::Whole => t!(language, "error-file", path = path, what = what),
                Place::Offset(at) => t!(language, "error-file-byte", path = path, at = at.to_string(), what = what),
                Place::Key(key) => t!(language, "error-file-key", path = path, key = key, what = what),
                Place::Tensor(name) => t!(language, "error-file-tensor", path = path, name = name, what = what),
            }
        }
        EngineError::NoBase { path, base } => t!(language, "error-no-base", path = path.display(), base = base),
        EngineError::NoAdapter { path } => t!(language, "error-no-adapter", path = path.display()),
        EngineError::Device { device, message } => {
            t!(language, "error-device", device = device, what = message)
        }
        EngineError::Compute(what) => computation(what, language),
        EngineError::Gpu(cause) => t!(language, "error-compute", what = cause.to_string()),
        EngineError::NotFinite(what) => t!(language, "error-not-finite", what = what),
        EngineError::Panic(what) => t!(language, "error-panic", what = what),
        EngineError::Busy => t!(language, "error-queue-full"),
        EngineError::Stopped => t!(language, "error-stopped"),
        // The engine's word for what kind of error it is helps nobody here.
        EngineError::StepInput(what)
        | EngineError::Text(what)
        | EngineError::Request(what)
        | EngineError::Training(what) => what.clone(),
    }
}

/// Training's error.
fn train(error: &TrainError, language: Language) -> String {
    match error {
        TrainError::Engine(error) => engine(error, language),
        TrainError::Candle(cause) => computation(&cause.to_string(), language),
        TrainError::EmptyFile { file } => {
            t!(language, "error-file", path = file, what = t!(language, "fault-empty"))
        }
        TrainError::Line { file, line, fault } => {
            let (line, what) = (line.to_string(), line_fault(fault, language));
            t!(language, "error-file-line", path = file, line = line, what = what)
        }
        TrainError::Range { setting, value, low, high } => {
            let [value, low, high] = [value, low, high].map(|number| format!("{number:?}"));
            t!(language, "train-range", setting = *setting, value = value, low = low, high = high)
        }
        TrainError::NotPositive { setting, value } => {
            t!(language, "train-not-positive", setting = *setting, value = value.to_string())
        }
        TrainError::TooSmall { setting, low } => t!(language, "usage-at-least", option = *setting, low = *low),
        TrainError::Multiple { setting, of } => t!(language, "train-multiple", setting = *setting, of = *of),
        TrainError::TooFewExperts => t!(language, "train-too-few-experts"),
        TrainError::UnknownModule { setting, name, known } => {
            t!(language, "train-unknown-module", setting = *setting, name = name, known = *known)
        }
        TrainError::RepeatedModule { setting, name } => {
            t!(language, "train-repeated-module", setting = *setting, name = name)
        }
        TrainError::NoModules => t!(language, "train-no-modules"),
        TrainError::NothingToLearn => t!(language, "train-nothing-to-learn"),
        TrainError::NothingToTrain => t!(language, "train-nothing-to-train"),
        TrainError::NotFinite { step } => t!(language, "train-not-finite", step = *step),
    }
}

/// What is wrong with a line of training data.
fn line_fault(fault: &LineFault, language: Language) -> String {
    match fault {
        LineFault::NotUtf8(after) => t!(language, "line-not-utf8", after = after.to_string()),
        LineFault::Empty => t!(language, "line-empty"),
        LineFault::Json(what) => t!(language, "line-json", what = what),
        LineFault::TextOrMessages => t!(language, "line-text-or-messages"),
        LineFault::EmptyText => t!(language, "line-empty-text"),
        LineFault::EmptyMessage => t!(language, "line-empty-message"),
        LineFault::UnknownRole(role) => t!(language, "line-unknown-role", role = role),
        LineFault::NoAnswer => t!(language, "line-no-answer"),
        LineFault::Turns => t!(language, "line-turns"),
        LineFault::TooLong { tokens, context } => {
            t!(language, "line-too-long", tokens = *tokens, context = *context)
        }
        LineFault::Template(what) => t!(language, "error-template", what = what),
        LineFault::TemplateOrder => t!(language, "line-template-order"),
    }
}

/// What is wrong in a file.
fn fault(fault: &Fault, language: Language) -> String {
    match fault {
        Fault::Empty => t!(language, "fault-empty"),
        Fault::NotGguf(foreign) => {
            let like = match foreign {
                None => "other",
                Some(Foreign::Zip) => "zip",
                Some(Foreign::Predecessor) => "predecessor",
                Some(Foreign::LfsPointer) => "lfs-pointer",
                Some(Foreign::WebPage) => "web-page",
            };
            t!(language, "fault-not-gguf", like = like)
        }
        Fault::GgufVersion(version) => t!(language, "fault-gguf-version", version = version.to_string()),
        Fault::BigEndian => t!(language, "fault-big-endian"),
        Fault::Truncated { wanted, left } => t!(language, "fault-truncated", wanted = *wanted, left = *left),
        Fault::BeyondEnd { len, start, file } => {
            t!(language, "fault-beyond-end", bytes = *len, start = start.to_string(), file = *file)
        }
        Fault::Architecture(name) => t!(language, "fault-architecture", name = name),
        Fault::Dense => t!(language, "fault-dense"),
        Fault::Type(name) => t!(language, "fault-type", name = name),
        Fault::NoGpuKernels(name) => t!(language, "fault-no-gpu-kernels", name = name),
        Fault::Missing => t!(language, "fault-missing"),
        Fault::Shape { found, expected } => {
            let (found, expected) = (format!("{found:?}"), format!("{expected:?}"));
            t!(language, "fault-shape", found = found, expected = expected)
        }
        Fault::Surplus => t!(language, "fault-surplus"),
        Fault::NotFinite => t!(language, "fault-not-finite"),
        Fault::Other(message) => message.clone(),
    }
}

/// A computation that failed.
fn computation(what: &str, language: Language) -> String {
    if out_of_memory(what) { t!(language, "error-out-of-memory") } else { t!(language, "error-compute", what = what) }
}

fn out_of_memory(text: &str) -> bool {
    ["out of memory", "OUT_OF_MEMORY", "memory allocation"].iter().any(|said| text.contains(said))
}

fn submit(error: &SubmitError, language: Language) -> String {
    match error {
        SubmitError::PromptTooLong { tokens, at_least, limit } => {
            let key = if *at_least { "error-prompt-at-least" } else { "error-prompt" };
            t!(language, key, tokens = *tokens, limit = *limit)
        }
        SubmitError::QueueFull { .. } => t!(language, "error-queue-full"),
        SubmitError::TemplateFailed(what) | SubmitError::TemplateCrashed(what) => {
            t!(language, "error-template", what = what)
        }
        SubmitError::ShuttingDown => t!(language, "error-stopped"),
        SubmitError::BadRequest { .. } | SubmitError::UnknownModel(_) => error.to_string(),
    }
}

fn generate(error: &GenerateError, language: Language) -> String {
    match error {
        GenerateError::Model(what) => computation(what, language),
        GenerateError::NotFinite(what) => t!(language, "error-not-finite", what = what),
        GenerateError::Unloaded | GenerateError::ShutDown | GenerateError::EngineStopped => {
            t!(language, "error-stopped")
        }
    }
}

/// What the operating system refused.
fn system(error: &io::Error, language: Language) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => t!(language, "error-not-found"),
        io::ErrorKind::PermissionDenied => t!(language, "error-permission"),
        io::ErrorKind::IsADirectory => t!(language, "error-is-a-folder"),
        io::ErrorKind::NotADirectory => t!(language, "error-is-no-folder"),
        io::ErrorKind::StorageFull => t!(language, "error-disk-full"),
        io::ErrorKind::OutOfMemory => t!(language, "error-out-of-memory"),
        io::ErrorKind::InvalidData => t!(language, "error-not-utf8", what = error),
        _ => error.to_string(),
    }
}
