//! What the handlers of a worker share.

use std::sync::Arc;

use secrecy::SecretString;

use super::host::Host;
use super::metrics::Metrics;

/// What every handler may use.
pub(super) struct Worker {
    pub(super) host: Arc<Host>,
    pub(super) token: SecretString,
    pub(super) metrics: Metrics,
}
