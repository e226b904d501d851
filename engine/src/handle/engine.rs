//! [`Engine`]: one device and the models on it.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::card::ModelCard;
use super::entry::Entry;
use super::load::{self, LoadProgress, LoadedModel};
use super::options::{EngineOptions, LoadOptions};
use super::request_state::RequestState;
use super::requested::RequestedTemplates;
use super::runner::ModelRunner;
use super::shared::{EngineStatus, ModelStatus, QueuePlace, Shared};
use super::stream::EventStream;
use super::thread::{self, Command};
use crate::cpu::Shelf;
use crate::device::DeviceSpec;
use crate::devices::OpenDevice;
use crate::error::{Error, RequestFault, Result};
use crate::request::{Input, Request, SubmitError};
use crate::text::{ChatTemplate, CompileTemplate, Tokenizer};

/// Commands that may wait for the engine's thread.
const COMMANDS: usize = 1024;

/// One device and the models on it. Dropping it stops the thread after the step it is in.
pub struct Engine {
    device: OpenDevice,
    device_name: String,
    options: EngineOptions,
    templates: CompileTemplate,
    /// Weights that several models use.
    shelf: Shelf,
    /// The templates that come with requests.
    requested: Arc<RequestedTemplates>,
    commands: SyncSender<Command>,
    models: Mutex<HashMap<String, Entry>>,
    /// Names of models may come back; numbers do not, so a late command cannot meet the wrong one.
    next: AtomicU64,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("device", &self.device_name).field("models", &self.models().len()).finish()
    }
}

impl Engine {
    /// Opens the device and starts its thread.
    ///
    /// # Errors
    /// The device cannot be used, or an option is out of range.
    pub fn start(device: DeviceSpec, options: EngineOptions) -> Result<Self> {
        options.check()?;
        let device = OpenDevice::open(device, options.threads)?;
        let (commands, received) = sync_channel(COMMANDS);
        let thread = std::thread::Builder::new()
            .name("engine".to_owned())
            .spawn(move || thread::run(&received))
            .map_err(Error::io("the engine's thread"))?;
        Ok(Self {
            device_name: device.name(),
            device,
            options,
            templates: ChatTemplate::local(),
            shelf: Shelf::default(),
            requested: Arc::new(RequestedTemplates::new(ChatTemplate::local())),
            commands,
            models: Mutex::default(),
            next: AtomicU64::new(0),
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Has the chat templates of model files and of requests compiled and run elsewhere than in this process. For models loaded
    /// from now on.
    #[must_use]
    pub fn with_templates(mut self, templates: CompileTemplate) -> Self {
        self.requested = Arc::new(RequestedTemplates::new(templates.clone()));
        self.templates = templates;
        self
    }

    /// The device in words: `cpu`, `cuda:0`.
    #[must_use]
    pub fn device(&self) -> &str {
        &self.device_name
    }

    /// Loads a model under a name. Blocks until it is ready; the engine's other models go on, since
    /// the file is read on the caller's thread. `progress` hears how many bytes are done.
    ///
    /// # Errors
    /// What is wrong with the file, by offset, key or tensor; or the name is taken.
    pub fn load(
        &self,
        name: &str,
        path: &Path,
        options: LoadOptions,
        progress: impl FnMut(LoadProgress) + Send,
    ) -> Result<ModelCard> {
        if self.models().contains_key(name) {
            return Err(Error::Request(RequestFault::Loaded { name: name.to_owned() }));
        }
        let place = load::Place {
            device: &self.device,
            device_name: &self.device_name,
            options: &self.options,
            templates: &self.templates,
            shelf: &self.shelf,
        };
        let loaded = LoadedModel::read(name, path, options, &place, progress)?;
        self.add(name, loaded)
    }

    /// Puts a model that is in memory to work.
    pub(crate) fn add(&self, name: &str, loaded: LoadedModel) -> Result<ModelCard> {
        let card = Arc::new(loaded.card.clone());
        let tokenizer = Arc::clone(&loaded.tokenizer);
        let template = Arc::clone(&loaded.template);
        let shared = Arc::new(Shared::new(loaded.limits.blocks as usize, self.options.queue));
        let served = ModelRunner::new(loaded, self.options.step_time, Arc::clone(&shared));
        let mut models = self.models();
        // Looked at again: somebody else may have loaded the same name meanwhile.
        if models.contains_key(name) {
            return Err(Error::Request(RequestFault::Loaded { name: name.to_owned() }));
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.commands.send(Command::Add { number, served: Box::new(served) }).map_err(|_| Error::Stopped)?;
        let requested = Arc::clone(&self.requested);
        let card_of_entry = Arc::clone(&card);
        let entry =
            Entry { number, card: card_of_entry, tokenizer, template, requested, shared, grammars: Arc::default() };
        models.insert(name.to_owned(), entry);
        Ok(ModelCard::clone(&card))
    }

    /// Takes a model away. Its requests end with an error; its memory is free when this returns.
    ///
    /// # Errors
    /// There is no such model.
    pub fn unload(&self, name: &str) -> Result<()> {
        let Some(entry) = self.models().remove(name) else {
            return Err(Error::Request(RequestFault::NotLoaded { name: name.to_owned() }));
        };
        let (done, wait) = sync_channel(1);
        self.commands.send(Command::Remove { number: entry.number, done }).map_err(|_| Error::Stopped)?;
        wait.recv().map_err(|_| Error::Stopped)
    }

    /// The loaded models, by name.
    #[must_use]
    pub fn cards(&self) -> Vec<ModelCard> {
        let mut cards: Vec<ModelCard> = self.models().values().map(|m| ModelCard::clone(&m.card)).collect();
        cards.sort_by(|a, b| a.name.cmp(&b.name));
        cards
    }

    /// The card of one model.
    #[must_use]
    pub fn model(&self, name: &str) -> Option<ModelCard> {
        self.models().get(name).map(|m| ModelCard::clone(&m.card))
    }

    /// The tokenizer of one model.
    #[must_use]
    pub fn tokenizer(&self, name: &str) -> Option<Arc<Tokenizer>> {
        self.models().get(name).map(|m| Arc::clone(&m.tokenizer))
    }

    /// How many tokens a prompt has. One that cannot fit into the context may be refused unread.
    ///
    /// # Errors
    /// The model is unknown or the input cannot be encoded.
    pub fn count_tokens(&self, name: &str, input: &Input) -> Result<usize, SubmitError> {
        let entry = self.entry(name)?;
        entry.encode(input, None).map(|tokens| tokens.len())
    }

    /// Queues a request and returns its events. Dropping the stream cancels the request.
    ///
    /// # Errors
    /// Why the request was not taken; nothing waits then.
    pub fn submit(&self, name: &str, request: Request) -> Result<EventStream, SubmitError> {
        request.check()?;
        let entry = self.entry(name)?;
        // A place first: a full queue must refuse before it costs the work of encoding.
        let place = QueuePlace::take(&entry.shared)?;
        let prompt = entry.encode(&request.input, request.chat_template.as_ref())?;
        let limit = entry.card.context - 1;
        if prompt.len() > limit {
            return Err(SubmitError::PromptTooLong { tokens: prompt.len(), at_least: false, limit });
        }
        let grammar = entry.grammar(&request.format)?;
        let (job, stream) = RequestState::new(&entry, &self.options, request, prompt, grammar, place);
        match self.commands.try_send(Command::Submit { number: entry.number, job: Box::new(job) }) {
            Ok(()) => Ok(stream),
            Err(TrySendError::Full(_)) => Err(SubmitError::QueueFull { limit: COMMANDS }),
            Err(TrySendError::Disconnected(_)) => Err(SubmitError::ShuttingDown),
        }
    }

    /// How the engine and its models are doing.
    #[must_use]
    pub fn status(&self) -> EngineStatus {
        let mut models: Vec<ModelStatus> = self.models().iter().map(|(name, m)| m.shared.status(name)).collect();
        models.sort_by(|a, b| a.name.cmp(&b.name));
        EngineStatus { device: self.device_name.clone(), alive: self.is_alive(), models }
    }

    /// Refuses new requests, lets those that are there finish for at most `grace`, and stops the
    /// thread. What is not finished by then ends with an error.
    pub fn shutdown(&self, grace: Duration) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(thread) = thread else { return };
        self.models().clear();
        let sent = self.commands.send(Command::Shutdown { deadline: Instant::now() + grace });
        if sent.is_ok() && thread.join().is_err() {
            tracing::error!("the engine's thread panicked");
        }
    }

    fn is_alive(&self) -> bool {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        thread.as_ref().is_some_and(|t| !t.is_finished())
    }

    fn entry(&self, name: &str) -> Result<Entry, SubmitError> {
        if !self.is_alive() {
            return Err(SubmitError::ShuttingDown);
        }
        self.models().get(name).cloned().ok_or_else(|| SubmitError::UnknownModel(name.to_owned()))
    }

    fn models(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        // Nothing that can panic runs under this lock but the map's own code.
        self.models.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.shutdown(Duration::ZERO);
    }
}

#[cfg(test)]
mod tests;
