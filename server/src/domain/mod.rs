//! What the arena talks about: pure values, checked when made. No I/O, no clock.

mod battle;
mod ids;
mod model;
mod model_fields;
mod model_form;
mod prompt;
mod text_enum;
mod vote;

pub use battle::{BattleKind, ReplyStatus, Side};
pub use ids::{AdminId, BattleId, ModelId, ReplyId, VoterId};
pub use model::{ModelKind, ModelState};
pub use model_fields::ModelFields;
pub use model_form::{FieldError, ModelForm, is_slug, slug_of};
pub use prompt::{MAX_PROMPT_CHARS, MAX_TURNS, Prompt, PromptError};
pub use text_enum::UnknownName;
pub use vote::{Choice, Reason};
