//! A kept board is as new as the votes, and is not computed twice for the same ones.

use uuid::Uuid;

use super::*;
use crate::domain::Choice;
use crate::store::ratings::EloRow;

const KIND: BattleKind = BattleKind::Battle;

async fn models(db: &PgPool) -> [ModelId; 2] {
    let ids = [(); 2].map(|()| ModelId(Uuid::new_v4()));
    for id in ids {
        sqlx::query(
            "INSERT INTO models (id, slug, display_name, kind, path) VALUES ($1, $2, $2, 'local', '/model.gguf')",
        )
        .bind(id.0)
        .bind(format!("m-{}", id.0.simple()))
        .execute(db)
        .await
        .unwrap();
    }
    ids
}

async fn count(db: &PgPool, models: [ModelId; 2], choice: Choice) {
    let mut transaction = db.begin().await.unwrap();
    ratings::add_pair_counts(&mut transaction, KIND, "zh", models, choice, 1).await.unwrap();
    let row = |language: &str, model| EloRow { language: language.into(), model, rating: 1000.0 };
    let rows = ["*", "zh"].map(|language| models.map(|model| row(language, model))).concat();
    ratings::set(&mut transaction, KIND, &rows).await.unwrap();
    transaction.commit().await.unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn a_board_is_kept_until_a_vote_changes_it(db: PgPool) {
    let boards = Boards::default();
    let all = BoardKey::of(KIND);
    assert_eq!(boards.read(&db, &all).await.unwrap().board.votes, 0);
    let pair = models(&db).await;
    count(&db, pair, Choice::A).await;
    let first = boards.read(&db, &all).await.unwrap();
    assert_eq!(first.board.votes, 1);
    assert!(Arc::ptr_eq(&first, &boards.read(&db, &all).await.unwrap()), "computed twice for the same votes");
    count(&db, pair, Choice::B).await;
    let second = boards.read(&db, &all).await.unwrap();
    assert_eq!(second.board.votes, 2);
    assert!(second.version > first.version);
    let zh = BoardKey::of_language(KIND, Some("zh"));
    assert_eq!(boards.read(&db, &zh).await.unwrap().board.votes, 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn boards_that_nobody_voted_on_are_not_kept_so_that_addresses_fill_no_memory(db: PgPool) {
    let boards = Boards::default();
    count(&db, models(&db).await, Choice::A).await;
    for number in 0..50 {
        let key = BoardKey::of_language(KIND, Some(&format!("x{number}")));
        assert_eq!(boards.read(&db, &key).await.unwrap().board.votes, 0);
    }
    assert_eq!(boards.kept.len(), 0);
}

/// A counted vote of a voter, put where the vote's own transaction puts it.
async fn vote(db: &PgPool, voter: Option<Uuid>, models: [ModelId; 2], choice: Choice) -> i64 {
    let id = sqlx::query_scalar(
        "INSERT INTO votes (battle_id, voter_id, kind, language, model_a, model_b, choice)
        VALUES (gen_random_uuid(), $1, 'battle', 'zh', $2, $3, $4) RETURNING id",
    )
    .bind(voter)
    .bind(models[0].0)
    .bind(models[1].0)
    .bind(choice.as_str())
    .fetch_one(db)
    .await
    .unwrap();
    count(db, models, choice).await;
    id
}

async fn voter(db: &PgPool) -> Option<Uuid> {
    let id = Uuid::new_v4();
    sqlx::query("INSERT INTO voters (id) VALUES ($1)").bind(id).execute(db).await.unwrap();
    Some(id)
}

async fn voters(boards: &Boards, db: &PgPool) -> Option<usize> {
    let all = BoardKey::of(KIND);
    boards.read(db, &all).await.unwrap().board.voters.map(|voters| voters.count)
}

#[sqlx::test(migrations = "../migrations")]
async fn a_board_knows_whose_its_votes_are_and_follows_them(db: PgPool) {
    let boards = Boards::default();
    let pair = models(&db).await;
    let [first, second] = [voter(&db).await, voter(&db).await];
    for choice in [Choice::A, Choice::B, Choice::Tie] {
        vote(&db, first, pair, choice).await;
    }
    assert_eq!(voters(&boards, &db).await, Some(1));
    let withdrawn = vote(&db, second, [pair[1], pair[0]], Choice::A).await;
    assert_eq!(voters(&boards, &db).await, Some(2));
    vote(&db, None, pair, Choice::B).await;
    vote(&db, None, pair, Choice::BothBad).await;
    assert_eq!(voters(&boards, &db).await, Some(4), "each vote of nobody's is another's");
    // Taken off the board, as an administrator does it.
    sqlx::query("UPDATE votes SET withdrawn_at = now() WHERE id = $1").bind(withdrawn).execute(&db).await.unwrap();
    let mut transaction = db.begin().await.unwrap();
    ratings::add_pair_counts(&mut transaction, KIND, "zh", [pair[1], pair[0]], Choice::A, -1).await.unwrap();
    ratings::touch(&mut transaction, KIND, "zh", pair).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(voters(&boards, &db).await, Some(3));
    assert_eq!(voters(&Boards::default(), &db).await, Some(3), "a server that begins now comes to the same");
}

#[sqlx::test(migrations = "../migrations")]
async fn counts_without_their_votes_make_a_board_that_knows_no_voters(db: PgPool) {
    let boards = Boards::default();
    let pair = models(&db).await;
    vote(&db, voter(&db).await, pair, Choice::A).await;
    vote(&db, voter(&db).await, pair, Choice::B).await;
    count(&db, pair, Choice::A).await;
    assert_eq!(voters(&boards, &db).await, None);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_left_side_is_compared_with_the_right_one(db: PgPool) {
    let boards = Boards::default();
    assert_eq!(boards.side_bias(&db).await.unwrap(), None);
    let pair = models(&db).await;
    for _ in 0..12 {
        vote(&db, voter(&db).await, pair, Choice::A).await;
    }
    vote(&db, None, pair, Choice::B).await;
    vote(&db, None, pair, Choice::Tie).await;
    let bias = boards.side_bias(&db).await.unwrap().unwrap();
    assert_eq!((bias.left, bias.right), (12, 1));
    assert!(bias.is_certain(), "{bias:?}");
}
