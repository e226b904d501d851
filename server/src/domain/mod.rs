//! What the arena talks about: pure values, checked when made. No I/O, no clock.

mod battle;
mod draw;
mod field_checks;
mod identity;
mod ids;
mod language;
mod model;
mod model_fields;
mod model_form;
mod parameters;
mod prompt;
mod slug;
mod text_enum;
mod vote;

pub use battle::{BattleKind, ReplyStatus, Side};
pub use draw::{Contestant, DrawError, Pair, draw, draw_other, pair_probability};
pub use field_checks::FieldError;
pub use identity::names_a_model;
pub use ids::{AdminId, BattleId, ModelId, ReplyId, VoterId};
pub use language::language_of;
pub use model::{ModelKind, ModelState};
pub use model_fields::ModelFields;
pub use model_form::ModelForm;
pub use parameters::{ParameterError, Parameters};
pub use prompt::{MAX_PROMPT_CHARS, MAX_TURNS, Prompt, PromptError};
pub use slug::{is_slug, slug_of};
pub use text_enum::UnknownName;
pub use vote::{Choice, Reason};
