//! Many votes at once are withdrawn and restored, with one transaction and one replay.

use super::*;
use crate::domain::{VoteCriteria, VoteState};
use crate::store::vote_changes::{self, ChosenVotes};
use crate::store::vote_list::{self, GroupBy, GroupOrder, VotePage};

impl World {
    async fn replayed(&self) {
        for kind in [BattleKind::Battle, BattleKind::SideBySide] {
            repair_ratings(&self.db, &ELO, kind).await.unwrap();
            for language in ["*", "en", "zh"] {
                self.check_against_replay(kind, language).await;
            }
        }
    }

    /// So many votes for the left answer in each of two languages, and some on comparisons.
    async fn voted(db: PgPool) -> Self {
        let world = Self::new(db, 3).await;
        for round in 0..12 {
            let kind = if round % 4 == 3 { BattleKind::SideBySide } else { BattleKind::Battle };
            let battle = world.battle(round % 3, Some((round + 1) % 3), kind, ["en", "zh"][round % 2], "done").await;
            world.vote(battle, [Choice::A, Choice::B, Choice::Tie, Choice::BothBad][round % 4]).await.unwrap();
        }
        world.replayed().await;
        world
    }

    async fn counted(&self) -> i64 {
        let mut sum = 0;
        for kind in [BattleKind::Battle, BattleKind::SideBySide] {
            sum += self.pairs(kind, "*").await.iter().map(total).sum::<i64>();
        }
        sum
    }
}

fn all_of(filter: VoteCriteria) -> ChosenVotes {
    ChosenVotes { filter, ..ChosenVotes::default() }
}

fn withdraw_all(chosen: ChosenVotes, withdrawn: bool) -> WithdrawVotes {
    WithdrawVotes { admin: None, chosen, withdrawn, note: " bots ".into() }
}

#[sqlx::test(migrations = "../migrations")]
async fn all_that_a_filter_finds_leaves_the_boards_and_comes_back_by_one_undo(db: PgPool) {
    let world = World::voted(db).await;
    let before = (world.elo(BattleKind::Battle, "*").await, world.pairs(BattleKind::Battle, "*").await);
    let chinese = VoteCriteria { language: Some("zh".into()), ..VoteCriteria::default() };
    let preview = vote_changes::preview(&world.db, &all_of(chinese.clone()), true).await.unwrap();
    assert_eq!((preview.votes, preview.rated, preview.voters), (6, 6, 1));
    let done = withdraw_all(all_of(chinese.clone()), true).run(&world.arena).await.unwrap();
    assert_eq!((done.votes, world.counted().await), (6, 6));
    assert!(ratings::requested_repair(&world.db, BattleKind::Battle).await.unwrap().is_some(), "boards say so");
    world.replayed().await;
    assert!(world.pairs(BattleKind::Battle, "zh").await.iter().all(|pair| total(pair) == 0));
    // Said twice it changes nothing, and is no deed.
    let again = withdraw_all(all_of(chinese), true).run(&world.arena).await.unwrap();
    assert_eq!((again.change, again.votes), (None, 0));
    let change = vote_changes::by_id(&world.db, done.change.unwrap()).await.unwrap().unwrap();
    assert_eq!((change.votes, change.withdrawn, change.note.as_str()), (6, true, "bots"));
    let undone = WithdrawVotes::undo(None, change.id, true).run(&world.arena).await.unwrap();
    assert_eq!(undone.votes, 6);
    world.replayed().await;
    assert_eq!((world.elo(BattleKind::Battle, "*").await, world.pairs(BattleKind::Battle, "*").await), before);
    // An undo is a change itself: it can be undone too.
    let redone = WithdrawVotes::undo(None, undone.change.unwrap(), false).run(&world.arena).await.unwrap();
    assert_eq!((redone.votes, world.counted().await), (6, 6));
    let deeds: Vec<String> =
        sqlx::query_scalar("SELECT action FROM audit_log ORDER BY id").fetch_all(&world.db).await.unwrap();
    assert_eq!(deeds, ["votes.withdraw", "votes.restore", "votes.withdraw"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn only_what_was_chosen_and_seen_changes(db: PgPool) {
    let world = World::voted(db).await;
    let ids: Vec<i64> = sqlx::query_scalar("SELECT id FROM votes ORDER BY id").fetch_all(&world.db).await.unwrap();
    let some = ChosenVotes { ids: Some(ids[..3].to_vec()), ..ChosenVotes::default() };
    assert_eq!(withdraw_all(some, true).run(&world.arena).await.unwrap().votes, 3);
    let seen = ChosenVotes { through: Some(ids[7]), ..ChosenVotes::default() };
    assert_eq!(withdraw_all(seen, true).run(&world.arena).await.unwrap().votes, 5, "votes that came later stand");
    assert_eq!(world.counted().await, 4);
    let withdrawn = VoteCriteria { state: Some(VoteState::Withdrawn), ..VoteCriteria::default() };
    assert_eq!(withdraw_all(all_of(withdrawn), false).run(&world.arena).await.unwrap().votes, 8);
    world.replayed().await;
    assert_eq!(world.counted().await, 12);
}

#[sqlx::test(migrations = "../migrations")]
async fn votes_cast_while_many_are_withdrawn_and_restored_are_all_counted(db: PgPool) {
    let world = std::sync::Arc::new(World::voted(db).await);
    let change = {
        let world = world.clone();
        tokio::spawn(async move {
            for _ in 0..6 {
                let chosen = all_of(VoteCriteria { language: Some("en".into()), ..VoteCriteria::default() });
                let done = withdraw_all(chosen, true).run(&world.arena).await.unwrap();
                repair_ratings(&world.db, &ELO, BattleKind::Battle).await.unwrap();
                WithdrawVotes::undo(None, done.change.unwrap(), true).run(&world.arena).await.unwrap();
            }
        })
    };
    for round in 0..24 {
        let battle = world.blind(round % 3, (round + 1) % 3).await;
        world.vote(battle, Choice::A).await.unwrap();
    }
    change.await.unwrap();
    world.replayed().await;
    assert_eq!(world.counted().await, 36);
}

#[sqlx::test(migrations = "../migrations")]
async fn votes_are_found_page_by_page_and_by_who_cast_them(db: PgPool) {
    let world = World::voted(db).await;
    let find = async |filter: VoteCriteria| {
        let page = VotePage { oldest_first: false, after: None, limit: 50 };
        vote_list::page(&world.db, &filter, page).await.unwrap()
    };
    let everything = VoteCriteria::default();
    let all = find(everything.clone()).await;
    assert_eq!(all.len(), 12);
    assert!(all.is_sorted_by(|a, b| a.id > b.id));
    assert_eq!(all[0].reasons, [Reason::Accuracy, Reason::Clarity]);
    let oldest = VotePage { oldest_first: true, after: Some(all[9].id), limit: 4 };
    let next: Vec<i64> =
        vote_list::page(&world.db, &everything, oldest).await.unwrap().iter().map(|vote| vote.id).collect();
    assert_eq!(next, [all[8].id, all[7].id, all[6].id, all[5].id]);
    let of = |change: fn(&mut VoteCriteria)| {
        let mut filter = VoteCriteria::default();
        change(&mut filter);
        filter
    };
    assert_eq!(find(of(|f| f.kind = Some(BattleKind::SideBySide))).await.len(), 3);
    assert_eq!(find(of(|f| f.choice = Some(Choice::Tie))).await.len(), 3);
    assert_eq!(find(of(|f| f.pattern = Some("%好%".into()))).await.len(), 12);
    assert_eq!(find(of(|f| f.pattern = Some("%坏%".into()))).await.len(), 0);
    assert_eq!(find(of(|f| f.from = Some(0))).await.len(), 12);
    assert_eq!(find(of(|f| f.until = Some(0))).await.len(), 0);
    let with_model = VoteCriteria { model: Some(world.models[0]), ..VoteCriteria::default() };
    assert_eq!(find(with_model).await.len(), 8);
    assert_eq!(vote_list::count(&world.db, &everything, 5).await.unwrap(), 5, "counted as far as it is asked");
    for by in [GroupBy::Voter, GroupBy::Address] {
        let groups = vote_list::groups(&world.db, &everything, by, GroupOrder::Votes, 0, 10).await.unwrap();
        let [group] = &groups[..] else { panic!("{groups:?}") };
        assert_eq!((group.votes, group.counted, group.withdrawn, group.others), (12, 12, 0, 1));
        assert_eq!((group.left, group.right), (3, 3));
    }
    let address = all[0].address.clone();
    assert_eq!(find(VoteCriteria { address, ..VoteCriteria::default() }).await.len(), 12);
    assert_eq!(find(VoteCriteria { voter: Some(world.voter.0), ..VoteCriteria::default() }).await.len(), 12);
}
