//! A model as requests see it: one or several servers that answer alike, and how much they take.

use super::endpoint::Endpoint;
use crate::domain::SentParameter;

/// How much a model takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Capacity {
    /// Answers at once at each server; without it nothing waits here.
    pub per_server: Option<usize>,
    /// Requests that may wait for a server; beyond it they are refused.
    pub waiting: usize,
}

/// A model at its servers, of which there is at least one.
#[derive(Debug, Clone)]
pub struct Target {
    pub(super) name: String,
    first: Endpoint,
    others: Vec<Endpoint>,
    pub(super) capacity: Capacity,
}

impl Target {
    /// A model at one server and, where there are, others that answer alike. Its queue is filed under the name.
    pub fn new(name: impl Into<String>, first: Endpoint, others: Vec<Endpoint>, capacity: Capacity) -> Self {
        Self { name: name.into(), first, others, capacity }
    }

    /// Its servers.
    pub fn endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// The same model, whose servers are never sent these.
    #[must_use]
    pub fn without_parameters(self, omitted: &[SentParameter]) -> Self {
        let without = |endpoint: Endpoint| endpoint.without_parameters(omitted.to_vec());
        Self { first: without(self.first), others: self.others.into_iter().map(without).collect(), ..self }
    }

    pub(super) fn count(&self) -> usize {
        1 + self.others.len()
    }

    pub(super) fn endpoint(&self, at: usize) -> &Endpoint {
        at.checked_sub(1).and_then(|at| self.others.get(at)).unwrap_or(&self.first)
    }
}

impl From<&Endpoint> for Target {
    fn from(endpoint: &Endpoint) -> Self {
        Self::new(endpoint.health_key(), endpoint.clone(), Vec::new(), Capacity::default())
    }
}
