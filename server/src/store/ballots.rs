//! Battles as votes on them find them: many are read by one statement.

use serde::Serialize;
use sqlx::PgPool;
use uuid::Uuid;

use super::votes::{self, Vote};
use crate::domain::{
    BattleId, BattleKind, BattleStatus, ModelId, ReplyStatus, Side, SideStatus, VoteStatus, VoterId, is_empty_answer,
};

/// A battle as a vote on it finds it: the vote is judged by this, and cast only while it is still so.
#[derive(Debug, Clone, Serialize)]
pub struct JudgedBattle {
    #[serde(rename = "battle")]
    pub id: BattleId,
    /// Whose it is.
    pub voter: VoterId,
    pub kind: BattleKind,
    pub language: String,
    /// The left model.
    pub model_a: ModelId,
    /// The right model.
    pub model_b: Option<ModelId>,
    /// Why a vote will not count.
    pub exclusion_reason: Option<String>,
    /// Whether its voter's votes stay off the boards until an administrator decides.
    pub is_held: bool,
    /// The number of the newest turn.
    pub turns: i32,
    /// The newest attempt of the left side at that turn.
    pub attempt_a: Option<i32>,
    /// The same of the right side.
    pub attempt_b: Option<i32>,
}

/// A battle as a vote on it needs to know it.
#[derive(Debug, Clone)]
pub struct Ballot {
    pub battle: JudgedBattle,
    /// The vote that it has already.
    pub vote: Option<Vote>,
    /// Whether there is one that can still be taken back.
    pub is_pending: bool,
    /// Where it stands, for the rules.
    pub status: BattleStatus,
}

/// A battle's row, with one of its replies.
struct Row {
    place: i64,
    kind: BattleKind,
    model_a: ModelId,
    model_b: Option<ModelId>,
    language: String,
    exclusion_reason: Option<String>,
    is_held: bool,
    is_voted: bool,
    is_pending: bool,
    number: Option<i32>,
    side: Option<Side>,
    status: Option<ReplyStatus>,
    attempt: Option<i32>,
    content: Option<String>,
}

/// The voter's battle as it stands now. `None` when there is none or it is another's.
pub async fn ballot(db: &PgPool, battle: BattleId, voter: VoterId) -> sqlx::Result<Option<Ballot>> {
    Ok(ballots(db, &[(battle, voter)]).await?.pop().flatten())
}

/// The battles of voters as they stand now, all at one moment, in the order in which they are asked for.
pub async fn ballots(db: &PgPool, wanted: &[(BattleId, VoterId)]) -> sqlx::Result<Vec<Option<Ballot>>> {
    let (battles, voters): (Vec<Uuid>, Vec<Uuid>) = wanted.iter().map(|(battle, voter)| (battle.0, voter.0)).unzip();
    // Nothing is sorted and nothing is looked up by a function here: both cost more than all the look-ups together. Whether a
    // text is empty matters only where the visitor stopped it: the others are left where they are.
    let mut rows = sqlx::query_as!(
        Row,
        r#"SELECT wanted.place AS "place!", battles.kind AS "kind: BattleKind", battles.model_a AS "model_a: ModelId",
            battles.model_b AS "model_b: ModelId", battles.language, battles.exclusion_reason,
            review.voter IS NOT NULL AS "is_held!", votes.id IS NOT NULL AS "is_voted!",
            pending.battle_id IS NOT NULL AS "is_pending!",
            turn.number AS "number?", reply.side AS "side?: Side", reply.status AS "status?: ReplyStatus",
            reply.attempt AS "attempt?", CASE WHEN reply.status = 'stopped' THEN reply.content END AS content
        FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS wanted (battle, voter, place)
        JOIN battles ON battles.id = wanted.battle AND battles.voter_id = wanted.voter
        LEFT JOIN voter_reviews AS review ON review.voter = battles.voter_id AND review.flagged_at IS NOT NULL
            AND review.decision IS DISTINCT FROM 'accepted'
        LEFT JOIN votes ON votes.battle_id = battles.id
        LEFT JOIN pending_votes AS pending ON pending.battle_id = battles.id
        LEFT JOIN turns AS turn ON turn.battle_id = battles.id
        LEFT JOIN replies AS reply ON reply.battle_id = battles.id AND reply.turn = turn.number"#,
        &battles,
        &voters
    )
    .fetch_all(db)
    .await?;
    rows.sort_unstable_by_key(|row| (row.place, row.number, row.side.map(Side::index), row.attempt));
    let mut found: Vec<Option<Ballot>> = wanted.iter().map(|_| None).collect();
    for rows in rows.chunk_by(|a, b| a.place == b.place) {
        let place = usize::try_from(rows[0].place - 1).unwrap_or(usize::MAX);
        let Some(&(battle, voter)) = wanted.get(place) else { continue };
        let vote = if rows[0].is_voted { votes::by_battle(db, battle).await? } else { None };
        found[place] = Some(of_rows(battle, voter, rows, vote));
    }
    Ok(found)
}

/// A battle of its rows: by turn, side and attempt, the newest last.
fn of_rows(battle: BattleId, voter: VoterId, rows: &[Row], vote: Option<Vote>) -> Ballot {
    let found = &rows[0];
    let turns = rows.last().and_then(|row| row.number).unwrap_or(0);
    let (mut sides, mut has_complete_turn) = ([None; 2], false);
    for turn in rows.chunk_by(|a, b| a.number == b.number) {
        sides = [None; 2];
        for row in turn {
            if let (Some(side), Some(status), Some(attempt)) = (row.side, row.status, row.attempt) {
                let is_empty = is_empty_answer(row.content.as_deref().unwrap_or_default());
                let known = SideStatus { status, attempt, is_empty, is_permanent: false, after_empty: false };
                sides[side.index()] = Some(known);
            }
        }
        let is_complete = |side: &Side| sides[side.index()].is_some_and(SideStatus::is_judgeable);
        let is_earlier = turn[0].number.is_some_and(|number| number < turns);
        has_complete_turn |= is_earlier && turn[0].kind.sides().iter().all(is_complete);
    }
    let status = BattleStatus {
        kind: found.kind,
        vote: VoteStatus::of(vote.is_some(), false),
        turns: usize::try_from(turns).unwrap_or(0),
        // Asked before a vote only.
        judged: 0,
        has_complete_turn,
        sides,
    };
    let attempt = |side: Side| status.sides[side.index()].map(|side| side.attempt);
    let battle = JudgedBattle {
        id: battle,
        voter,
        kind: found.kind,
        language: found.language.clone(),
        model_a: found.model_a,
        model_b: found.model_b,
        exclusion_reason: found.exclusion_reason.clone(),
        is_held: found.is_held,
        turns,
        attempt_a: attempt(Side::A),
        attempt_b: attempt(Side::B),
    };
    Ballot { battle, vote, is_pending: found.is_pending, status }
}
