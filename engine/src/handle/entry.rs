//! A model as the callers' side knows it: from a request's input to the tokens of its prompt, on the caller's thread.

use std::sync::{Arc, OnceLock};

use super::card::ModelCard;
use super::requested::RequestedTemplates;
use super::shared::Shared;
use crate::request::{Format, Input, Message, Role, SubmitError};
use crate::text::{
    ChatTemplate, Encoding, Grammar, GrammarCompiler, GrammarError, TemplateError, Tokenizer, TokenizerError,
};

/// What the caller's side needs to know of a model.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) number: u64,
    pub(super) card: Arc<ModelCard>,
    pub(super) tokenizer: Arc<Tokenizer>,
    pub(super) template: Arc<Result<ChatTemplate, TemplateError>>,
    /// Those of requests, for all models of the engine.
    pub(super) requested: Arc<RequestedTemplates>,
    pub(super) shared: Arc<Shared>,
    /// Made when the first answer is to be held to a form.
    pub(super) grammars: Arc<OnceLock<Result<GrammarCompiler, GrammarError>>>,
}

impl Entry {
    /// The tokens of a prompt; `own` lays a conversation out instead of the model's template.
    pub(super) fn encode(&self, input: &Input, own: Option<&Arc<str>>) -> Result<Vec<u32>, SubmitError> {
        let bad = |field: &str, message: &str| SubmitError::BadRequest {
            field: field.to_owned(),
            message: message.to_owned(),
        };
        let limit = self.card.context - 1;
        let too_long = |e: TokenizerError| match e {
            TokenizerError::TooLong { at_least } => {
                SubmitError::PromptTooLong { tokens: at_least, at_least: true, limit }
            }
        };
        let tokens = match input {
            Input::Chat(messages) => {
                check_conversation(messages)?;
                self.lay_out(messages, own, limit).map_err(|e| match (e, own) {
                    (TemplateError::TooLong(e), _) => too_long(e),
                    (TemplateError::Crashed(how), Some(source)) => {
                        self.requested.charge(source, &how);
                        SubmitError::BadRequest { field: "chat_template".to_owned(), message: how.to_string() }
                    }
                    (TemplateError::Crashed(how), None) => SubmitError::TemplateCrashed(how),
                    (other, _) => SubmitError::TemplateFailed(other.to_string()),
                })?
            }
            Input::Text { text, parse_special } => {
                let encoding = Encoding { add_special: true, parse_special: *parse_special };
                self.tokenizer.encode_within(text, encoding, limit).map_err(too_long)?
            }
            Input::Tokens(tokens) => {
                let vocabulary = self.card.vocabulary;
                if let Some(id) = tokens.iter().find(|id| **id as usize >= vocabulary) {
                    return Err(bad("prompt", &format!("token {id} lies outside the vocabulary of {vocabulary}")));
                }
                tokens.clone()
            }
        };
        if tokens.is_empty() { Err(bad("prompt", "is empty")) } else { Ok(tokens) }
    }

    fn lay_out(&self, messages: &[Message], own: Option<&Arc<str>>, limit: usize) -> Result<Vec<u32>, TemplateError> {
        if let Some(source) = own {
            return self.requested.get(source)?.encode(&self.tokenizer, messages, limit);
        }
        self.template.as_ref().as_ref().map_err(Clone::clone)?.encode(&self.tokenizer, messages, limit)
    }

    /// What holds an answer to its form, where it has one.
    pub(super) fn grammar(&self, format: &Format) -> Result<Option<Grammar>, SubmitError> {
        let Format::Json(schema) = format else { return Ok(None) };
        let bad = |error: &GrammarError| SubmitError::BadRequest {
            field: "response_format".to_owned(),
            message: format!("this schema cannot be followed: {error}"),
        };
        let compiler = self.grammars.get_or_init(|| GrammarCompiler::new(&self.tokenizer)).as_ref().map_err(&bad)?;
        compiler.json(schema).map(Some).map_err(|error| bad(&error))
    }
}

fn check_conversation(messages: &[Message]) -> Result<(), SubmitError> {
    let bad = |field: String, message: &str| Err(SubmitError::BadRequest { field, message: message.to_owned() });
    let Some(last) = messages.len().checked_sub(1) else { return bad("messages".to_owned(), "there is no message") };
    if !messages.iter().any(|m| m.role == Role::User) {
        return bad(format!("messages[{last}].role"), "there is no message of the user's");
    }
    Ok(())
}
