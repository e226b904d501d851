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
    let all = BoardKey { kind: KIND, language: None };
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
    let zh = BoardKey { kind: KIND, language: Some("zh".into()) };
    assert_eq!(boards.read(&db, &zh).await.unwrap().board.votes, 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn boards_that_nobody_voted_on_are_not_kept_so_that_addresses_fill_no_memory(db: PgPool) {
    let boards = Boards::default();
    count(&db, models(&db).await, Choice::A).await;
    for number in 0..50 {
        let key = BoardKey { kind: KIND, language: Some(format!("x{number}")) };
        assert_eq!(boards.read(&db, &key).await.unwrap().board.votes, 0);
    }
    assert!(boards.kept.lock().unwrap().is_empty());
}
