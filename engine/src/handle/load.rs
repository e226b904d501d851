//! Reading a model from its file, on the caller's thread.

use std::path::Path;
use std::sync::Arc;

use super::card::{self, ModelCard, TemplateState};
use super::check::check;
use super::options::{EngineOptions, LoadOptions};
use crate::cpu::Shelf;
use crate::devices::{Model, OpenDevice};
use crate::error::{Error, RequestFault, Result};
use crate::formats::Source as _;
use crate::model::Sizes;
use crate::schedule::Limits;
use crate::text::{ChatTemplate, CompileTemplate, TemplateError, Tokenizer};
use crate::weights::ModelFiles;

/// How far a loading model is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoadProgress {
    /// Bytes that are done.
    pub done: u64,
    /// Bytes in all.
    pub total: u64,
}

/// A model in memory that is not at work yet.
pub(crate) struct LoadedModel {
    pub(crate) card: ModelCard,
    pub(crate) tokenizer: Arc<Tokenizer>,
    pub(crate) template: Arc<Result<ChatTemplate, TemplateError>>,
    pub(crate) model: Model,
    pub(crate) limits: Limits,
    pub(crate) vocabulary: usize,
}

/// Where a model goes and what the engine allows it.
pub(super) struct Place<'a> {
    pub(super) device: &'a OpenDevice,
    pub(super) device_name: &'a str,
    pub(super) options: &'a EngineOptions,
    pub(super) templates: &'a CompileTemplate,
    pub(super) shelf: &'a Shelf,
}

impl LoadedModel {
    pub(super) fn read(
        name: &str,
        path: &Path,
        options: LoadOptions,
        place: &Place<'_>,
        mut progress: impl FnMut(LoadProgress),
    ) -> Result<Self> {
        let files = ModelFiles::open_as(path, options.base.as_deref(), options.weight_type)?;
        let metadata = files.metadata();
        let trained_context = files.config().max_context;
        let mut config = options.rope.apply(files.config())?;
        let tokenizer = check(&files)?;
        let template = ChatTemplate::with(metadata.opt_str("tokenizer.chat_template")?, place.templates);
        let usual = options.usual_context.unwrap_or(usize::MAX);
        let context = options.context.unwrap_or(config.max_context.min(usual));
        let limits = limits(context, &options, place.options)?;
        let blocks = limits.blocks as usize;
        let sizes = Sizes {
            blocks,
            block_size: limits.block_size,
            step_tokens: limits.step_tokens.max(limits.max_sequences),
            sequences: limits.max_sequences,
            cache_type: options.cache_type.unwrap_or(place.options.cache_type),
        };
        // A cache smaller than the context bounds it: what could not be computed must not be taken.
        let context = context.min(blocks * limits.block_size);
        if context < 2 {
            return Err(Error::Request(RequestFault::ShortContext { context: context.to_string() }));
        }
        let text = |key: &str| metadata.opt_str(key).map(|t| t.filter(|t| !t.is_empty()).map(str::to_owned));
        let mut card = ModelCard {
            name: name.to_owned(),
            title: text("general.name")?,
            architecture: if config.num_experts > 1 { "mixtral" } else { "llama" }.to_owned(),
            licence: text("general.license")?,
            adapter: files.adapter_name(),
            file: files.path().file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default(),
            bytes: files.file_bytes(),
            parameters: files.parameters(),
            active_parameters: card::active_parameters(&files, config.num_experts, config.experts_per_token),
            quantisation: card::quantisation(&files),
            experts: config.num_experts,
            experts_used: config.experts_per_token,
            context,
            trained_context,
            vocabulary: tokenizer.vocabulary().len(),
            template: TemplateState::of(&template),
            device: place.device_name.to_owned(),
            cache_bytes: place.device.cache_bytes(&config, &sizes),
            own_bytes: None,
        };
        let vocabulary = config.vocab_size;
        // Angles are made for as many positions.
        config.max_context = config.max_context.max(context);
        let mut progress = |done, total| progress(LoadProgress { done, total });
        let model = place.device.open_model(&files, config, sizes, place.shelf, &mut progress)?;
        card.own_bytes = files.adapter().and_then(|_| model.own_bytes());
        Ok(Self { card, tokenizer: Arc::new(tokenizer), template: Arc::new(template), model, limits, vocabulary })
    }
}

fn limits(context: usize, options: &LoadOptions, engine: &EngineOptions) -> Result<Limits> {
    let automatic = engine.default_cache_tokens(context);
    let tokens = options.cache_tokens.or(engine.cache_tokens).unwrap_or(automatic);
    let blocks = u32::try_from(tokens.div_ceil(engine.block_size))
        .map_err(|_| Error::Request(RequestFault::LargeCache { tokens: tokens.to_string() }))?;
    Ok(Limits {
        max_sequences: engine.max_sequences,
        max_waiting: engine.queue,
        step_tokens: engine.step_tokens,
        block_size: engine.block_size,
        blocks,
    })
}
