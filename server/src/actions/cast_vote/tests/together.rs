//! Votes that are cast by one statement, and beside repairs.

use super::*;
use crate::ballot_queue::BallotQueue;
use crate::store::cast_votes;
use crate::vote_queue::VoteQueue;

impl World {
    /// A vote for the left model, as the rules allow it now.
    async fn allowed(&self, battle: BattleId) -> AllowedVote {
        let ballot = ballots::ballot(&self.db, battle, self.voter).await.unwrap().unwrap();
        self.ballot(battle, Choice::A).allowed(&ballot, &[7; 32])
    }

    async fn cast(&self, votes: &[&AllowedVote]) -> Vec<CastOutcome> {
        cast_votes::cast(&self.db, votes, &ELO).await.unwrap()
    }
}

fn is_cast(outcome: &CastOutcome) -> bool {
    matches!(outcome, CastOutcome::Cast { .. })
}

#[sqlx::test(migrations = "../migrations")]
async fn a_vote_is_refused_once_the_battle_is_not_as_it_was_judged(db: PgPool) {
    let world = World::new(db, 3).await;
    let changes = [
        "INSERT INTO turns (battle_id, number, prompt) VALUES ($1, 2, 'more')",
        "INSERT INTO replies (id, battle_id, turn, side, attempt, model_id, seed, status, owner)
            SELECT gen_random_uuid(), battle_id, turn, side, 2, model_id, 1, 'waiting', owner
            FROM replies WHERE battle_id = $1 AND side = 'b'",
        "UPDATE battles SET exclusion_reason = 'identity' WHERE id = $1",
        "UPDATE battles SET model_b = (SELECT id FROM models WHERE slug = 'model-2') WHERE id = $1",
        "UPDATE battles SET voter_id = (SELECT id FROM voters WHERE id <> voter_id LIMIT 1) WHERE id = $1",
        "DELETE FROM battles WHERE id = $1",
    ];
    sqlx::query("INSERT INTO voters (id) VALUES (gen_random_uuid())").execute(&world.db).await.unwrap();
    for change in changes {
        let (battle, other) = (world.blind(0, 1).await, world.blind(1, 2).await);
        let (vote, beside) = (world.allowed(battle).await, world.allowed(other).await);
        assert_eq!(sqlx::query(change).bind(battle.0).execute(&world.db).await.unwrap().rows_affected(), 1, "{change}");
        let outcomes = world.cast(&[&vote, &beside]).await;
        assert_eq!(outcomes[0], CastOutcome::Changed, "{change}");
        assert!(is_cast(&outcomes[1]), "its neighbour is cast: {change}");
        assert_eq!(world.cast(&[&beside]).await, [CastOutcome::Voted]);
    }
    assert_eq!(world.count().await, 6);
    world.check_against_replay(BattleKind::Battle, "*").await;
    world.check_against_replay(BattleKind::Battle, "en").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn votes_of_one_statement_count_as_if_cast_one_after_another(db: PgPool) {
    let world = World::new(db, 4).await;
    let choices = [Choice::A, Choice::B, Choice::Tie, Choice::BothBad];
    let mut votes = Vec::new();
    for number in 0..60 {
        let (a, b) = (number % 4, (number % 4 + 1 + number % 3) % 4);
        let kind = if number % 5 == 0 { BattleKind::SideBySide } else { BattleKind::Battle };
        let battle = world.battle(a, Some(b), kind, ["en", "zh", "und"][number % 3], "done").await;
        if number % 7 == 0 {
            let excluded = sqlx::query("UPDATE battles SET exclusion_reason = 'identity' WHERE id = $1");
            excluded.bind(battle.0).execute(&world.db).await.unwrap();
        }
        let ballot = ballots::ballot(&world.db, battle, world.voter).await.unwrap().unwrap();
        votes.push(world.ballot(battle, choices[number % 4]).allowed(&ballot, &[1; 32]));
    }
    for number in 0..3 {
        let battle = world.battle(number, None, BattleKind::Direct, "en", "done").await;
        let ballot = ballots::ballot(&world.db, battle, world.voter).await.unwrap().unwrap();
        votes.push(world.ballot(battle, Choice::Up).allowed(&ballot, &[1; 32]));
    }
    let outcomes = world.cast(&votes.iter().collect::<Vec<_>>()).await;
    let ids: Vec<i64> = outcomes
        .iter()
        .map(|outcome| match outcome {
            CastOutcome::Cast { id, .. } => *id,
            other => panic!("{other:?}"),
        })
        .collect();
    assert!(ids.is_sorted(), "numbered in the order in which they waited");
    for kind in [BattleKind::Battle, BattleKind::SideBySide] {
        for language in ["*", "en", "zh", "und"] {
            world.check_against_replay(kind, language).await;
        }
    }
    let stored = votes::by_battle(&world.db, votes[0].battle.id).await.unwrap().unwrap();
    let CastOutcome::Cast { id, at } = outcomes[0] else { panic!() };
    assert_eq!(kept(votes[0].clone(), id, at), stored, "what the voter is told is what is kept");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_vote_that_the_database_refuses_takes_no_other_with_it(db: PgPool) {
    let world = World::new(db, 2).await;
    let queue = VoteQueue::start(world.db.clone(), ELO, &tokio::runtime::Handle::current());
    let mut votes = Vec::new();
    for _ in 0..8 {
        let battle = world.blind(0, 1).await;
        votes.push(world.allowed(battle).await);
    }
    votes[3].comment = "长".repeat(2001);
    let waiting = votes.into_iter().map(|vote| {
        let queue = queue.clone();
        tokio::spawn(async move { queue.cast(vote).await })
    });
    let mut outcomes = Vec::new();
    for vote in waiting.collect::<Vec<_>>() {
        outcomes.push(vote.await.unwrap());
    }
    assert_eq!(outcomes.iter().filter(|outcome| outcome.as_ref().is_ok_and(is_cast)).count(), 7);
    assert!(outcomes[3].is_err());
    assert_eq!(world.count().await, 7);
    world.check_against_replay(BattleKind::Battle, "*").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_battle_that_cannot_be_read_takes_no_other_with_it(db: PgPool) {
    let world = World::new(db, 2).await;
    let queue = BallotQueue::start(world.db.clone(), &tokio::runtime::Handle::current());
    let mut battles = Vec::new();
    for _ in 0..8 {
        battles.push(world.blind(0, 1).await);
    }
    // As a newer version of the program might write it.
    sqlx::query("ALTER TABLE replies DROP CONSTRAINT replies_status_check").execute(&world.db).await.unwrap();
    let odd = sqlx::query("UPDATE replies SET status = 'elsewhere' WHERE battle_id = $1");
    odd.bind(battles[3].0).execute(&world.db).await.unwrap();
    let voter = world.voter;
    // The first is read alone, and the others wait for it together.
    let waiting = battles.iter().map(|&battle| {
        let queue = queue.clone();
        tokio::spawn(async move { queue.read(battle, voter).await })
    });
    for (number, read) in waiting.collect::<Vec<_>>().into_iter().enumerate() {
        match read.await.unwrap() {
            Ok(ballot) => assert_eq!(ballot.map(|ballot| ballot.battle.id), Some(battles[number])),
            Err(error) => assert_eq!(number, 3, "{error}"),
        }
    }
    assert!(queue.read(battles[3], voter).await.is_err());
}

#[sqlx::test(migrations = "../migrations")]
async fn votes_go_on_while_ratings_are_repaired_and_a_repair_that_was_left_is_finished(db: PgPool) {
    let world = World::new(db, 3).await;
    for (a, b) in [(0, 1), (1, 2), (2, 0), (0, 1)] {
        let battle = world.blind(a, b).await;
        world.vote(battle, Choice::A).await.unwrap();
    }
    // A server that walks through the votes: it holds no lock that a vote takes.
    let mut walking = world.db.begin().await.unwrap();
    ratings::lock_repairs(&mut walking).await.unwrap();
    let first: i64 = sqlx::query_scalar("SELECT min(id) FROM votes").fetch_one(&world.db).await.unwrap();
    let requested = async || ratings::requested_repair(&world.db, BattleKind::Battle).await.unwrap();
    assert_eq!(WithdrawVotes::one(None, first, true).run(&world.arena).await.unwrap().votes, 1);
    assert!(requested().await.is_some());
    // The vote is off the counts already, though the repair waits.
    let counted = async || world.pairs(BattleKind::Battle, "*").await.iter().map(total).sum::<i64>();
    assert_eq!(counted().await, 3);
    let battle = world.blind(1, 2).await;
    assert!(world.vote(battle, Choice::B).await.unwrap().created);
    assert_eq!(counted().await, 4);
    // It dies; whoever looks next finishes what was asked for.
    walking.rollback().await.unwrap();
    repair_ratings(&world.db, &ELO, BattleKind::Battle).await.unwrap();
    assert_eq!(requested().await, None);
    world.check_against_replay(BattleKind::Battle, "*").await;
    world.check_against_replay(BattleKind::Battle, "en").await;
}
