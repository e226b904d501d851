//! A battle as the API tells it: what has been released of it, and names only when they may be known.

use serde::Serialize;
use utoipa::ToSchema;

use crate::actions::read_battle::ReadBattle;
use crate::domain::{AnswerMode, BattleId, BattleKind, Choice, ModelId, NextMessage, Refusal, ReplyStatus, Side, Turn};
use crate::error::Error;
use crate::extract::Visitor;
use crate::i18n::Locale;
use crate::state::AppState;
use crate::store::battles::{self, QueuePlace};
use crate::store::model_names;
use crate::streams::SideView;
use crate::views::replies;

/// A battle, a comparison or a direct chat.
#[derive(Debug, Serialize, ToSchema)]
pub struct BattleState {
    /// Its id.
    pub id: BattleId,
    /// How the models were chosen.
    pub kind: BattleKind,
    /// When it began.
    pub created_at: chrono::DateTime<chrono::Utc>,
    /// Whether an answer is being written.
    pub running: bool,
    /// How many requests stand before this one in line, while an answer waits for its model; of two, the larger number.
    pub queue_ahead: Option<i32>,
    /// How many seconds it will still take, about, until its models are loaded, where they have to be; of two, the larger number.
    pub load_seconds: Option<i32>,
    /// Its turns, oldest first.
    pub turns: Vec<TurnState>,
    /// The vote, once it is final.
    pub vote: Option<Choice>,
    /// The vote while it can still be taken back.
    pub pending_vote: Option<PendingVoteState>,
    /// Whether it can be voted on now.
    pub can_vote: bool,
    /// What another message would become, where it can be sent now.
    pub next_message: Option<NextMessageState>,
    /// Why its vote does not count: `identity` when an answer named a model, a maker or a family, `chosen` when the visitor chose one of the two, `regenerated` when one side alone was asked again.
    pub exclusion_reason: Option<String>,
    /// The left model; hidden before the vote of a blind battle.
    pub model_a: Option<ModelName>,
    /// The right model; hidden before the vote of a blind battle.
    pub model_b: Option<ModelName>,
}

/// A vote that can still be taken back.
#[derive(Debug, Serialize, ToSchema)]
pub struct PendingVoteState {
    /// The judgement.
    pub choice: Choice,
    /// Seconds until it is final.
    pub final_in_seconds: f64,
}

/// What another message would become.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NextMessageState {
    /// One more turn.
    Follows,
    /// The newest turn anew: its message cannot be answered as it is.
    Replaces,
}

/// One message and its answers.
#[derive(Debug, Serialize, ToSchema)]
pub struct TurnState {
    /// From 1.
    pub number: i32,
    /// What the visitor wrote.
    pub prompt: String,
    /// How often it was written anew after it had been answered.
    pub edits: i32,
    /// Whether it followed the vote of a blind battle, and counts nowhere.
    pub after_vote: bool,
    /// The newest answer of each side.
    pub replies: Vec<ReplyState>,
}

/// One side's answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReplyState {
    /// Which side.
    pub side: Side,
    /// Which attempt this is, from 1.
    pub attempt: i32,
    /// Where it is in its life.
    pub status: ReplyStatus,
    /// How the visitor wanted to be answered again, where they did.
    pub mode: Option<AnswerMode>,
    /// What has been released of it: Markdown, as the model wrote it.
    pub text: String,
    /// What went wrong, in words; may be empty.
    pub message: String,
    /// Whether this side can be asked again.
    pub can_retry: bool,
}

/// A model's names.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ModelName {
    /// In addresses.
    pub slug: String,
    /// On pages.
    pub name: String,
}

impl ModelName {
    /// The names of a model.
    pub fn of(model: &model_names::ModelName) -> Self {
        Self { slug: model.slug.clone(), name: model.display_name.clone() }
    }
}

impl BattleState {
    /// The state of the visitor's own battle.
    pub async fn read(arena: &AppState, locale: Locale, visitor: &Visitor, id: BattleId) -> Result<Self, Error> {
        let shown = ReadBattle { battle: id, voter: visitor.id() }.run(arena).await?;
        let (battle, status) = (&shown.battle, shown.status());
        let place = match status.is_running() {
            true => battles::place(&arena.db, id, visitor.id()).await?,
            false => QueuePlace::default(),
        };
        let names = model_names::of_battle(&arena.db, battle).await?;
        let name = |id: Option<ModelId>| names.get(id?).map(ModelName::of);
        let turn_state = |turn: &Turn| {
            let replies = battle.kind.sides().iter().filter_map(|side| {
                let view = shown.side(turn, *side)?;
                let mode = turn.reply(*side).and_then(|reply| reply.mode);
                Some(ReplyState {
                    mode,
                    ..ReplyState::of(locale, *side, &view, status.may_retry_at(turn.number, *side))
                })
            });
            TurnState {
                number: turn.number,
                prompt: turn.prompt.clone(),
                edits: turn.edits,
                after_vote: status.is_revealed() && turn.number as usize > status.judged,
                replies: replies.collect(),
            }
        };
        Ok(Self {
            id,
            kind: battle.kind,
            created_at: battle.created_at,
            running: status.is_running(),
            queue_ahead: place.ahead,
            load_seconds: place.load_seconds,
            turns: battle.turns.iter().map(turn_state).collect(),
            vote: battle.vote,
            pending_vote: battle
                .pending_vote
                .map(|vote| PendingVoteState { choice: vote.choice, final_in_seconds: vote.seconds_left.max(0.0) }),
            can_vote: status.may_be_judged().is_ok(),
            next_message: status.next_message().ok().map(|next| match next {
                NextMessage::Follows => NextMessageState::Follows,
                NextMessage::Replaces => NextMessageState::Replaces,
            }),
            exclusion_reason: battle.exclusion_reason.clone(),
            model_a: name(Some(battle.model_a)),
            model_b: name(battle.model_b),
        })
    }
}

impl ReplyState {
    fn of(locale: Locale, side: Side, view: &SideView, retry: Result<(), Refusal>) -> Self {
        Self {
            side,
            attempt: view.attempt,
            status: view.status,
            mode: None,
            text: view.text.to_string(),
            message: replies::message(locale, view, retry),
            can_retry: retry.is_ok(),
        }
    }
}
