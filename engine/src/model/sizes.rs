//! How much a model has room for.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, RequestFault, Result};

/// How much a model must have room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Blocks of the cache.
    pub blocks: usize,
    /// Tokens of a block.
    pub block_size: usize,
    /// Most tokens of a step.
    pub step_tokens: usize,
    /// Most sequences of a step.
    pub sequences: usize,
    /// The type of cached keys and values.
    pub cache_type: CacheType,
}

/// A type of cached keys and values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CacheType {
    /// Half the memory and half the reading.
    #[default]
    F16,
    /// As they were computed. Not on a GPU.
    F32,
}

impl CacheType {
    /// Bytes of a number.
    #[must_use]
    pub fn bytes(self) -> usize {
        match self {
            Self::F16 => 2,
            Self::F32 => 4,
        }
    }
}

impl FromStr for CacheType {
    type Err = Error;

    /// The names of llama.cpp's `--cache-type-k` and vLLM's `--kv-cache-dtype`.
    fn from_str(text: &str) -> Result<Self> {
        match text {
            "f16" | "float16" => Ok(Self::F16),
            "f32" | "float32" => Ok(Self::F32),
            _ => Err(Error::Request(RequestFault::CacheType { text: text.to_owned() })),
        }
    }
}

impl std::fmt::Display for CacheType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::F16 => "f16",
            Self::F32 => "f32",
        })
    }
}
