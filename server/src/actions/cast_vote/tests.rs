//! Votes on a real database: once, whatever happens, and always the same ratings as a replay.

mod changes;
mod flagged;
mod together;

use std::collections::BTreeMap;

use arena_rating::EloSettings;
use sqlx::PgPool;
use uuid::Uuid;

use super::*;
use crate::actions::delete_battle::{DeleteAllBattles, DeleteBattle};
use crate::actions::hold_vote::HoldVote;
use crate::actions::repair_ratings::repair_ratings;
use crate::actions::settle_votes::settle;
use crate::actions::undo_vote::UndoVote;
use crate::actions::withdraw_votes::WithdrawVotes;
use crate::domain::{BattleKind, ModelId, VoterId};
use crate::store::ballots::{self, Ballot};
use crate::store::ratings::{self, PairRow};
use crate::store::votes;
use crate::testing::{caller, unlimited_arena};

const ELO: EloSettings = EloSettings { k: 4.0, scale: 400.0, base: 10.0, initial: 1000.0 };

/// Models, a voter, and battles between them that can be voted on.
struct World {
    arena: AppState,
    db: PgPool,
    models: Vec<ModelId>,
    voter: VoterId,
}

impl World {
    async fn new(db: PgPool, models: usize) -> Self {
        let voter = VoterId(Uuid::now_v7());
        sqlx::query("INSERT INTO voters (id) VALUES ($1)").bind(voter.0).execute(&db).await.unwrap();
        let mut ids = Vec::new();
        for number in 0..models {
            let id = ModelId(Uuid::new_v4());
            sqlx::query(
                "INSERT INTO models (id, slug, display_name, kind, path) VALUES ($1, $2, $2, 'local', '/model.gguf')",
            )
            .bind(id.0)
            .bind(format!("model-{number}"))
            .execute(&db)
            .await
            .unwrap();
            ids.push(id);
        }
        Self { arena: unlimited_arena(db.clone()), db, models: ids, voter }
    }

    async fn battle(&self, a: usize, b: Option<usize>, kind: BattleKind, language: &str, status: &str) -> BattleId {
        let battle = BattleId(Uuid::now_v7());
        sqlx::query(
            "INSERT INTO battles (id, kind, voter_id, model_a, model_b, language, parameters) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(battle.0)
        .bind(kind.as_str())
        .bind(self.voter.0)
        .bind(self.models[a].0)
        .bind(b.map(|b| self.models[b].0))
        .bind(language)
        .bind(serde_json::to_value(crate::domain::Parameters::BATTLE).unwrap())
        .execute(&self.db)
        .await
        .unwrap();
        sqlx::query("INSERT INTO turns (battle_id, number, prompt) VALUES ($1, 1, 'hello')")
            .bind(battle.0)
            .execute(&self.db)
            .await
            .unwrap();
        self.reply(battle, "a", 1, self.models[a], "done", "text").await;
        if let Some(b) = b {
            self.reply(battle, "b", 1, self.models[b], status, "text").await;
        }
        battle
    }

    async fn reply(&self, battle: BattleId, side: &str, attempt: i32, model: ModelId, status: &str, content: &str) {
        sqlx::query(
            "INSERT INTO replies (id, battle_id, turn, side, attempt, model_id, seed, status, content, owner)
            VALUES (gen_random_uuid(), $1, 1, $2, $3, $4, 1, $5, $6, gen_random_uuid())",
        )
        .bind(battle.0)
        .bind(side)
        .bind(attempt)
        .bind(model.0)
        .bind(status)
        .bind(content)
        .execute(&self.db)
        .await
        .unwrap();
    }

    async fn blind(&self, a: usize, b: usize) -> BattleId {
        self.battle(a, Some(b), BattleKind::Battle, "en", "done").await
    }

    fn ballot(&self, battle: BattleId, choice: Choice) -> CastVote {
        let (reasons, comment) = (vec![Reason::Accuracy, Reason::Clarity], "好".to_owned());
        CastVote { battle, caller: caller(self.voter), choice, reasons, comment }
    }

    async fn vote(&self, battle: BattleId, choice: Choice) -> Result<Cast, Error> {
        self.ballot(battle, choice).run(&self.arena).await
    }

    async fn count(&self) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM votes").fetch_one(&self.db).await.unwrap()
    }

    async fn pairs(&self, kind: BattleKind, language: &str) -> Vec<PairRow> {
        ratings::of_board(&ratings::pairs(&self.db, kind).await.unwrap(), language)
    }

    async fn elo(&self, kind: BattleKind, language: &str) -> BTreeMap<ModelId, f64> {
        let rows = ratings::elo(&self.db, kind, language).await.unwrap();
        rows.into_iter().map(|row| (row.model, row.rating)).collect()
    }

    /// The boards must be what the counted votes say, replayed by number.
    async fn check_against_replay(&self, kind: BattleKind, language: &str) {
        let mut ratings: BTreeMap<ModelId, f64> = BTreeMap::new();
        let mut battles = 0;
        votes::for_each_counted(&self.db, kind, 0, i64::MAX, |vote| {
            if language != "*" && vote.language != language {
                return;
            }
            let rating = |model| ratings.get(model).copied().unwrap_or(1000.0);
            let (a, b) = ELO.update(rating(&vote.model_a), rating(&vote.model_b), vote.score);
            ratings.insert(vote.model_a, a);
            ratings.insert(vote.model_b, b);
            battles += 1;
        })
        .await
        .unwrap();
        let stored = self.elo(kind, language).await;
        for (model, rating) in &stored {
            let replayed = ratings.get(model).copied().unwrap_or(1000.0);
            assert!((rating - replayed).abs() < 1e-9, "{kind} {language}: {rating} stored, {replayed} replayed");
        }
        assert!(ratings.keys().all(|model| stored.contains_key(model)));
        let counted: i64 = self.pairs(kind, language).await.iter().map(total).sum();
        assert_eq!(counted, battles);
    }
}

/// Withdraws a vote or restores it, and waits for the replay. Gives the vote as it is then.
async fn withdraw(world: &World, id: i64, withdrawn: bool) -> Result<Vote, Error> {
    WithdrawVotes::one(None, id, withdrawn).run(&world.arena).await?;
    repair_ratings(&world.db, &ELO, BattleKind::Battle).await?;
    repair_ratings(&world.db, &ELO, BattleKind::SideBySide).await?;
    let battle = sqlx::query_scalar("SELECT battle_id FROM votes WHERE id = $1").bind(id).fetch_one(&world.db).await?;
    Ok(votes::by_battle(&world.db, BattleId(battle)).await?.unwrap())
}

fn total(pair: &PairRow) -> i64 {
    pair.wins_low + pair.wins_high + pair.ties + pair.both_bad
}

#[sqlx::test(migrations = "../migrations")]
async fn a_vote_counts_moves_both_ratings_and_names_the_models(db: PgPool) {
    let world = World::new(db, 2).await;
    let battle = world.blind(0, 1).await;
    let cast = world.vote(battle, Choice::A).await.unwrap();
    assert!(cast.created && cast.vote.is_counted());
    assert_eq!((cast.vote.choice, cast.vote.comment.as_str()), (Choice::A, "好"));
    assert_eq!(cast.vote.reasons, [Reason::Accuracy, Reason::Clarity]);
    for language in ["*", "en"] {
        let elo = world.elo(BattleKind::Battle, language).await;
        assert_eq!(elo[&world.models[0]], 1002.0, "{language}");
        assert_eq!(elo[&world.models[1]], 998.0, "{language}");
        let [pair] = world.pairs(BattleKind::Battle, language).await.try_into().unwrap();
        let winner = if pair.low == world.models[0] { pair.wins_low } else { pair.wins_high };
        assert_eq!((winner, total(&pair)), (1, 1));
    }
    assert!(world.elo(BattleKind::Battle, "zh").await.is_empty());
    assert!(world.pairs(BattleKind::SideBySide, "*").await.is_empty());
    let revealed: bool = sqlx::query_scalar("SELECT revealed_at IS NOT NULL FROM battles WHERE id = $1")
        .bind(battle.0)
        .fetch_one(&world.db)
        .await
        .unwrap();
    assert!(revealed);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_second_vote_on_a_battle_answers_with_the_first(db: PgPool) {
    let world = World::new(db, 2).await;
    let battle = world.blind(0, 1).await;
    let first = world.vote(battle, Choice::B).await.unwrap();
    for choice in [Choice::B, Choice::A, Choice::Tie] {
        let again = world.vote(battle, choice).await.unwrap();
        assert!(!again.created);
        assert_eq!(again.vote, first.vote);
    }
    assert_eq!(world.count().await, 1);
    world.check_against_replay(BattleKind::Battle, "*").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn of_many_clicks_at_once_from_two_servers_one_counts(db: PgPool) {
    let world = World::new(db.clone(), 2).await;
    // A second server has a pool of its own.
    let options = (*db.connect_options()).clone();
    let other = sqlx::postgres::PgPoolOptions::new().max_connections(8).connect_with(options).await.unwrap();
    let other = unlimited_arena(other);
    for _ in 0..10 {
        let battle = world.blind(0, 1).await;
        let before = world.count().await;
        let votes = (0..12).map(|click| {
            let (arena, choice) =
                if click % 2 == 0 { (world.arena.clone(), Choice::A) } else { (other.clone(), Choice::B) };
            let vote = world.ballot(battle, choice);
            tokio::spawn(async move { vote.run(&arena).await.unwrap() })
        });
        let mut casts = Vec::new();
        for vote in votes.collect::<Vec<_>>() {
            casts.push(vote.await.unwrap());
        }
        assert_eq!(casts.iter().filter(|cast| cast.created).count(), 1);
        assert!(casts.iter().all(|cast| cast.vote == casts[0].vote), "all are told of the same vote");
        assert_eq!(world.count().await, before + 1);
    }
    world.check_against_replay(BattleKind::Battle, "*").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn the_database_itself_refuses_a_second_vote(db: PgPool) {
    let world = World::new(db, 2).await;
    let battle = world.blind(0, 1).await;
    world.vote(battle, Choice::A).await.unwrap();
    let again = sqlx::query(
        "INSERT INTO votes (battle_id, kind, language, model_a, model_b, choice)
        SELECT battle_id, kind, language, model_a, model_b, choice FROM votes",
    );
    let error = again.execute(&world.db).await.unwrap_err();
    assert!(error.as_database_error().is_some_and(|error| error.is_unique_violation()), "{error}");
}

#[sqlx::test(migrations = "../migrations")]
async fn battles_that_cannot_be_judged_are_refused_with_the_reason(db: PgPool) {
    let world = World::new(db, 2).await;
    let refused = async |battle, choice| match world.vote(battle, choice).await {
        Ok(cast) => panic!("taken: {cast:?}"),
        Err(error) => error.code(),
    };
    for (status, code) in [
        ("waiting", "vote-streaming"),
        ("streaming", "vote-streaming"),
        ("failed", "vote-failed"),
        ("interrupted", "vote-failed"),
    ] {
        let battle = world.battle(0, Some(1), BattleKind::Battle, "en", status).await;
        assert_eq!(refused(battle, Choice::A).await, code, "{status}");
    }
    assert_eq!(refused(BattleId(Uuid::new_v4()), Choice::A).await, "not-found");
    let battle = world.blind(0, 1).await;
    assert_eq!(refused(battle, Choice::Up).await, "vote-choice");
    let foreign = CastVote { caller: caller(VoterId(Uuid::new_v4())), ..world.ballot(battle, Choice::A) };
    assert_eq!(foreign.run(&world.arena).await.unwrap_err().code(), "not-found");
    let long = CastVote { comment: "长".repeat(2001), ..world.ballot(battle, Choice::A) };
    assert_eq!(long.run(&world.arena).await.unwrap_err().code(), "vote-comment");
    // Stopped before it said anything: nobody has answered. An answer that is empty by itself may be judged.
    sqlx::query("UPDATE replies SET content = '', status = CASE WHEN side = 'a' THEN 'stopped' ELSE 'done' END WHERE battle_id = $1")
        .bind(battle.0)
        .execute(&world.db)
        .await
        .unwrap();
    assert_eq!(refused(battle, Choice::A).await, "vote-empty");
    sqlx::query("DELETE FROM replies WHERE battle_id = $1").bind(battle.0).execute(&world.db).await.unwrap();
    assert_eq!(refused(battle, Choice::A).await, "vote-streaming");
    assert_eq!(world.count().await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn empty_answers_and_complete_turns_before_a_failed_one_are_judged(db: PgPool) {
    let world = World::new(db, 2).await;
    let empty = world.blind(0, 1).await;
    sqlx::query("UPDATE replies SET content = E'\\n' WHERE battle_id = $1")
        .bind(empty.0)
        .execute(&world.db)
        .await
        .unwrap();
    assert!(world.vote(empty, Choice::BothBad).await.unwrap().vote.is_counted());
    for (status, content, code) in [
        ("failed", "", None),
        ("interrupted", "half", None),
        ("stopped", " ", None),
        ("streaming", "half", Some("vote-streaming")),
    ] {
        let battle = world.blind(0, 1).await;
        sqlx::query("INSERT INTO turns (battle_id, number, prompt) VALUES ($1, 2, 'more')")
            .bind(battle.0)
            .execute(&world.db)
            .await
            .unwrap();
        sqlx::query(
            "INSERT INTO replies (id, battle_id, turn, side, model_id, seed, status, content, owner)
            SELECT gen_random_uuid(), $1, 2, side, $2, 1, $3, $4, gen_random_uuid() FROM unnest(ARRAY['a', 'b']) AS side",
        )
        .bind(battle.0)
        .bind(world.models[0].0)
        .bind(status)
        .bind(content)
        .execute(&world.db)
        .await
        .unwrap();
        let said = world.vote(battle, Choice::A).await.map_err(|error| error.code());
        assert_eq!(said.as_ref().err().copied(), code, "{status}");
    }
    world.check_against_replay(BattleKind::Battle, "*").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_side_that_was_asked_again_is_judged_by_its_newest_answer(db: PgPool) {
    let world = World::new(db, 2).await;
    let battle = world.battle(0, Some(1), BattleKind::Battle, "en", "failed").await;
    world.reply(battle, "b", 2, world.models[1], "streaming", "te").await;
    assert_eq!(world.vote(battle, Choice::A).await.unwrap_err().code(), "vote-streaming");
    sqlx::query("UPDATE replies SET status = 'stopped' WHERE battle_id = $1 AND attempt = 2")
        .bind(battle.0)
        .execute(&world.db)
        .await
        .unwrap();
    assert!(world.vote(battle, Choice::A).await.unwrap().created);
}

#[sqlx::test(migrations = "../migrations")]
async fn votes_that_do_not_count_are_kept_and_stay_off_every_board(db: PgPool) {
    let world = World::new(db, 2).await;
    let leaked = world.blind(0, 1).await;
    sqlx::query("UPDATE battles SET exclusion_reason = 'identity'").execute(&world.db).await.unwrap();
    let cast = world.vote(leaked, Choice::A).await.unwrap();
    assert_eq!(cast.vote.exclusion_reason.as_deref(), Some("identity"));
    assert!(!cast.vote.is_counted());
    let direct = world.battle(0, None, BattleKind::Direct, "en", "done").await;
    assert!(!world.vote(direct, Choice::Down).await.unwrap().vote.is_counted());
    assert!(world.pairs(BattleKind::Battle, "*").await.is_empty());
    assert!(world.elo(BattleKind::Battle, "*").await.is_empty());
    // Named comparisons have boards of their own.
    let named = world.battle(0, Some(1), BattleKind::SideBySide, "zh", "done").await;
    assert!(world.vote(named, Choice::BothBad).await.unwrap().vote.is_counted());
    assert!(world.pairs(BattleKind::Battle, "*").await.is_empty());
    assert_eq!(world.pairs(BattleKind::SideBySide, "zh").await[0].both_bad, 1);
    assert_eq!(world.count().await, 3);
    // None of them is lost when the voter deletes the battle.
    sqlx::query("DELETE FROM battles").execute(&world.db).await.unwrap();
    assert_eq!(world.count().await, 3);
}

#[sqlx::test(migrations = "../migrations")]
async fn sixteen_voters_at_once_on_three_models_come_to_what_a_replay_comes_to(db: PgPool) {
    let world = std::sync::Arc::new(World::new(db, 3).await);
    let voters = (0..16_usize).map(|voter| {
        let world = world.clone();
        tokio::spawn(async move {
            for round in 0..8_usize {
                let a = (voter + round) % 3;
                let b = (a + 1 + (voter * round) % 2) % 3;
                let kind = if (voter + round) % 5 == 0 { BattleKind::SideBySide } else { BattleKind::Battle };
                let language = ["en", "zh"][round % 2];
                let battle = world.battle(a, Some(b), kind, language, "done").await;
                let choice = [Choice::A, Choice::B, Choice::Tie, Choice::BothBad][(voter * 3 + round) % 4];
                assert!(world.vote(battle, choice).await.unwrap().created);
            }
        })
    });
    for voter in voters.collect::<Vec<_>>() {
        voter.await.unwrap();
    }
    assert_eq!(world.count().await, 128);
    for kind in [BattleKind::Battle, BattleKind::SideBySide] {
        for language in ["*", "en", "zh"] {
            world.check_against_replay(kind, language).await;
        }
    }
    // Withdrawing and restoring amid new votes keeps the books straight.
    let ids: Vec<i64> =
        sqlx::query_scalar("SELECT id FROM votes ORDER BY id LIMIT 20").fetch_all(&world.db).await.unwrap();
    let repairs = ids.iter().map(|&id| {
        let world = world.clone();
        tokio::spawn(async move {
            assert!(withdraw(&world, id, true).await.unwrap().withdrawn_at.is_some());
            let battle = world.blind(0, 1).await;
            world.vote(battle, Choice::B).await.unwrap();
            if id % 2 == 0 {
                assert!(withdraw(&world, id, false).await.unwrap().withdrawn_at.is_none());
            }
        })
    });
    for repair in repairs.collect::<Vec<_>>() {
        repair.await.unwrap();
    }
    for kind in [BattleKind::Battle, BattleKind::SideBySide] {
        for language in ["*", "en", "zh"] {
            world.check_against_replay(kind, language).await;
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_withdrawn_vote_leaves_no_trace_on_the_board_and_comes_back_the_same(db: PgPool) {
    let world = World::new(db, 3).await;
    for (a, b, choice) in [(0, 1, Choice::A), (1, 2, Choice::Tie), (2, 0, Choice::B), (0, 1, Choice::BothBad)] {
        let battle = world.blind(a, b).await;
        world.vote(battle, choice).await.unwrap();
    }
    let board = async || (world.elo(BattleKind::Battle, "*").await, world.pairs(BattleKind::Battle, "*").await);
    let before = board().await;
    let version = async || ratings::version(&world.db, BattleKind::Battle, "*").await.unwrap();
    let mut versions = vec![version().await];
    let first: i64 = sqlx::query_scalar("SELECT min(id) FROM votes").fetch_one(&world.db).await.unwrap();
    for _ in 0..2 {
        let vote = withdraw(&world, first, true).await.unwrap();
        assert!(!vote.is_counted());
        assert_ne!(board().await, before);
        world.check_against_replay(BattleKind::Battle, "*").await;
    }
    versions.push(version().await);
    withdraw(&world, first, false).await.unwrap();
    assert_eq!(board().await, before);
    versions.push(version().await);
    assert!(versions.is_sorted_by(|a, b| a < b), "a changed board has a higher version: {versions:?}");
    let deeds: Vec<String> =
        sqlx::query_scalar("SELECT action FROM audit_log ORDER BY id").fetch_all(&world.db).await.unwrap();
    assert_eq!(deeds, ["vote.withdraw", "vote.restore"], "saying it twice is one deed");
    let missing = withdraw(&world, i64::MAX, true).await.unwrap_err();
    assert_eq!(missing.code(), "not-found");
}

/// How many votes are pending, and how many are counted.
async fn pending_and_counted(world: &World) -> (i64, i64) {
    let pending = sqlx::query_scalar("SELECT count(*) FROM pending_votes").fetch_one(&world.db).await.unwrap();
    (pending, world.count().await)
}

#[sqlx::test(migrations = "../migrations")]
async fn a_held_vote_moves_nothing_until_it_is_final_and_then_all_that_a_vote_moves(db: PgPool) {
    let world = World::new(db, 2).await;
    let battle = world.blind(0, 1).await;
    HoldVote(world.ballot(battle, Choice::A)).run(&world.arena).await.unwrap();
    // Another tab: the first one stands.
    HoldVote(world.ballot(battle, Choice::B)).run(&world.arena).await.unwrap();
    assert_eq!(pending_and_counted(&world).await, (1, 0));
    assert!(world.elo(BattleKind::Battle, "*").await.is_empty());
    UndoVote { battle, voter: world.voter }.run(&world.arena).await.unwrap();
    assert_eq!(pending_and_counted(&world).await, (0, 0));
    let undo = UndoVote { battle, voter: world.voter };
    assert_eq!(undo.run(&world.arena).await.unwrap_err().code(), "no-vote-to-undo");
    HoldVote(world.ballot(battle, Choice::B)).run(&world.arena).await.unwrap();
    let stranger = VoterId(Uuid::new_v4());
    assert_eq!(UndoVote { battle, voter: stranger }.run(&world.arena).await.unwrap_err().code(), "not-found");
    settle(&world.arena, stranger, Some(battle)).await.unwrap();
    assert_eq!(pending_and_counted(&world).await, (1, 0), "only its voter settles it");
    settle(&world.arena, world.voter, Some(battle)).await.unwrap();
    assert_eq!(pending_and_counted(&world).await, (0, 1));
    let vote = votes::by_battle(&world.db, battle).await.unwrap().unwrap();
    assert_eq!((vote.choice, vote.comment.as_str()), (Choice::B, "好"));
    assert_eq!(vote.reasons, [Reason::Accuracy, Reason::Clarity]);
    assert_eq!(undo.run(&world.arena).await.unwrap_err().code(), "vote-final");
    world.check_against_replay(BattleKind::Battle, "en").await;
    let late = HoldVote(world.ballot(battle, Choice::A)).run(&world.arena).await;
    assert!(late.is_ok() && pending_and_counted(&world).await == (0, 1));
    for (status, code) in [("failed", "vote-failed"), ("streaming", "vote-streaming")] {
        let battle = world.battle(0, Some(1), BattleKind::Battle, "en", status).await;
        let held = HoldVote(world.ballot(battle, Choice::A)).run(&world.arena).await;
        assert_eq!(held.unwrap_err().code(), code);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_api_makes_a_held_vote_final_and_does_not_give_another(db: PgPool) {
    let world = World::new(db, 2).await;
    let battle = world.blind(0, 1).await;
    HoldVote(world.ballot(battle, Choice::Tie)).run(&world.arena).await.unwrap();
    let cast = world.vote(battle, Choice::A).await.unwrap();
    assert_eq!((cast.vote.choice, cast.created), (Choice::Tie, false));
    assert_eq!(pending_and_counted(&world).await, (0, 1));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_battle_that_is_deleted_leaves_its_held_vote_counted(db: PgPool) {
    let world = World::new(db, 2).await;
    let (one, other) = (world.blind(0, 1).await, world.blind(1, 0).await);
    for battle in [one, other] {
        HoldVote(world.ballot(battle, Choice::A)).run(&world.arena).await.unwrap();
    }
    DeleteBattle { battle: one, voter: world.voter }.run(&world.arena).await.unwrap();
    assert_eq!(pending_and_counted(&world).await, (1, 1));
    assert_eq!(DeleteAllBattles { voter: world.voter }.run(&world.arena).await.unwrap(), 1);
    assert_eq!(pending_and_counted(&world).await, (0, 2));
    world.check_against_replay(BattleKind::Battle, "*").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn votes_held_undone_settled_and_cast_at_once_are_counted_once_or_not_at_all(db: PgPool) {
    let world = World::new(db, 3).await;
    for round in 0..12 {
        let battle = world.blind(round % 3, (round + 1) % 3).await;
        HoldVote(world.ballot(battle, Choice::A)).run(&world.arena).await.unwrap();
        let hold = HoldVote(world.ballot(battle, Choice::B));
        let undo = UndoVote { battle, voter: world.voter };
        let (arena, voter) = (&world.arena, world.voter);
        let (undone, settled, again, held) = tokio::join!(
            undo.run(arena),
            settle(arena, voter, Some(battle)),
            settle(arena, voter, Some(battle)),
            hold.run(arena),
        );
        settled.unwrap();
        again.unwrap();
        held.unwrap();
        let is_counted = votes::by_battle(&world.db, battle).await.unwrap().is_some();
        let is_pending = !pending_votes::of_voter(&world.db, voter, Some(battle)).await.unwrap().is_empty();
        assert!(!(is_counted && is_pending), "counted and pending");
        assert!(is_counted || is_pending || undone.is_ok(), "a vote is lost");
        settle(arena, voter, Some(battle)).await.unwrap();
    }
    for kind in ["*", "en"] {
        world.check_against_replay(BattleKind::Battle, kind).await;
    }
}

impl CastVote {
    /// The vote with the state of the battle that allows it, for the queue.
    fn allowed(&self, ballot: &Ballot, address_hash: &[u8]) -> AllowedVote {
        let given = GivenVote {
            choice: self.choice,
            reasons: self.reasons.clone(),
            comment: self.comment.clone(),
            address_hash: Some(address_hash.to_vec()),
        };
        allowed(ballot.battle.clone(), &given)
    }
}
