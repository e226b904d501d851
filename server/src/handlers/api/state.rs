//! A battle as the API tells it: what has been released of it, and names only when they may be known.

use serde::Serialize;
use sqlx::PgPool;
use utoipa::ToSchema;

use crate::app::Arena;
use crate::domain::{BattleId, BattleKind, Choice, ReplyStatus, Side};
use crate::error::Error;
use crate::extract::Visitor;
use crate::i18n::Locale;
use crate::store::battles::{self, Battle, Reply};
use crate::store::models::{self, Model};
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
    /// Its turns, oldest first.
    pub turns: Vec<TurnState>,
    /// The vote, if there is one.
    pub vote: Option<Choice>,
    /// Why its vote does not count: `identity` when an answer named a model, a maker or a family.
    pub not_counted_because: Option<String>,
    /// The left model; hidden before the vote of a blind battle.
    pub model_a: Option<ModelName>,
    /// The right model; hidden before the vote of a blind battle.
    pub model_b: Option<ModelName>,
}

/// One message and its answers.
#[derive(Debug, Serialize, ToSchema)]
pub struct TurnState {
    /// From 1.
    pub number: i32,
    /// What the visitor wrote.
    pub prompt: String,
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
    pub fn of(model: &Model) -> Self {
        Self { slug: model.slug.clone(), name: model.name().to_owned() }
    }
}

/// The visitor's own battle as it stands now.
pub(super) async fn find(arena: &Arena, visitor: &Visitor, id: BattleId) -> Result<Battle, Error> {
    let mut battle = own(&arena.db, visitor, id).await?;
    if is_running(&battle, |reply| reply.is_stale) {
        battles::mark_stale(&arena.db, Some(id)).await?;
        battle = own(&arena.db, visitor, id).await?;
    } else if is_running(&battle, |_| true) {
        arena.streams.touch(id).await?;
    }
    Ok(battle)
}

async fn own(db: &PgPool, visitor: &Visitor, id: BattleId) -> Result<Battle, Error> {
    let battle = battles::find(&mut *db.acquire().await?, id).await?;
    battle.filter(|battle| battle.voter == visitor.id()).ok_or(Error::NotFound)
}

fn is_running(battle: &Battle, also: fn(&Reply) -> bool) -> bool {
    let last = battle.last_turn();
    let replies = last.into_iter().flat_map(|turn| battle.kind.sides().iter().filter_map(|side| turn.reply(*side)));
    replies.into_iter().any(|reply| reply.status.is_running() && also(reply))
}

impl BattleState {
    /// The state of the visitor's own battle.
    pub async fn read(arena: &Arena, locale: Locale, visitor: &Visitor, id: BattleId) -> Result<Self, Error> {
        let battle = find(arena, visitor, id).await?;
        let live = battle.last_turn().and_then(|turn| arena.streams.view(id, turn.number));
        let may_name = !battle.kind.is_blind() || battle.vote.is_some();
        let named = if may_name { models::list(&arena.db).await? } else { Vec::new() };
        let name = |id| named.iter().find(|model| Some(model.id) == id).map(ModelName::of);
        let last = battle.last_turn().map(|turn| turn.number);
        let turns: Vec<TurnState> = battle
            .turns
            .iter()
            .map(|turn| {
                let replies = battle.kind.sides().iter().filter_map(|side| {
                    let live = live.as_ref().filter(|_| Some(turn.number) == last);
                    let here = live.and_then(|view| view.sides[usize::from(*side == Side::B)].clone());
                    let view = here.or_else(|| turn.reply(*side).map(SideView::of))?;
                    Some(ReplyState::of(locale, *side, &view))
                });
                TurnState { number: turn.number, prompt: turn.prompt.clone(), replies: replies.collect() }
            })
            .collect();
        Ok(Self {
            id,
            kind: battle.kind,
            created_at: battle.created_at,
            running: turns.last().is_some_and(|turn| turn.replies.iter().any(|reply| reply.status.is_running())),
            turns,
            vote: battle.vote,
            not_counted_because: battle.not_counted_because.clone(),
            model_a: name(Some(battle.model_a)),
            model_b: name(battle.model_b),
        })
    }
}

impl ReplyState {
    fn of(locale: Locale, side: Side, view: &SideView) -> Self {
        Self {
            side,
            attempt: view.attempt,
            status: view.status,
            text: view.text.to_string(),
            message: replies::message(locale, view),
            can_retry: replies::can_retry(view),
        }
    }
}
