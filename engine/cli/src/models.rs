//! Where each command names models: paths, or names on the hub, which become paths before a command begins.

use std::path::PathBuf;

use crate::command::{Bench, Command, Evaluate};
use crate::hub;
use crate::i18n::Language;
use crate::options::Model;

impl Command {
    /// Brings the models that are named on the hub, and puts their paths in the names' places.
    pub fn locate_models(&mut self, language: Language) -> anyhow::Result<()> {
        for path in self.models() {
            *path = hub::locate(path, language)?;
        }
        Ok(())
    }

    /// What is read as a model. `judge` has its own among endpoints.
    fn models(&mut self) -> Vec<&mut PathBuf> {
        match self {
            Self::Chat(arguments) => of(&mut arguments.model, None),
            Self::Info(arguments) => of(&mut arguments.model, None),
            Self::Perplexity(arguments) => of(&mut arguments.model, arguments.against.as_mut()),
            Self::Imatrix(arguments) => of(&mut arguments.model, None),
            Self::Evaluate(Evaluate::Poetry(arguments)) | Self::Recite(arguments) => {
                of(&mut arguments.model, arguments.against.as_mut())
            }
            Self::Evaluate(Evaluate::Wordnet(arguments)) => of(&mut arguments.model, None),
            Self::Evaluate(Evaluate::Needle(arguments)) => of(&mut arguments.model, None),
            Self::Evaluate(Evaluate::Ceval(arguments) | Evaluate::Cmmlu(arguments) | Evaluate::Mmlu(arguments)) => {
                arguments.path.iter_mut().chain(&mut arguments.base).collect()
            }
            Self::Evaluate(Evaluate::Longbench(arguments)) => {
                arguments.path.iter_mut().chain(&mut arguments.base).collect()
            }
            Self::Quantize(arguments) => vec![&mut arguments.model],
            Self::Convert(arguments) => vec![&mut arguments.source],
            Self::Merge(arguments) => {
                // The last is where the result goes.
                let adapters = arguments.adapters.split_last_mut().map(|(_, adapters)| adapters);
                std::iter::once(&mut arguments.base).chain(adapters.into_iter().flatten()).collect()
            }
            Self::Train(arguments) => arguments.base.iter_mut().collect(),
            Self::Bench(Bench::Inference(arguments)) => of(&mut arguments.model, None),
            Self::Bench(Bench::Kernels(arguments)) => arguments.path.iter_mut().collect(),
            Self::Selftest(arguments) => arguments.models.iter_mut().collect(),
            Self::Evaluate(Evaluate::Compare(_))
            | Self::Bench(Bench::Train(_))
            | Self::Judge(_)
            | Self::Download(_)
            | Self::MakeRandom(_)
            | Self::TrainTokenizer(_)
            | Self::Prepare(_)
            | Self::Recipe(_)
            | Self::Data(_) => Vec::new(),
        }
    }
}

/// A model, its base, and what it is held against.
fn of<'a>(model: &'a mut Model, other: Option<&'a mut PathBuf>) -> Vec<&'a mut PathBuf> {
    std::iter::once(&mut model.path).chain(&mut model.base).chain(other).collect()
}
