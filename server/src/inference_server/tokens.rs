//! The routes that turn text into tokens and back, in vLLM's shapes: evaluations ask them.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use mixtral_engine::text::{Encoding, Tokenizer};
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::ApiError;
use super::protocol::{Fields, read_body};
use super::state::Worker;

/// `POST /tokenize`.
pub(super) async fn tokenize(worker: web::Data<Worker>, payload: web::Payload) -> Result<HttpResponse, ApiError> {
    let mut fields = Fields::new(read_body(payload).await?);
    let (context, tokenizer) = asked(&worker, fields.text("model")?.as_deref())?;
    let text = fields.text("prompt")?.ok_or_else(|| ApiError::field("prompt", "`prompt` must be a string."))?;
    let add_special = match fields.take("add_special_tokens") {
        None => true,
        Some(Value::Bool(add)) => add,
        Some(_) => return Err(ApiError::field("add_special_tokens", "`add_special_tokens` must be true or false.")),
    };
    let pieces = fields.flag("return_token_strs")?;
    fields.finish("tokenize");
    // A long text takes a while.
    let read = move || {
        let tokens = tokenizer.encode(&text, Encoding { add_special, parse_special: true });
        let words: Option<Vec<String>> = pieces.then(|| tokens.iter().map(|token| piece(&tokenizer, *token)).collect());
        (tokens, words)
    };
    let (tokens, words) =
        web::block(read).await.map_err(|_| ApiError::unavailable("shutting_down", "Try again.", 5))?;
    Ok(HttpResponse::Ok().json(json!({
        "count": tokens.len(),
        "max_model_len": context,
        "tokens": tokens,
        "token_strs": words,
    })))
}

/// `POST /detokenize`.
pub(super) async fn detokenize(worker: web::Data<Worker>, payload: web::Payload) -> Result<HttpResponse, ApiError> {
    let mut fields = Fields::new(read_body(payload).await?);
    let (_, tokenizer) = asked(&worker, fields.text("model")?.as_deref())?;
    let wrong = || ApiError::field("tokens", "`tokens` must be a list of token ids.");
    let tokens = fields.take("tokens").ok_or_else(wrong)?;
    let tokens: Vec<u32> = serde_json::from_value(tokens).map_err(|_| wrong())?;
    fields.finish("detokenize");
    Ok(HttpResponse::Ok().json(json!({"prompt": tokenizer.decode(&tokens)})))
}

/// Which model's tokenizer.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Which {
    model: Option<String>,
}

/// `GET /tokenizer_info`: the tokens that mean something.
pub(super) async fn info(worker: web::Data<Worker>, which: web::Query<Which>) -> Result<HttpResponse, ApiError> {
    let (context, tokenizer) = asked(&worker, which.model.as_deref())?;
    let vocabulary = tokenizer.vocabulary();
    let word = |token: Option<u32>| token.map(|token| piece(&tokenizer, token));
    Ok(HttpResponse::Ok().json(json!({
        "bos_token": word(vocabulary.bos()),
        "eos_token": word(vocabulary.eos()),
        "pad_token": null,
        "vocab_size": vocabulary.len(),
        "model_max_length": context,
    })))
}

fn piece(tokenizer: &Tokenizer, token: u32) -> String {
    tokenizer.vocabulary().piece(token).unwrap_or_default().to_owned()
}

/// The model that is asked about: the one that is named, or the only one. Its context, and its tokenizer.
fn asked(worker: &Worker, name: Option<&str>) -> Result<(usize, Arc<Tokenizer>), ApiError> {
    let ready = worker.host.ready();
    let name = match (name, ready.as_slice()) {
        (Some(name), _) => name.to_owned(),
        (None, [only]) => only.clone(),
        (None, _) => {
            return Err(ApiError::field("model", "You must provide the parameter `model`: there are several."));
        }
    };
    worker.host.tokenizer(&name).ok_or_else(|| ApiError::unknown_model(&name))
}
