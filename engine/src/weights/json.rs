//! JSON objects of moderate size, read from files, whose keys are named in messages.

use std::path::Path;

use serde_json::{Map, Value};

use crate::error::{Error, Place, Result};

/// No real configuration is longer, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// Reads a JSON object from a file.
///
/// # Errors
/// The file cannot be read, is too long, or holds something else.
pub(crate) fn object(path: &Path) -> Result<Map<String, Value>> {
    bounded_object(path, MAX_BYTES)
}

/// As [`object`], from a file of at most so many bytes.
///
/// # Errors
/// As [`object`].
pub(crate) fn bounded_object(path: &Path, most: u64) -> Result<Map<String, Value>> {
    let whole = |message: String| Error::file(path, Place::Whole, message);
    let length = std::fs::metadata(path).map_err(Error::io(path))?.len();
    if length > most {
        return Err(whole(format!("has {length} bytes, and {most} are the most that is read")));
    }
    let text = std::fs::read(path).map_err(Error::io(path))?;
    serde_json::from_slice(&text).map_err(|error| whole(format!("is no JSON object: {error}")))
}

/// 1e-5, not 9.999999747378752e-6: the shortest decimal that is this number.
pub(crate) fn shortest(value: f32) -> f64 {
    value.to_string().parse().unwrap_or_else(|_| f64::from(value))
}

/// An object and the file that it came from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Object<'a> {
    pub path: &'a Path,
    pub json: &'a Map<String, Value>,
}

impl<'a> Object<'a> {
    /// What is wrong with a key.
    pub fn fault(&self, key: &str, message: impl Into<String>) -> Error {
        Error::file(self.path, Place::Key(key.to_owned()), message)
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
        value.as_bool().ok_or_else(|| self.fault(key, "should be true or false"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_write_them() {
        assert_eq!(serde_json::json!(shortest(1e-5)).to_string(), "0.00001");
        assert_eq!(serde_json::json!(shortest(1e6)).to_string(), "1000000.0");
        assert_eq!(shortest(0.1) as f32, 0.1);
    }
}
