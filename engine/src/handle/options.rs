//! The engine's settings.

use std::path::PathBuf;
use std::time::Duration;

use crate::arch::RopeOptions;
use crate::error::{Error, RequestFault, Result};
use crate::model::CacheType;
use crate::quant::GgmlType;

/// Settings of an engine, the same for each of its models.
#[derive(Debug, Clone, PartialEq)]
pub struct EngineOptions {
    /// Most requests that a model works on at once.
    pub max_sequences: usize,
    /// Most requests that wait for a model; one more is refused at once.
    pub queue: usize,
    /// Tokens that a model's cache holds; without it, [`Self::default_cache_tokens`].
    pub cache_tokens: Option<usize>,
    /// The type of cached keys and values.
    pub cache_type: CacheType,
    /// Tokens in a cache block.
    pub block_size: usize,
    /// Most tokens computed in one step.
    pub step_tokens: usize,
    /// How long a step may take, about: long prompts are cut into pieces by the model's speed. It
    /// bounds how long other answers wait for a new prompt, and how long a cancelled one lives on.
    pub step_time: Duration,
    /// Events that may wait for a reader.
    pub stream_buffer: usize,
    /// How long a reader may leave its events unread before its request is cancelled.
    pub read_timeout: Duration,
    /// Threads that compute on the processor; without it, one for each physical core that the process may use.
    pub threads: Option<usize>,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            max_sequences: 16,
            queue: 64,
            cache_tokens: None,
            cache_type: CacheType::default(),
            block_size: 16,
            step_tokens: 512,
            step_time: Duration::from_secs(1),
            stream_buffer: 64,
            read_timeout: Duration::from_secs(30),
            threads: None,
        }
    }
}

impl EngineOptions {
    /// Tokens in the cache of a model of this context where nobody says how many: what `max_sequences` full contexts
    /// take, but at most 32,768 or one context.
    pub fn default_cache_tokens(&self, context: usize) -> usize {
        self.max_sequences.saturating_mul(context).min(32_768).max(context)
    }

    pub(super) fn check(&self) -> Result<()> {
        let within = |name: &str, value: usize, most: usize| {
            if (1..=most).contains(&value) {
                Ok(())
            } else {
                let (name, most, value) = (name.to_owned(), most.to_string(), value.to_string());
                Err(Error::Request(RequestFault::Between { name, most, value }))
            }
        };
        within("max_sequences", self.max_sequences, 1024)?;
        within("queue", self.queue, 100_000)?;
        within("block_size", self.block_size, 1024)?;
        within("step_tokens", self.step_tokens, 1 << 20)?;
        within("stream_buffer", self.stream_buffer, 1 << 16)?;
        self.cache_tokens.map_or(Ok(()), |n| within("cache_tokens", n, 1 << 28))?;
        self.threads.map_or(Ok(()), |n| within("threads", n, 1024))
    }
}

/// Settings of one model.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LoadOptions {
    /// The longest context, in tokens. It may be longer than the model's own: what becomes of the answers then is the asker's
    /// concern, and the card tells both lengths.
    pub context: Option<usize>,
    /// Where nobody asks for a context: at most so many tokens of the model's own.
    pub usual_context: Option<usize>,
    /// What is said of the rotary angles instead of the file.
    pub rope: RopeOptions,
    /// As [`EngineOptions::cache_tokens`], for this model alone.
    pub cache_tokens: Option<usize>,
    /// As [`EngineOptions::cache_type`], for this model alone.
    pub cache_type: Option<CacheType>,
    /// Of an adapter: the file or folder of its base, where it is not the one that the adapter names.
    pub base: Option<PathBuf>,
    /// Of a Hugging Face folder: the type that its matrices get while they load, where they do not stay in their own.
    pub weight_type: Option<GgmlType>,
}
