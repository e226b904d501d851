//! What the arena talks about: pure values, checked when made. No I/O, no clock.

mod admin_filter;
mod answerer;
mod battle;
mod confusable;
mod device;
mod features;
mod identity;
mod ids;
mod language;
mod memory;
mod model;
mod objective;
mod parameters;
mod principal;
mod prompt;
mod replay;
mod sample_pair;
mod sent_parameter;
mod setting;
mod site;
mod slug;
mod text_enum;
mod tie_rule;
mod turns;
mod vote_chain;
mod vote_filter;

pub use admin_filter::{BattleCriteria, BattleOutcome, DeedCriteria, NOBODY};
pub use answerer::{Answerer, EngineFingerprint};
pub use battle::{
    AnswerMode, Battle, BattleKind, BattleStatus, Choice, HistoryEntry, MAX_ATTEMPTS, MAX_COMMENT_CHARS, MAX_TURNS,
    NextMessage, PendingVote, Reason, Refusal, Reply, ReplyStatus, Side, SideStatus, Trouble, Turn, UNTRIED,
    VoteStatus, blind_error_code, is_empty_answer, is_permanent,
};
pub use confusable::{is_invisible, skeleton};
pub use device::{Device, DevicePreference, UnknownDevice};
pub use features::{BoardCategory, Categories, Category, JudgedTexts, RULES_VERSION, Style, VoteFeatures, token_count};
pub use identity::{NameLists, Names, RegisteredModel, find_giveaway};
pub use ids::{AdminId, BattleId, ModelId, ReplyId, ShareId, VoterId};
pub use language::{language_codes, language_of, speaks};
pub use memory::{BadMemory, MemoryBudget};
pub use model::{
    Answering, Card, EndpointAddress, EndpointSource, General, Group, LocalSource, MAX_NAME, MAX_SYSTEM_PROMPT,
    ModelKind, ModelSettings, ModelSource, ModelState, RequestPolicy,
};
pub use objective::{BadScore, ObjectiveScore};
pub use parameters::{ParameterError, Parameters, Preset, Unchecked};
pub use principal::{Admin, IDLE_HOURS, LONGEST_DAYS};
pub use prompt::{MAX_PROMPT_CHARS, Prompt, PromptError, TaggedPrompt};
pub use replay::{
    ReplayChange, ReplayDifference, ReplayObstacle, ReplayOutcome, ReplayReport, ReplayedAnswer, ReplayedChange,
    changes_between,
};
pub use sample_pair::{
    BattleMode, Candidate, KnownPairs, Pair, PairMode, PairSettings, PairTable, SIZE_RATIO, SamplingError,
};
pub use sent_parameter::SentParameter;
pub use setting::{Field, FieldError, SettingTexts, Shape};
pub use site::{
    Access, Claims, Entry, HelpTopic, KEPT_SECRETS, NotAdmitted, SESSION_DAYS, SITE_SECRETS, SignIn, SiteGroup,
    SiteRules, SiteSettings, SiteText,
};
pub use slug::{MAX_SLUG, is_slug, slug_of};
pub use text_enum::UnknownName;
pub use tie_rule::TieRule;
pub use turns::{Presence, SharedWeights, TurnMoves, TurnTaker, memory_together, readiness, turn_moves, turn_wait};
pub use vote_chain::{ChainedVote, FIRST_HASH, VoteHash};
pub use vote_filter::{BadFilter, VoteCriteria, VoteFilter, VoteState, VoterDecision, Withdrawal};

/// The longest name of an administrator and the longest label of a token, in characters.
pub const MAX_LABEL: usize = 64;
