//! Looking at a model file in a process of its own.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mixtral_engine::error::Crash;
use mixtral_engine::text::ChatTemplate;
use serde::{Deserialize, Serialize};

use super::child::{Sandbox, read_message, write_message};
use super::job::SandboxJob;
use super::limits::{STACK, bound_memory, bound_processor_time, forbid_files};
use super::templates::Templates;
use crate::i18n::Translated;
use crate::inference_server::inspect::{Depth, InspectError, ModelFacts, check_template, inspect};
use crate::inference_server::words;

/// Memory for reading a header and a tokenizer.
const HEADER_MEMORY: u64 = 2 << 30;
/// How long a look at the header may take; files may lie on a slow disk.
const HEADER_PATIENCE: Duration = Duration::from_secs(30);
/// How long trying the model out may take.
const TRIAL_PATIENCE: Duration = Duration::from_secs(120);

/// What is to be looked at.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Asked {
    path: PathBuf,
    base: Option<PathBuf>,
    context: Option<usize>,
    depth: Depth,
    /// The chat template that requests will bring.
    template: Option<String>,
}

/// Looks at model files, each in a process of its own.
#[derive(Debug, Clone)]
pub struct Inspector {
    executable: PathBuf,
}

impl Inspector {
    /// From the program `arena` in this file.
    pub fn new(executable: PathBuf) -> Self {
        Self { executable }
    }

    /// What [`inspect`] finds. Blocks.
    ///
    /// # Errors
    /// As [`inspect`], and where the file ended the process that looked at it.
    pub fn inspect(
        &self,
        path: &Path,
        base: Option<&Path>,
        context: Option<usize>,
        depth: Depth,
        template: Option<&str>,
    ) -> Result<ModelFacts, InspectError> {
        if cfg!(test) {
            // The program of this crate's own tests is not `arena`.
            return inspect(path, base, context, depth, template, &ChatTemplate::local());
        }
        let patience = if depth == Depth::Header { HEADER_PATIENCE } else { TRIAL_PATIENCE };
        let (base, template) = (base.map(Path::to_owned), template.map(str::to_owned));
        let asked = Asked { path: path.to_owned(), base, context, depth, template };
        let failed = |error: io::Error| InspectError::Crashed(words::crash(&Crash::System(error.to_string())));
        let mut sandbox = Sandbox::start(&self.executable, SandboxJob::Inspect).map_err(failed)?;
        sandbox.ask(&asked, patience).unwrap_or_else(|how| Err(InspectError::Crashed(words::crash(&how))))
    }

    /// What [`check_template`] finds. Blocks.
    ///
    /// # Errors
    /// Why the template cannot lay out a conversation.
    pub fn check_template(&self, source: &str) -> Result<(), Translated> {
        let templates = match cfg!(test) {
            true => ChatTemplate::local(),
            false => Templates::of(self.executable.clone()).compiler(),
        };
        check_template(source, &templates)
    }
}

/// The process.
pub(super) fn answer() -> anyhow::Result<()> {
    forbid_files()?;
    bound_memory(HEADER_MEMORY)?;
    // Its template has far narrower bounds of its own.
    let templates = Templates::of_this_program()?.compiler();
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(move || {
        let asked: Asked = serde_json::from_slice(&read_message(&mut io::stdin().lock())?)?;
        let look = |depth| {
            let (base, template) = (asked.base.as_deref(), asked.template.as_deref());
            inspect(&asked.path, base, asked.context, depth, template, &templates)
        };
        let found = look(Depth::Header);
        let found = found.and_then(|facts| {
            if asked.depth == Depth::Header {
                return Ok(facts);
            }
            // The estimate is the engine's own; twice of it and what reading the header took is far from what a fault takes.
            let memory = facts.memory.saturating_mul(2).saturating_add(HEADER_MEMORY);
            bound_memory(memory)
                .map_err(|error| InspectError::Crashed(words::crash(&Crash::System(error.to_string()))))?;
            look(asked.depth)
        });
        Ok(write_message(&mut io::stdout().lock(), &serde_json::to_vec(&found)?)?)
    })?;
    bound_processor_time(600)?;
    thread.join().map_err(|_| anyhow::anyhow!("the look at the file panicked"))?
}
