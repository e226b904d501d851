//! What can be told of a model without loading it: whether its parts are there, of their shapes, and of types that can be
//! computed.

use crate::error::{Fault, Result};
use crate::model::check_tensors;
use crate::text::Tokenizer;
use crate::weights::ModelFiles;

/// Checks the tokenizer and the table of tensors, and gives the tokenizer. Reads no weights.
///
/// # Errors
/// What is wrong, by key or tensor.
pub fn check(files: &ModelFiles) -> Result<Tokenizer> {
    let (metadata, config) = (files.metadata(), files.config());
    let tokenizer = Tokenizer::from_gguf(metadata)?;
    let tokens = tokenizer.vocabulary().len();
    // Matrices are often padded to a round size. The rows that no token has are computed and never chosen.
    if tokens > config.vocab_size {
        let fault = Fault::TooManyTokens { tokens, rows: config.vocab_size };
        return Err(metadata.fault("tokenizer.ggml.tokens", fault));
    }
    check_tensors(files, config)?;
    Ok(tokenizer)
}
