//! A file's metadata, read by key with the type that is expected.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::value::{Array, Value};
use crate::error::{Error, Fault, Place, Result};

/// The metadata of a GGUF file. A getter's error names the file and the key.
#[derive(Clone, Debug)]
pub struct Metadata {
    path: PathBuf,
    entries: BTreeMap<String, Value>,
}

/// A getter that must find its key, and one that need not.
macro_rules! getters {
    ($($(#[$doc:meta])* $must:ident, $may:ident -> $out:ty;)*) => {$(
        $(#[$doc])*
        pub fn $must(&self, key: &str) -> Result<$out> {
            self.$may(key)?.ok_or_else(|| self.fault(key, Fault::Missing))
        }

        $(#[$doc])*
        /// Nothing when the key is absent; a value of another type is an error still.
        pub fn $may(&self, key: &str) -> Result<Option<$out>> {
            let Some(value) = self.entries.get(key) else { return Ok(None) };
            value.$may().map(Some).map_err(|wanted| self.fault(key, Fault::ValueType { found: value.type_name().to_string(), wanted: wanted.to_string() }))
        }
    )*};
}

impl Metadata {
    /// Values that came out of `path`, which need not be a GGUF: other formats' are translated.
    pub fn new(path: &Path, entries: BTreeMap<String, Value>) -> Self {
        Self { path: path.to_owned(), entries }
    }

    /// The file the metadata is from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.entries.get(key)
    }

    /// All keys and values, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.entries.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// An error about a key.
    pub fn fault(&self, key: &str, fault: impl Into<Fault>) -> Error {
        Error::file(&self.path, Place::Key(key.to_owned()), fault)
    }

    getters! {
        /// A text.
        str, opt_str -> &str;
        /// A whole number that fits 32 bits, stored in any width.
        u32, opt_u32 -> u32;
        /// A number.
        f32, opt_f32 -> f32;
        /// A truth value.
        bool, opt_bool -> bool;
        /// A list of texts.
        strings, opt_strings -> &[String];
        /// A list of numbers.
        f32s, opt_f32s -> &[f32];
        /// A list of whole numbers.
        i32s, opt_i32s -> &[i32];
    }
}

/// Conversions; the error says what was wanted.
impl Value {
    fn opt_str(&self) -> Result<&str, &'static str> {
        match self {
            Self::String(text) => Ok(text),
            _ => Err("text"),
        }
    }

    fn opt_u32(&self) -> Result<u32, &'static str> {
        self.integer().and_then(|v| v.try_into().ok()).ok_or("a whole number of 32 bits")
    }

    fn opt_f32(&self) -> Result<f32, &'static str> {
        match *self {
            Self::F32(v) => Ok(v),
            Self::F64(v) => Ok(v as f32),
            _ => self.integer().map(|v| v as f32).ok_or("a number"),
        }
    }

    fn opt_bool(&self) -> Result<bool, &'static str> {
        match *self {
            Self::Bool(v) => Ok(v),
            _ => Err("a truth value"),
        }
    }

    fn opt_strings(&self) -> Result<&[String], &'static str> {
        match self {
            Self::Array(Array::String(v)) => Ok(v),
            _ => Err("a list of texts"),
        }
    }

    fn opt_f32s(&self) -> Result<&[f32], &'static str> {
        match self {
            Self::Array(Array::F32(v)) => Ok(v),
            _ => Err("a list of f32"),
        }
    }

    fn opt_i32s(&self) -> Result<&[i32], &'static str> {
        match self {
            Self::Array(Array::I32(v)) => Ok(v),
            _ => Err("a list of i32"),
        }
    }
}
