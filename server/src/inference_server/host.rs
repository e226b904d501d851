//! The engine and the models that are put into it: what loads, what is ready, what could not be
//! loaded and why. The only file that drives the engine's life.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mixtral_engine::error::Crash;
use mixtral_engine::handle::{EngineStatus, LoadProgress};
use mixtral_engine::request::{Request, SubmitError};
use mixtral_engine::text::Tokenizer;
use mixtral_engine::{DeviceSpec, Engine, EngineOptions, EventStream, LoadOptions, ModelCard};
use serde::{Deserialize, Serialize};

use super::error::ApiError;
use super::options::ModelSpec;
use super::sandbox::Templates;
use super::trial::try_out;
use super::weights::{Digests, Weights};
use super::words;
use crate::i18n::{Message, Translated};

/// Models that one worker hosts at most; memory ends far earlier.
const MODELS: usize = 256;

/// One device's engine and its models.
pub(super) struct Host {
    engine: Engine,
    slots: Mutex<BTreeMap<String, Slot>>,
    /// One model is read at a time: two would share the disk and double the peak of memory.
    turn: tokio::sync::Mutex<()>,
    next: AtomicU64,
    draining: AtomicBool,
    /// Whether a model must answer before it counts as ready.
    tries_out: bool,
    digests: Arc<Digests>,
}

/// So often may a model's chat template crash or hang until the model rests.
const MAX_CRASHES: u32 = 2;

struct Slot {
    /// Tells a slot from an earlier one of the same name.
    number: u64,
    created: i64,
    state: State,
    /// How often the model's chat template came to a bad end.
    crashes: u32,
    /// What it was read from, once it is ready.
    weights: Option<Arc<Weights>>,
}

enum State {
    Loading(Arc<Progress>),
    Ready(Box<ModelCard>),
    Failed(Translated),
}

#[derive(Default)]
struct Progress {
    done: AtomicU64,
    total: AtomicU64,
}

/// A model's state as the supervisor and the administrator see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct SlotView {
    pub(crate) name: String,
    /// `loading`, `ready` or `failed`.
    pub(crate) state: SlotState,
    pub(crate) done_bytes: u64,
    pub(crate) total_bytes: u64,
    /// Why it could not be loaded, in English.
    pub(crate) error: Option<String>,
    /// The same in every language.
    #[serde(default)]
    pub(crate) translations: Option<Translated>,
    /// The engine's card, once it is ready.
    pub(crate) card: Option<serde_json::Value>,
    /// When it was asked for, in Unix seconds.
    pub(crate) created: i64,
}

/// Where a model is on its way into the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SlotState {
    Loading,
    Ready,
    Failed,
}

impl Host {
    /// Starts the engine. With `tries_out`, a model that does not answer a first question is not taken: for workers of the
    /// arena, where all models are asked to chat.
    pub(super) fn start(device: DeviceSpec, options: EngineOptions, tries_out: bool) -> anyhow::Result<Self> {
        let templates = Templates::of_this_program()?;
        Ok(Self {
            engine: Engine::start(device, options)?.with_templates(templates.compiler()),
            tries_out,
            slots: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
            next: AtomicU64::default(),
            draining: AtomicBool::default(),
            digests: Arc::default(),
        })
    }

    /// Takes a model on and loads it in the background; its progress is seen in [`Host::slots`].
    /// A model that failed may be asked for again under its name.
    pub(super) fn load(self: &Arc<Self>, spec: ModelSpec) -> Result<(), ApiError> {
        use actix_web::http::StatusCode;
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let progress = Arc::new(Progress::default());
        {
            let mut slots = self.lock();
            let taken = slots.get(&spec.name).is_some_and(|slot| !matches!(slot.state, State::Failed(_)));
            if taken {
                let message = format!("a model named {:?} is there already", spec.name);
                return Err(ApiError::new(StatusCode::CONFLICT, "already_loaded", message));
            }
            if slots.len() >= MODELS {
                let message = format!("this worker hosts {MODELS} models already");
                return Err(ApiError::new(StatusCode::CONFLICT, "too_many_models", message));
            }
            let state = State::Loading(progress.clone());
            let created = chrono::Utc::now().timestamp();
            slots.insert(spec.name.clone(), Slot { number, created, state, crashes: 0, weights: None });
        }
        let host = self.clone();
        tokio::spawn(async move { host.load_in_turn(number, spec, progress).await });
        Ok(())
    }

    async fn load_in_turn(self: Arc<Self>, number: u64, spec: ModelSpec, progress: Arc<Progress>) {
        let _turn = self.turn.lock().await;
        if !self.is_wanted(&spec.name, number) {
            return;
        }
        let host = self.clone();
        let name = spec.name.clone();
        let work = move || {
            // Before it is read: what is hashed later must still be that.
            let device = host.engine.status().device;
            let weights = Weights::look(&spec.path, spec.base.as_deref(), &device).map(Arc::new).ok();
            let options = LoadOptions {
                base: spec.base,
                context: spec.context,
                rope: spec.rope,
                cache_tokens: spec.cache_tokens,
                ..LoadOptions::default()
            };
            let card = host.engine.load(&spec.name, &spec.path, options, |at: LoadProgress| {
                progress.done.store(at.done, Ordering::Relaxed);
                progress.total.store(at.total, Ordering::Relaxed);
            });
            let card = card.map_err(|error| words::engine(&error))?;
            if card.context > card.trained_context && spec.rope.is_empty() {
                let (context, trained) = (card.context, card.trained_context);
                tracing::warn!(
                    model = spec.name,
                    context,
                    trained,
                    "the context is longer than the model was trained for; --rope-scaling and --rope-scale stretch it"
                );
            }
            match host.tries_out.then(|| try_out(&host.engine, &spec.name, None)) {
                Some(Err(why)) => {
                    if let Err(error) = host.engine.unload(&spec.name) {
                        tracing::warn!(%error, "cannot unload");
                    }
                    Err(why)
                }
                Some(Ok(_)) | None => Ok((card, weights)),
            }
        };
        let mut read_from = None;
        let state = match tokio::task::spawn_blocking(work).await {
            Ok(Ok((card, weights))) => {
                tracing::info!(model = name, "loaded");
                if let Some(weights) = &weights {
                    weights.hash(&self.digests);
                }
                read_from = weights;
                State::Ready(Box::new(card))
            }
            Ok(Err(error)) => State::Failed(error),
            Err(_) => State::Failed(Message::new("load-panicked").into()),
        };
        if let State::Failed(error) = &state {
            tracing::error!(model = name, %error, "cannot load");
        }
        let is_ready = matches!(state, State::Ready(_));
        let kept = match self.lock().get_mut(&name).filter(|slot| slot.number == number) {
            Some(slot) => {
                slot.state = state;
                slot.weights = read_from;
                true
            }
            None => false,
        };
        if !kept && is_ready {
            // It was taken away while it was being loaded.
            self.unload_engine(name).await;
        }
    }

    /// Takes a model away. Its running answers end with an error.
    pub(super) async fn unload(self: &Arc<Self>, name: &str) -> Result<(), ApiError> {
        let slot = self.lock().remove(name).ok_or_else(|| ApiError::unknown_model(name))?;
        if matches!(slot.state, State::Ready(_)) {
            self.unload_engine(name.to_owned()).await;
        }
        Ok(())
    }

    async fn unload_engine(self: &Arc<Self>, name: String) {
        let host = self.clone();
        let done = tokio::task::spawn_blocking(move || host.engine.unload(&name)).await;
        if let Ok(Err(error)) = done {
            tracing::warn!(%error, "cannot unload");
        }
    }

    /// Queues a request. Laying out and encoding a long prompt takes a while, so not on the thread
    /// that serves connections.
    pub(super) async fn submit(self: &Arc<Self>, name: &str, request: Request) -> Result<EventStream, ApiError> {
        match self.lock().get(name).map(|slot| &slot.state) {
            Some(State::Ready(_)) => {}
            Some(State::Loading(_)) => {
                return Err(ApiError::unavailable("model_loading", format!("The model `{name}` is being loaded."), 5));
            }
            Some(State::Failed(_)) => {
                let message = format!("The model `{name}` could not be loaded.");
                return Err(ApiError::unavailable("model_failed_to_load", message, 60));
            }
            None => return Err(ApiError::unknown_model(name)),
        }
        let host = self.clone();
        let model = name.to_owned();
        let submitted = tokio::task::spawn_blocking(move || host.engine.submit(&model, request)).await;
        if let Ok(Err(SubmitError::TemplateCrashed(how))) = &submitted {
            self.charge(name, how).await;
        }
        submitted.unwrap_or(Err(SubmitError::ShuttingDown)).map_err(|error| ApiError::from_submit(&error))
    }

    /// Counts a crash against the model that was asked. After the second it is set aside, as one that could not be loaded: the
    /// others of this device go on.
    async fn charge(self: &Arc<Self>, name: &str, how: &Crash) {
        let rests = {
            let mut slots = self.lock();
            let Some(slot) = slots.get_mut(name) else { return };
            slot.crashes += 1;
            let rests = slot.crashes >= MAX_CRASHES && matches!(slot.state, State::Ready(_));
            if rests {
                let told = Message::new("load-template-crashed").with("times", slot.crashes);
                slot.state = State::Failed(told.with_text("how", &words::crash(how)).into());
            }
            rests
        };
        tracing::error!(model = name, %how, rests, "a chat template crashed");
        if rests {
            self.unload_engine(name.to_owned()).await;
        }
    }

    /// The names of the models that answer.
    pub(super) fn ready(&self) -> Vec<String> {
        let slots = self.lock();
        slots.iter().filter(|(_, slot)| matches!(slot.state, State::Ready(_))).map(|(name, _)| name.clone()).collect()
    }

    /// The context of a model that answers, in tokens, and its tokenizer.
    pub(super) fn tokenizer(&self, name: &str) -> Option<(usize, Arc<Tokenizer>)> {
        Some((self.engine.model(name)?.context, self.engine.tokenizer(name)?))
    }

    /// What a model was read from.
    pub(super) fn weights(&self, name: &str) -> Option<Arc<Weights>> {
        self.lock().get(name)?.weights.clone()
    }

    /// All models, by name.
    pub(super) fn slots(&self) -> Vec<SlotView> {
        self.lock().iter().map(|(name, slot)| slot.view(name)).collect()
    }

    /// The engine's counters.
    pub(super) fn status(&self) -> EngineStatus {
        self.engine.status()
    }

    /// From now on nothing new is taken.
    pub(super) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Stops the engine; blocks.
    pub(super) fn shutdown(&self, grace: Duration) {
        self.engine.shutdown(grace);
    }

    fn is_wanted(&self, name: &str, number: u64) -> bool {
        self.lock().get(name).is_some_and(|slot| slot.number == number)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Slot>> {
        // Only the map's own code runs under this lock.
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    fn view(&self, name: &str) -> SlotView {
        let mut view = SlotView {
            name: name.to_owned(),
            state: SlotState::Loading,
            done_bytes: 0,
            total_bytes: 0,
            error: None,
            translations: None,
            card: None,
            created: self.created,
        };
        match &self.state {
            State::Loading(progress) => {
                view.done_bytes = progress.done.load(Ordering::Relaxed);
                view.total_bytes = progress.total.load(Ordering::Relaxed);
            }
            State::Ready(card) => {
                view.state = SlotState::Ready;
                (view.done_bytes, view.total_bytes) = (card.bytes, card.bytes);
                view.card = serde_json::to_value(card).ok();
            }
            State::Failed(error) => {
                view.state = SlotState::Failed;
                view.error = Some(error.to_string());
                view.translations = Some(error.clone());
            }
        }
        view
    }
}
