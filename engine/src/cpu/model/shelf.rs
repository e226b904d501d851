//! Weights that are in memory once for all models that use them: those without an adapter, and those with one each.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::weights::Weights;
use super::workspace::Workspace;
use crate::arch::{Config, RopeScaling};
use crate::error::Result;
use crate::model::Sizes;
use crate::weights::{Identity, ModelFiles};

/// A base's weights, and the workspace of the models on it, which compute one after the other or together.
#[derive(Debug)]
pub struct Base {
    pub weights: Weights,
    space: Mutex<Workspace>,
}

impl Base {
    pub fn new(weights: Weights, space: Workspace) -> Self {
        Self { weights, space: Mutex::new(space) }
    }

    pub fn space(&self) -> MutexGuard<'_, Workspace> {
        self.space.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What must be the same for two models to share a base. How angles turn is each model's own.
#[derive(Clone, Debug, PartialEq)]
struct Key {
    identity: Identity,
    shape: Config,
    is_tied: bool,
    /// Rows of the workspace.
    step_tokens: usize,
}

impl Key {
    fn of(files: &ModelFiles, sizes: &Sizes) -> Option<Self> {
        let shape =
            Config { max_context: 0, rope_theta: 0.0, rope_scaling: RopeScaling::None, ..files.config().clone() };
        let (identity, is_tied) = (files.base_identity()?, files.base().is_tied());
        Some(Self { identity, shape, is_tied, step_tokens: sizes.step_tokens })
    }
}

/// The bases that models of an engine use. It keeps none of them: with the last model on it a base is gone.
#[derive(Debug, Default)]
pub struct Shelf(Mutex<Vec<(Key, Weak<Base>)>>);

impl Shelf {
    /// The base of these files, if a model uses it; else what `load` gives, for others to find. Who asks meanwhile waits, so
    /// that nothing is loaded twice.
    pub(super) fn find_or(
        &self,
        files: &ModelFiles,
        sizes: &Sizes,
        load: impl FnOnce() -> Result<Base>,
    ) -> Result<Arc<Base>> {
        let Some(key) = Key::of(files, sizes) else { return Ok(Arc::new(load()?)) };
        let mut bases = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        bases.retain(|(_, base)| base.strong_count() > 0);
        let found = bases.iter().find(|(other, _)| *other == key).and_then(|(_, base)| base.upgrade());
        if let Some(base) = found {
            return Ok(base);
        }
        let base = Arc::new(load()?);
        bases.push((key, Arc::downgrade(&base)));
        Ok(base)
    }

    /// How many bases are in memory.
    #[must_use]
    pub fn bases(&self) -> usize {
        let bases = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        bases.iter().filter(|(_, base)| base.strong_count() > 0).count()
    }
}
