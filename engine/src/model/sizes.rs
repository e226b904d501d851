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
    /// 8 bits, and a scale for each 32 numbers of a head: about half of F16. Not on a GPU.
    Q8_0,
}

impl CacheType {
    /// Bytes of a head's numbers of one position.
    #[must_use]
    pub fn row_bytes(self, numbers: usize) -> usize {
        match self {
            Self::F16 => 2 * numbers,
            Self::F32 => 4 * numbers,
            Self::Q8_0 => numbers + 2 * numbers.div_ceil(32),
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
            "q8_0" => Ok(Self::Q8_0),
            _ => Err(Error::Request(RequestFault::CacheType { text: text.to_owned() })),
        }
    }
}

impl std::fmt::Display for CacheType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::F16 => "f16",
            Self::F32 => "f32",
            Self::Q8_0 => "q8_0",
        })
    }
}
