//! Chat templates of local models, each in a process of its own.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mixtral_engine::text::{CompileTemplate, LocalTemplate, RenderTemplate, TemplateError, TemplateInput};

use super::child::{Sandbox, read_message, write_message};
use super::job::SandboxJob;
use super::limits::{STACK, bound_memory, bound_processor_time, forbid_files};

/// How long compiling or rendering may take: a thousand times what published templates take, since the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(10);
/// Processor time of one conversation, in seconds.
const PROCESSOR_TIME: u64 = 8;
/// Memory of a template's process.
const MEMORY: u64 = 384 << 20;

/// Runs the templates of a worker's models elsewhere.
#[derive(Debug, Clone)]
pub(in super::super) struct Templates {
    executable: PathBuf,
}

impl Templates {
    /// From this program's own file.
    pub(in super::super) fn of_this_program() -> io::Result<Self> {
        Ok(Self { executable: std::env::current_exe()? })
    }

    /// From the program `arena` in this file.
    pub(super) fn of(executable: PathBuf) -> Self {
        Self { executable }
    }

    /// For the engine.
    pub(in super::super) fn compiler(self) -> CompileTemplate {
        Arc::new(move |source| {
            let template = SandboxedTemplate {
                executable: self.executable.clone(),
                source: source.to_owned(),
                process: Mutex::default(),
            };
            let process = template.start()?;
            *template.process.lock().unwrap_or_else(PoisonError::into_inner) = Some(process);
            Ok(Box::new(template))
        })
    }
}

/// A template in its process, which is started again after it came to its end.
#[derive(Debug)]
struct SandboxedTemplate {
    executable: PathBuf,
    source: String,
    process: Mutex<Option<Sandbox>>,
}

impl SandboxedTemplate {
    fn start(&self) -> Result<Sandbox, TemplateError> {
        let failed = |error: io::Error| TemplateError::Render(format!("cannot start its process: {error}"));
        let mut process = Sandbox::start(&self.executable, SandboxJob::Templates).map_err(failed)?;
        let compiled: Result<(), TemplateError> =
            process.ask(&self.source, PATIENCE).map_err(TemplateError::Crashed)?;
        compiled.map(|()| process)
    }
}

impl RenderTemplate for SandboxedTemplate {
    fn render(&self, input: &TemplateInput) -> Result<String, TemplateError> {
        // One conversation at a time: a template takes a millisecond, and one that hangs holds up its own model alone.
        let mut kept = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        let mut process = match kept.take() {
            Some(process) => process,
            None => self.start()?,
        };
        let laid_out = process.ask(input, PATIENCE).map_err(TemplateError::Crashed)?;
        *kept = Some(process);
        laid_out
    }
}

/// The process: the first message is the template, every other one a conversation.
pub(super) fn answer() -> anyhow::Result<()> {
    forbid_files()?;
    bound_memory(MEMORY)?;
    bound_processor_time(PROCESSOR_TIME)?;
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(|| {
        let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
        let source: String = serde_json::from_slice(&read_message(&mut input)?)?;
        let compiled = LocalTemplate::compile(&source);
        let told = compiled.as_ref().map(|_| ()).map_err(Clone::clone);
        write_message(&mut output, &serde_json::to_vec(&told)?)?;
        let Ok(template) = compiled else { return Ok(()) };
        // The end of the input is the end of the worker.
        while let Ok(asked) = read_message(&mut input) {
            bound_processor_time(PROCESSOR_TIME)?;
            let asked: TemplateInput = serde_json::from_slice(&asked)?;
            write_message(&mut output, &serde_json::to_vec(&template.render(&asked))?)?;
        }
        Ok(())
    })?;
    thread.join().map_err(|_| anyhow::anyhow!("the template panicked"))?
}
