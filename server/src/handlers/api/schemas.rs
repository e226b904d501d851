//! Schemas of what is checked by a rule of the domain: the limits come from there.

use utoipa::openapi::schema::{KnownFormat, Object, ObjectBuilder, SchemaFormat, SchemaType, Type};

use crate::domain::{MAX_COMMENT_CHARS, MAX_PROMPT_CHARS, MAX_SLUG, MAX_SYSTEM_PROMPT, Parameters};

/// A message: not only white space, and not too long.
pub(super) fn prompt() -> Object {
    text("A message.").min_length(Some(1)).max_length(Some(MAX_PROMPT_CHARS)).pattern(Some(r"[^\s\u0000]")).build()
}

/// A voter's comment.
pub(super) fn comment() -> Object {
    text("In the voter's own words.").max_length(Some(MAX_COMMENT_CHARS)).build()
}

/// A name in URLs.
pub(super) fn slug() -> Object {
    text("Its name in URLs; by default made of the display name.")
        .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
        .pattern(Some(format!("^[a-z0-9][a-z0-9._-]{{0,{}}}$", MAX_SLUG - 1)))
        .build()
}

fn text(description: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).description(Some(description))
}

/// How surprising answers may be.
pub(super) fn temperature() -> Object {
    number("0 always takes the likeliest token.", 0.0, Parameters::MAX_TEMPERATURE)
}

/// How much of the distribution is sampled from.
pub(super) fn top_p() -> Object {
    let text = "Keeps to the likeliest tokens that together have this probability.";
    number(text, Parameters::MIN_TOP_P, 1.0)
}

/// How many tokens are sampled from.
pub(super) fn top_k() -> Object {
    whole("Keeps to so many of the likeliest tokens; 0 for all.", 0, Parameters::MAX_TOP_K)
}

/// How likely a token must be.
pub(super) fn min_p() -> Object {
    number("Keeps to tokens at least this likely relative to the likeliest.", 0.0, 1.0)
}

/// What repetitions cost.
pub(super) fn repetition_penalty() -> Object {
    let [from, to] = Parameters::REPETITION_PENALTY;
    number("Weakens what was said already; 1 does not.", from, to)
}

/// For repeatable answers.
pub(super) fn seed() -> Object {
    whole("For repeatable answers; drawn where it is not said.", 0, Parameters::MAX_SEED)
}

/// What models are told before the conversation.
pub(super) fn system_prompt() -> Object {
    text("What the models are told before the conversation.").max_length(Some(MAX_SYSTEM_PROMPT)).build()
}

fn number(description: &str, min: f32, max: f32) -> Object {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Number, Type::Null]))
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Float)))
        .description(Some(description))
        .minimum(Some(wide(min)))
        .maximum(Some(wide(max)))
        .build()
}

fn whole(description: &str, min: u32, max: u32) -> Object {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Integer, Type::Null]))
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int32)))
        .description(Some(description))
        .minimum(Some(min))
        .maximum(Some(max))
        .build()
}

/// The number that the shortest decimal of this one means: 0.7 and not 0.699999988.
fn wide(number: f32) -> f64 {
    number.to_string().parse().unwrap_or(f64::from(number))
}

/// The longest answer.
pub(super) fn max_tokens() -> Object {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Integer, Type::Null]))
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int32)))
        .description(Some("The longest answer in tokens."))
        .minimum(Some(1))
        .maximum(Some(Parameters::MAX_TOKENS))
        .default(Some(Parameters::NAMED.max_tokens.into()))
        .build()
}
