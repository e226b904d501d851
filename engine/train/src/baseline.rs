//! What the model that a preference training begins with says of all pairs: computed once, before the first step, so that no
//! second model need be held. It is kept in a file for trainings that go on.

use std::collections::HashMap;
use std::path::Path;

use safetensors::{Dtype, SafeTensors, tensor::TensorView};

use super::batch::Batch;
use super::data::{Data, Fingerprint};
use super::error::Result;
use super::layers::Pass;
use super::model::Model;
use super::pass::Weights;
use mixtral_engine::error::Error;
use mixtral_tools::files::atomic_file;

const KEY: &str = "mixtral.reference";
const TRAINING: &str = "training";
const VALIDATION: &str = "validation";

/// The log probabilities of all documents' answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Baseline {
    /// What model and data come to in one number.
    pub key: u64,
    pub training: Vec<f64>,
    pub validation: Vec<f64>,
}

impl Baseline {
    /// What a model and data come to in one number.
    pub fn key_of(model: &Model, data: &Data, validation: &Data) -> u64 {
        let mut print = Fingerprint::default();
        [model.fingerprint(), data.fingerprint(), validation.fingerprint()].into_iter().for_each(|n| print.add(n));
        print.0
    }

    /// Asks the model. `progress` gets documents: done, and in all.
    ///
    /// # Errors
    /// A computation failed.
    pub fn measure(
        model: &Model,
        (data, validation): (&Data, &Data),
        batch_tokens: usize,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Self> {
        let all = (data.documents.len() + validation.documents.len()) as u64;
        let mut before = 0;
        let mut ask = |data: &Data| {
            let logps = log_probabilities(model, data, batch_tokens, &mut |done| progress(before + done, all))?;
            before += data.documents.len() as u64;
            Ok::<_, super::error::Error>(logps)
        };
        Ok(Self { training: ask(data)?, validation: ask(validation)?, key: Self::key_of(model, data, validation) })
    }

    /// Writes it; the file appears whole or not at all.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        let bytes = |list: &[f64]| list.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
        let lists = [(TRAINING, bytes(&self.training)), (VALIDATION, bytes(&self.validation))];
        let views =
            lists.iter().map(|(name, bytes)| Ok((*name, TensorView::new(Dtype::F64, vec![bytes.len() / 8], bytes)?)));
        let views = views.collect::<Result<Vec<_>, safetensors::SafeTensorError>>();
        let views = views.map_err(|e| Error::Training(e.to_string()))?;
        let about = HashMap::from([(KEY.to_owned(), self.key.to_string())]);
        let bytes = safetensors::serialize(views, Some(about)).map_err(|e| Error::Training(e.to_string()))?;
        Ok(atomic_file::write(path, |out| std::io::Write::write_all(out, &bytes).map_err(Error::io(path)))?)
    }

    /// Reads one that was kept; nothing where there is none of this model and these data.
    pub fn load(path: &Path, key: u64) -> Option<Self> {
        let bytes = std::fs::read(path).ok()?;
        let (_, header) = SafeTensors::read_metadata(&bytes).ok()?;
        let found = header.metadata().as_ref()?.get(KEY)?.parse::<u64>().ok()?;
        let file = SafeTensors::deserialize(&bytes).ok().filter(|_| found == key)?;
        let list = |name| {
            let tensor = file.tensor(name).ok().filter(|tensor| tensor.dtype() == Dtype::F64)?;
            Some(tensor.data().as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b)).collect())
        };
        Some(Self { key, training: list(TRAINING)?, validation: list(VALIDATION)? })
    }
}

fn log_probabilities(
    model: &Model,
    data: &Data,
    batch_tokens: usize,
    progress: &mut dyn FnMut(u64),
) -> Result<Vec<f64>> {
    let weights = Weights { target: 1.0, balance: 0.0, each_layer: false };
    let mut out = Vec::with_capacity(data.documents.len());
    let mut batch = Batch::new();
    for (at, document) in data.documents.iter().enumerate() {
        batch.push(&document.tokens, |at| document.has_loss(at));
        let next = data.documents.get(at + 1).map(|next| next.tokens.len());
        if next.is_none_or(|next| batch.len() + next > batch_tokens) {
            let (losses, _) = model.document_pass(&batch, weights, &Pass::default(), |_| Vec::new())?;
            out.extend(losses.iter().map(|loss| -loss));
            progress(out.len() as u64);
            batch = Batch::new();
        }
    }
    Ok(out)
}
