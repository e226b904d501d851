//! Answers held to a form: which tokens may come next so that the text stays JSON that a schema allows.
//!
//! The crate `llguidance` decides; it is what vLLM and llama.cpp use for the same.

use std::sync::Arc;

use llguidance::api::TopLevelGrammar;
use llguidance::toktrie::{ApproximateTokEnv, InferenceCapabilities, TokEnv, TokRxInfo, TokTrie};
use llguidance::{Matcher, ParserFactory};
use serde_json::{Value, json};
use thiserror::Error;

use super::{TokenType, Tokenizer};
use crate::sample::BANNED;

/// What may stand between two parts of JSON: a blank, or a new line with its indentation. No more, as small models write
/// blanks for ever where they may.
const WHITESPACE: &str = r"\x20|\x0A[\x20\x09]{0,16}";
/// llguidance's mark before a token that stands for no text.
const SPECIAL: u8 = 0xff;

/// Why an answer cannot be held to a form.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct GrammarError(String);

impl GrammarError {
    fn new(cause: impl std::fmt::Display) -> Self {
        Self(cause.to_string())
    }
}

/// Makes grammars for one vocabulary; costs some megabytes and a fraction of a second, so it is kept.
pub struct GrammarCompiler {
    factory: ParserFactory,
    ends: Arc<[u32]>,
}

impl std::fmt::Debug for GrammarCompiler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GrammarCompiler").field("ends", &self.ends).finish_non_exhaustive()
    }
}

impl GrammarCompiler {
    /// A compiler for a tokenizer's vocabulary.
    ///
    /// # Errors
    /// The vocabulary has no token that ends a text.
    pub fn new(tokenizer: &Tokenizer) -> Result<Self, GrammarError> {
        let vocabulary = tokenizer.vocabulary();
        let tokens = vocabulary.len() as u32;
        let ends: Arc<[u32]> = (0..tokens).filter(|token| vocabulary.is_end(*token)).collect();
        let Some(end) = vocabulary.eos().or_else(|| ends.first().copied()) else {
            return Err(GrammarError::new("the model's vocabulary has no token that ends a text"));
        };
        let word = |token: u32| match vocabulary.token_type(token) {
            Some(TokenType::Normal | TokenType::UserDefined | TokenType::Byte) => tokenizer.bytes(token),
            _ => [&[SPECIAL], vocabulary.piece(token).unwrap_or_default().as_bytes()].concat(),
        };
        let words: Vec<Vec<u8>> = (0..tokens).map(word).collect();
        let trie = TokTrie::from(&TokRxInfo::new(tokens, end), &words);
        let env: TokEnv = Arc::new(ApproximateTokEnv::new(trie));
        let mut factory = ParserFactory::new(&env, InferenceCapabilities::default(), &[]).map_err(GrammarError::new)?;
        factory.quiet();
        factory.limits_mut().verbose_errors = false;
        Ok(Self { factory, ends })
    }

    /// Holds a text to JSON that this schema allows.
    ///
    /// # Errors
    /// What in the schema cannot be understood, or that it is too large.
    pub fn json(&self, schema: &Value) -> Result<Grammar, GrammarError> {
        let mut schema = schema.clone();
        if let Value::Object(fields) = &mut schema {
            fields.entry("x-guidance").or_insert_with(|| json!({"whitespace_pattern": WHITESPACE}));
        }
        let parser = self.factory.create_parser(TopLevelGrammar::from_json_schema(schema));
        Ok(Grammar { matcher: Matcher::new(Ok(parser.map_err(GrammarError::new)?)), ends: Arc::clone(&self.ends) })
    }
}

/// One answer on its way through a grammar.
pub struct Grammar {
    matcher: Matcher,
    ends: Arc<[u32]>,
}

impl std::fmt::Debug for Grammar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Grammar").finish_non_exhaustive()
    }
}

impl Grammar {
    /// Bans what must not come next. A text that may end here may end with any of the vocabulary's ends.
    ///
    /// # Errors
    /// The schema is too large to be followed.
    pub fn restrict(&mut self, logits: &mut [f32]) -> Result<(), GrammarError> {
        let allowed = self.matcher.compute_mask_or_eos().map_err(GrammarError::new)?;
        let may_end = self.matcher.is_stopped() || self.matcher.is_accepting().map_err(GrammarError::new)?;
        for (token, logit) in logits.iter_mut().enumerate() {
            let token = token as u32;
            let is_allowed = allowed.is_allowed(token) || (may_end && self.ends.contains(&token));
            if !is_allowed {
                *logit = BANNED;
            }
        }
        Ok(())
    }

    /// Takes the token that was chosen; says whether nothing can follow it.
    ///
    /// # Errors
    /// The token must not come here.
    pub fn accept(&mut self, token: u32) -> Result<bool, GrammarError> {
        if self.ends.contains(&token) {
            return Ok(true);
        }
        self.matcher.consume_token(token).map_err(GrammarError::new)?;
        Ok(self.matcher.is_stopped())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::test_bytes_only;

    /// What a model that likes the higher bytes best says under a schema; at most so many tokens.
    fn said(schema: &Value, most: usize) -> String {
        let tokenizer = test_bytes_only();
        let mut grammar = GrammarCompiler::new(&tokenizer).unwrap().json(schema).unwrap();
        let mut tokens = Vec::new();
        for _ in 0..most {
            // Ends are liked best, so that a text ends as soon as it may.
            let mut logits: Vec<f32> = (0..tokenizer.vocabulary().len())
                .map(|token| if tokenizer.vocabulary().is_end(token as u32) { 1e3 } else { token as f32 })
                .collect();
            grammar.restrict(&mut logits).unwrap();
            let best = (0..logits.len()).max_by(|a, b| logits[*a].total_cmp(&logits[*b])).unwrap() as u32;
            if !tokenizer.vocabulary().is_end(best) {
                tokens.push(best);
            }
            if grammar.accept(best).unwrap() {
                break;
            }
        }
        tokenizer.decode(&tokens)
    }

    #[test]
    fn a_text_keeps_to_its_schema_and_ends_where_the_schema_does() {
        let schema = json!({
            "type": "object",
            "properties": {"answer": {"enum": ["yes", "no"]}, "sure": {"type": "boolean"}},
            "required": ["answer", "sure"],
            "additionalProperties": false,
        });
        let value: Value = serde_json::from_str(&said(&schema, 60)).unwrap();
        assert_eq!(value["answer"], "yes", "y is the higher byte");
        assert!(value["sure"].is_boolean());
        let referred = json!({"$defs": {"n": {"type": "integer", "minimum": 7, "maximum": 7}}, "$ref": "#/$defs/n"});
        assert_eq!(said(&referred, 10), "7");
    }

    #[test]
    fn blanks_come_to_an_end() {
        let tokenizer = test_bytes_only();
        let mut grammar = GrammarCompiler::new(&tokenizer).unwrap().json(&json!({"type": "object"})).unwrap();
        assert_eq!(grammar.accept(u32::from(b'{') + 3), Ok(false));
        assert_eq!(grammar.accept(u32::from(b'\n') + 3), Ok(false));
        let blanks = (0..100).take_while(|_| grammar.accept(u32::from(b' ') + 3).is_ok()).count();
        assert_eq!(blanks, 16);
    }

    #[test]
    fn a_token_that_must_not_come_is_refused_and_so_is_a_schema_without_sense() {
        let compiler = GrammarCompiler::new(&test_bytes_only()).unwrap();
        let mut grammar = compiler.json(&json!({"type": "object"})).unwrap();
        assert!(grammar.accept(u32::from(b'[') + 3).is_err());
        assert!(compiler.json(&json!({"type": "nothing of the kind"})).is_err());
    }
}
