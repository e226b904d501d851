//! `generation_config.json`: which tokens end an answer. How an answer is sampled is who asks' affair.

use std::path::Path;

use serde_json::Value;

use crate::error::Result;
use crate::formats::json::object;

/// Written by transformers beside `config.json`.
const FILE: &str = "generation_config.json";

/// The tokens that end an answer; none where the folder does not say.
///
/// # Errors
/// The file is there and no JSON object.
pub(super) fn ends(folder: &Path) -> Result<Vec<u32>> {
    let path = folder.join(FILE);
    if !path.is_file() {
        return Ok(Vec::new());
    }
    let json = object(&path)?;
    let told = json.get("eos_token_id");
    let several = told.and_then(Value::as_array).map(Vec::as_slice);
    let all = several.unwrap_or_else(|| told.map_or(&[], std::slice::from_ref));
    Ok(all.iter().filter_map(|id| id.as_u64()?.try_into().ok()).collect())
}
