//! Recorded steps, by their shape.

use std::collections::HashMap;
use std::sync::Arc;

use super::indices::Layout;
use crate::error::Result;
use crate::gpu::{Gpu, Graph};

/// Shapes that are kept. There are as many as batch sizes and doublings of the longest context; when somebody has more, all are
/// recorded anew.
const MOST: usize = 64;

/// Recorded steps.
#[derive(Debug, Default)]
pub struct Graphs {
    kept: HashMap<(Layout, bool), Option<Graph>>,
}

impl Graphs {
    /// Does a step of this shape: the first time by asking for each part of it, so that all kernels are loaded, the second
    /// time by recording it, from then on at once. `work` must ask for the same each time; the flag says whether it samples.
    ///
    /// # Errors
    /// The work's own, or the device cannot record it.
    pub fn run(&mut self, gpu: &Arc<dyn Gpu>, shape: (Layout, bool), work: impl FnOnce() -> Result<()>) -> Result<()> {
        if self.kept.len() >= MOST && !self.kept.contains_key(&shape) {
            self.kept.clear();
        }
        match self.kept.get_mut(&shape) {
            None => {
                work()?;
                self.kept.insert(shape, None);
                Ok(())
            }
            Some(Some(graph)) => graph.replay(),
            Some(graph) => graph.insert(Graph::record(gpu, work)?).replay(),
        }
    }

    /// Forgets all, after a failure.
    pub fn clear(&mut self) {
        self.kept.clear();
    }
}
