//! Short-lived processes for what strangers made: a model file that is looked at before it is registered, a chat template that
//! lays out a conversation.
//!
//! ```text
//! service ─▶ Inspector ─▶ `arena sandbox inspect`    reads the file, tries the model out, says what it found, ends
//! worker ─▶ Templates ─▶ `arena sandbox templates`   one a model: compiles its template, then renders until the worker ends
//! ```
//! Such a file can make its reader overflow the stack, take all memory, or never end; none of this can be caught within a
//! process. So each runs in one of its own, with bounds on memory and processor time that it sets itself before it reads
//! anything, and a bound on time that its parent holds.

mod child;
mod inspector;
mod job;
mod limits;
mod templates;

use clap::Args;

pub use inspector::Inspector;
pub use job::SandboxJob;
pub(super) use templates::Templates;

/// Options of `arena sandbox`.
#[derive(Debug, Args)]
pub struct SandboxOptions {
    #[arg(value_enum)]
    pub job: SandboxJob,
}

/// The life of a sandbox: what is asked comes on the standard input, answers go to the standard output.
///
/// # Errors
/// The bounds cannot be set, or the parent is gone.
pub fn run(options: &SandboxOptions) -> anyhow::Result<()> {
    match options.job {
        SandboxJob::Inspect => inspector::answer(),
        SandboxJob::Templates => templates::answer(),
    }
}
