//! Errors as a person reads them: the commonest by texts of their own, with what they are about; the rest in English.

use std::error::Error as StdError;

use mixtral_engine::Error as EngineError;
use mixtral_evaluation::ReadError;
use mixtral_evaluation::longbench::BadSample;
use mixtral_train::{Error as TrainError, Expected, LineFault};

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
        benchmark(error, language)
    } else if let Some(error) = cause.downcast_ref() {
        samples(error, language)
    } else if let Some(error) = cause.downcast_ref() {
        super::hub(error, language)
    } else if let Some(error) = cause.downcast_ref() {
        engine_messages::submit(error, language.into())
    } else if let Some(error) = cause.downcast_ref() {
        engine_messages::generate(error, language.into())
    } else if let Some(error) = cause.downcast_ref() {
        engine_messages::system(error, language.into())
    } else {
        cause.to_string()
    }
}

/// An engine's error.
pub fn engine(error: &EngineError, language: Language) -> String {
    engine_messages::engine(error, language.into())
}

/// Training's error.
fn train(error: &TrainError, language: Language) -> String {
    match error {
        TrainError::Engine(error) => engine(error, language),
        TrainError::Candle(cause) => engine(&EngineError::Compute(cause.to_string()), language),
        TrainError::EmptyFile { file } => {
            t!(language, "train-empty-file", path = file)
        }
        TrainError::Line { file, line, fault } => {
            let (line, what) = (line.to_string(), line_fault(fault, language));
            t!(language, "error-file-line", path = file, line = line, what = what)
        }
        TrainError::Item { file, line, index, fault } => {
            let (line, index, what) = (line.to_string(), index.to_string(), line_fault(fault, language));
            t!(language, "error-file-item", path = file, line = line, index = index, what = what)
        }
        TrainError::Utf16 { file } => t!(language, "train-utf16", path = file),
        TrainError::NotText { file } => t!(language, "train-not-text", path = file),
        TrainError::NoFiles { folder } => t!(language, "train-no-files", path = folder),
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

/// What is wrong with a benchmark's files.
fn benchmark(error: &ReadError, language: Language) -> String {
    let at_line = |file: &String, line: &dyn ToString, what: String| {
        t!(language, "error-file-line", path = file, line = line.to_string(), what = what)
    };
    match error {
        ReadError::Io { file, cause } => t!(language, "evaluate-file", path = file, what = cause.to_string()),
        ReadError::Zip { file, cause } => t!(language, "evaluate-zip", path = file, what = cause.to_string()),
        ReadError::NoFolder { file, folder } => t!(language, "evaluate-no-folder", path = file, folder = *folder),
        ReadError::Encoding { file, line } => at_line(file, line, t!(language, "evaluate-not-utf8")),
        ReadError::Csv { file, line, cause } => at_line(file, line, cause.clone()),
        ReadError::NoColumn { file, column, found } => {
            t!(language, "evaluate-no-column", path = file, column = *column, found = found)
        }
        ReadError::Answer { file, line, answer } => {
            at_line(file, line, t!(language, "evaluate-bad-answer", answer = answer))
        }
        ReadError::Empty { file } => t!(language, "evaluate-empty-file", path = file),
        ReadError::NoSubject { file, subject } => {
            t!(language, "evaluate-no-subject", path = file, subject = subject)
        }
    }
}

/// What is wrong with LongBench's files.
fn samples(error: &BadSample, language: Language) -> String {
    let at_line = |file: &String, line: usize, what: String| {
        t!(language, "error-file-line", path = file, line = line.to_string(), what = what)
    };
    match error {
        BadSample::Io { file, cause } => t!(language, "evaluate-file", path = file, what = cause.to_string()),
        BadSample::NoTask { file, name } => t!(language, "longbench-no-file", path = file, name = name),
        BadSample::Encoding { file, line } => at_line(file, *line, t!(language, "evaluate-not-utf8")),
        BadSample::Json { file, line, cause } => at_line(file, *line, cause.clone()),
        BadSample::NoAnswer { file, line } => at_line(file, *line, t!(language, "longbench-line-no-answer")),
        BadSample::Empty { file } => t!(language, "longbench-empty", path = file),
    }
}

/// What is wrong with a line of training data.
fn line_fault(fault: &LineFault, language: Language) -> String {
    match fault {
        LineFault::NotUtf8(after) => t!(language, "line-not-utf8", after = after.to_string()),
        LineFault::Empty => t!(language, "line-empty"),
        LineFault::Json(what) => t!(language, "line-json", what = what),
        LineFault::NotAnObject => t!(language, "line-not-an-object", forms = forms(language)),
        LineFault::UnknownField(field) => {
            t!(language, "line-unknown-field", field = field, forms = forms(language))
        }
        LineFault::TextOrMessages => t!(language, "line-text-or-messages", forms = forms(language)),
        LineFault::Field { field, expected } => {
            t!(language, "line-field", field = field, expected = expected_text(*expected, language))
        }
        LineFault::Gbk => t!(language, "line-gbk"),
        LineFault::PairHere => t!(language, "line-pair-here"),
        LineFault::NoPair => t!(language, "line-no-pair"),
        LineFault::EmptyText => t!(language, "line-empty-text"),
        LineFault::EmptyMessage => t!(language, "line-empty-message"),
        LineFault::UnknownRole(role) => t!(language, "line-unknown-role", role = role),
        LineFault::NoAnswer => t!(language, "line-no-answer"),
        LineFault::Turns => t!(language, "line-turns"),
        LineFault::TooLong { tokens, context } => {
            t!(language, "line-too-long", tokens = *tokens, context = *context)
        }
        LineFault::Template(what) => t!(language, "line-template", what = what),
        LineFault::TemplateOrder => t!(language, "line-template-order"),
    }
}

/// The forms of examples, by their keys.
fn forms(language: Language) -> String {
    t!(language, "line-forms")
}

/// What should stand in a field.
fn expected_text(expected: Expected, language: Language) -> String {
    match expected {
        Expected::Text => t!(language, "expected-text"),
        Expected::Turns => t!(language, "expected-turns"),
        Expected::History => t!(language, "expected-history"),
        Expected::Answer => t!(language, "expected-answer"),
        Expected::Prompt => t!(language, "expected-prompt"),
    }
}
