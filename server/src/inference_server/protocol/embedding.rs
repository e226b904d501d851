//! `/v1/embeddings`: the request, and its answer.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mixtral_engine::request::{Request, Usage};
use serde_json::{Map, Value, json};

use super::Fields;
use super::completion::prompts;
use crate::inference_server::error::ApiError;

/// Most texts of one request, as with OpenAI.
const MAX_INPUTS: usize = 2048;

/// A checked request.
#[derive(Debug)]
pub(in crate::inference_server) struct AskedEmbeddings {
    pub(in crate::inference_server) model: String,
    pub(in crate::inference_server) requests: Vec<Request>,
    encoding: Encoding,
    /// How many of the numbers are wanted; all where nothing is said.
    dimensions: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Float,
    Base64,
}

/// Reads and checks a request.
pub(in crate::inference_server) fn embeddings(body: Map<String, Value>) -> Result<AskedEmbeddings, ApiError> {
    let mut fields = Fields::new(body);
    let model = fields.required_text("model")?;
    let input = fields.take("input");
    let inputs = input.as_ref().and_then(prompts).ok_or_else(|| {
        let message = "`input` must be a string, a list of token ids, or a list of such; none of them empty.";
        ApiError::field("input", message)
    })?;
    if inputs.len() > MAX_INPUTS {
        return Err(ApiError::field("input", format!("`input` must have at most {MAX_INPUTS} texts.")));
    }
    let encoding = match fields.text("encoding_format")?.as_deref() {
        None | Some("float") => Encoding::Float,
        Some("base64") => Encoding::Base64,
        Some(_) => return Err(ApiError::field("encoding_format", "`encoding_format` must be float or base64.")),
    };
    let dimensions = fields.count("dimensions")?;
    if dimensions == Some(0) {
        return Err(ApiError::field("dimensions", "`dimensions` must be at least 1."));
    }
    fields.ignore(&["user"]);
    fields.finish("embeddings");
    let request = |input| Request { embedding: true, max_tokens: 0, ..Request::new(input) };
    Ok(AskedEmbeddings { model, requests: inputs.into_iter().map(request).collect(), encoding, dimensions })
}

impl AskedEmbeddings {
    /// One embedding in the form that was asked for. A shortened one has length 1 again.
    ///
    /// # Errors
    /// It has fewer numbers than were asked for.
    pub(in crate::inference_server) fn embedding(&self, index: usize, mut values: Vec<f32>) -> Result<Value, ApiError> {
        if let Some(wanted) = self.dimensions {
            if wanted > values.len() {
                let message = format!("This model's embeddings have {} dimensions.", values.len());
                return Err(ApiError::field("dimensions", message));
            }
            values.truncate(wanted);
            let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
            if length > 0.0 {
                values.iter_mut().for_each(|value| *value /= length);
            }
        }
        let embedding = match self.encoding {
            Encoding::Float => json!(values),
            Encoding::Base64 => {
                let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
                json!(STANDARD.encode(bytes))
            }
        };
        Ok(json!({"object": "embedding", "index": index, "embedding": embedding}))
    }

    /// The whole answer.
    pub(in crate::inference_server) fn answer(&self, data: Vec<Value>, usage: &Usage) -> Value {
        let tokens = usage.prompt_tokens;
        json!({
            "object": "list",
            "data": data,
            "model": self.model,
            "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &Value) -> Result<AskedEmbeddings, ApiError> {
        embeddings(body.as_object().unwrap().clone())
    }

    #[test]
    fn texts_and_tokens_alone_or_in_lists_are_taken_and_nothing_empty() {
        for (input, count) in
            [(json!("a"), 1), (json!(["a", "b"]), 2), (json!([1, 2, 3]), 1), (json!([[1], [2, 3]]), 2)]
        {
            let asked = read(&json!({"model": "m", "input": input})).unwrap();
            assert_eq!(asked.requests.len(), count, "{input}");
            assert!(asked.requests.iter().all(|request| request.embedding));
        }
        for wrong in [
            json!({"input": []}),
            json!({"input": [[]]}),
            json!({"input": 3}),
            json!({}),
            json!({"input": "a", "dimensions": 0}),
            json!({"input": "a", "encoding_format": "int8"}),
        ] {
            let mut body = wrong.clone();
            body["model"] = "m".into();
            assert!(read(&body).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_shortened_embedding_has_length_one_and_base64_holds_the_same_numbers() {
        let asked = read(&json!({"model": "m", "input": "a", "dimensions": 2})).unwrap();
        assert_eq!(asked.embedding(0, vec![3.0, 4.0, 1.0]).unwrap()["embedding"], json!([0.6f32, 0.8f32]));
        assert_eq!(asked.embedding(0, vec![1.0]).unwrap_err().param.as_deref(), Some("dimensions"));
        let asked = read(&json!({"model": "m", "input": "a", "encoding_format": "base64"})).unwrap();
        let coded = asked.embedding(0, vec![1.0, -2.0]).unwrap();
        assert_eq!(STANDARD.decode(coded["embedding"].as_str().unwrap()).unwrap(), [0, 0, 128, 63, 0, 0, 0, 192]);
    }
}
