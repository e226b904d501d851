//! Voters who do not vote as others do: flagged, held, decided about, and remembered.

use super::*;
use crate::actions::decide_voter::DecideVoter;
use crate::actions::watch_voters::look;
use crate::domain::VoterDecision;
use crate::store::voter_reviews::{self, ReviewFilter};

impl World {
    /// Others voted so often on the pair, evenly.
    async fn others_voted(&self) {
        sqlx::query(
            "WITH others AS (INSERT INTO voters (id) SELECT gen_random_uuid() FROM generate_series(1, 40) RETURNING id),
            numbered AS (SELECT id, row_number() OVER () AS n FROM others)
            INSERT INTO votes (battle_id, voter_id, kind, language, model_a, model_b, choice)
            SELECT gen_random_uuid(), id, 'battle', 'en', $1, $2, CASE n % 2 WHEN 0 THEN 'a' ELSE 'b' END
            FROM numbered, generate_series(1, 3)",
        )
        .bind(self.models[0].0)
        .bind(self.models[1].0)
        .execute(&self.db)
        .await
        .unwrap();
        let (low, high) = (self.models[0].min(self.models[1]), self.models[0].max(self.models[1]));
        sqlx::query(
            "INSERT INTO pair_counts (kind, language, model_low, model_high, wins_low, wins_high) VALUES ('battle', 'en', $1, $2, 60, 60)",
        )
        .bind(low.0)
        .bind(high.0)
        .execute(&self.db)
        .await
        .unwrap();
        let mut transaction = self.db.begin().await.unwrap();
        ratings::request_repair(&mut transaction, BattleKind::Battle).await.unwrap();
        transaction.commit().await.unwrap();
    }

    async fn votes_left(&self, votes: usize) {
        for round in 0..votes {
            let battle = self.blind(round % 2, (round + 1) % 2).await;
            self.vote(battle, Choice::A).await.unwrap();
        }
    }

    async fn on_the_board(&self) -> i64 {
        repair_ratings(&self.db, &ELO, BattleKind::Battle).await.unwrap();
        self.check_against_replay(BattleKind::Battle, "*").await;
        self.pairs(BattleKind::Battle, "*").await.iter().map(total).sum()
    }

    async fn decide(&self, decision: Option<VoterDecision>) -> i64 {
        let decided = DecideVoter { admin: None, voter: self.voter.0, decision, note: String::new() };
        decided.run(&self.arena).await.unwrap().votes
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_flagged_voters_votes_are_held_until_somebody_decides_and_the_decision_is_remembered(db: PgPool) {
    let world = World::new(db, 2).await;
    world.others_voted().await;
    world.votes_left(14).await;
    assert_eq!(world.on_the_board().await, 134);
    let seen = look(&world.arena, None).await.unwrap();
    let review = async || {
        let found = voter_reviews::page(&world.db, ReviewFilter::All, Some(world.voter.0), 0, 1).await.unwrap();
        found.into_iter().next().unwrap()
    };
    assert!(review().await.is_open() && review().await.votes == 14);
    assert_eq!(voter_reviews::open(&world.db).await.unwrap(), 1, "nobody else is flagged");
    assert_eq!(world.on_the_board().await, 120, "their votes are off the board");
    // What they vote from now on is kept, and does not count either; they are not told.
    let battle = world.blind(0, 1).await;
    let cast = world.vote(battle, Choice::B).await.unwrap();
    assert!(cast.created && !cast.vote.is_counted());
    assert_eq!(world.on_the_board().await, 120);
    let both = world.arena.boards.with_held(&world.db).await.unwrap();
    assert_eq!((both.held, both.without.votes, both.with.votes), (15, 120, 135));
    // Accepted: all count, and whatever they vote later.
    assert_eq!(world.decide(Some(VoterDecision::Accepted)).await, 15);
    assert_eq!(world.on_the_board().await, 135);
    world.votes_left(3).await;
    look(&world.arena, Some(seen)).await.unwrap();
    assert_eq!(world.on_the_board().await, 138);
    // Withdrawn: none counts, nor do those to come.
    assert_eq!(world.decide(Some(VoterDecision::Withdrawn)).await, 18);
    world.votes_left(1).await;
    assert_eq!(world.on_the_board().await, 120);
    // Another mind: everything comes back; and again, so that they are held as before.
    assert_eq!(world.decide(Some(VoterDecision::Accepted)).await, 19);
    assert_eq!(world.on_the_board().await, 139);
    assert_eq!(world.decide(None).await, 19);
    assert!(review().await.is_open());
    assert_eq!(world.on_the_board().await, 120);
    let deeds: Vec<String> =
        sqlx::query_scalar("SELECT action FROM audit_log ORDER BY id").fetch_all(&world.db).await.unwrap();
    assert_eq!(deeds, ["voter.flag", "voter.accept", "voter.withdraw", "voter.accept", "voter.reopen"]);
    let nobody = DecideVoter { admin: None, voter: Uuid::new_v4(), decision: None, note: String::new() };
    assert_eq!(nobody.run(&world.arena).await.unwrap_err().code(), "not-found");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_vote_that_was_judged_before_its_voter_was_flagged_is_held_at_the_next_look(db: PgPool) {
    let world = World::new(db, 2).await;
    world.others_voted().await;
    world.votes_left(14).await;
    let battle = world.blind(0, 1).await;
    let ballot = ballots::ballot(&world.db, battle, world.voter).await.unwrap().unwrap();
    let seen = look(&world.arena, None).await.unwrap();
    let late = world.ballot(battle, Choice::A).allowed(&ballot, &[1]);
    world.arena.votes.cast(late).await.unwrap();
    assert_eq!(world.on_the_board().await, 121);
    look(&world.arena, Some(seen)).await.unwrap();
    assert_eq!(world.on_the_board().await, 120);
}
