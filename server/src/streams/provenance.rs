//! What is kept of where an answer came from.

use sha2::{Digest, Sha256};

use crate::backends::Asked;
use crate::domain::Answerer;
use crate::store::provenance::Provenance;

/// What is kept of an answer to what was asked. Nothing where it cannot be written down, which no answer shall fail for.
#[must_use]
pub fn provenance(asked: &Asked, answerer: Answerer) -> Option<Provenance> {
    let setup = serde_json::to_string(&asked.setup).ok()?;
    Some(Provenance {
        setup_hash: Sha256::digest(&setup).to_vec(),
        setup,
        seed: asked.seed.map(i64::from),
        messages_hash: asked.messages_hash.to_vec(),
        answerer,
    })
}
