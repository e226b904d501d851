//! JSON objects of moderate size, read from files, whose keys are named in messages.

use std::path::Path;

use serde_json::{Map, Value};

use crate::error::{Error, Fault, LayoutFault, Place, Result};

/// No real configuration is longer, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// Reads a JSON object from a file.
///
/// # Errors
/// The file cannot be read, is too long, or holds something else.
pub fn object(path: &Path) -> Result<Map<String, Value>> {
    bounded_object(path, MAX_BYTES)
}

/// As [`object`], from a file of at most so many bytes.
///
/// # Errors
/// As [`object`].
pub fn bounded_object(path: &Path, most: u64) -> Result<Map<String, Value>> {
    let whole = |fault: Fault| Error::file(path, Place::Whole, fault);
    let about = std::fs::metadata(path).map_err(Error::io(path))?;
    // A device or a pipe may have no end.
    if !about.is_file() {
        return Err(whole(Fault::NotRegular));
    }
    let length = about.len();
    if length > most {
        return Err(whole(LayoutFault::TooLong { bytes: length.to_string(), most: most.to_string() }.into()));
    }
    let text = std::fs::read(path).map_err(Error::io(path))?;
    serde_json::from_slice(&text).map_err(|error| whole(LayoutFault::NotJson { why: error.to_string() }.into()))
}

/// An object and the file that it came from.
#[derive(Clone, Copy, Debug)]
pub struct Object<'a> {
    /// Where it stood.
    pub path: &'a Path,
    /// Its keys and values.
    pub json: &'a Map<String, Value>,
}

impl<'a> Object<'a> {
    /// What is wrong with a key.
    pub fn fault(&self, key: &str, fault: impl Into<Fault>) -> Error {
        Error::file(self.path, Place::Key(key.to_owned()), fault)
    }

    /// The value of a key; null is as good as absent.
    pub fn get(&self, key: &str) -> Option<&'a Value> {
        self.json.get(key).filter(|value| !value.is_null())
    }

    /// The truth of a key, false where it is absent.
    ///
    /// # Errors
    /// It is neither true nor false.
    pub fn switch(&self, key: &str) -> Result<bool> {
        let Some(value) = self.get(key) else { return Ok(false) };
        value.as_bool().ok_or_else(|| self.fault(key, LayoutFault::NotSwitch))
    }
}
