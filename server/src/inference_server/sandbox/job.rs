//! What a sandbox is for.

use clap::ValueEnum;

/// What a sandbox is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SandboxJob {
    /// Looks at a model file.
    Inspect,
    /// Lays out conversations by a template.
    Templates,
}

impl SandboxJob {
    /// Its name on the command line.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Inspect => "inspect",
            Self::Templates => "templates",
        }
    }
}
