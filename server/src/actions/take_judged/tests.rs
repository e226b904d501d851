//! Verdicts become votes once, on a board of their own, and are held against people's votes on the same answers.

use mixtral_judge::{Agreement, Answer, FORMAT, Score, Verdict};
use sqlx::PgPool;

use super::*;
use crate::actions::repair_ratings::repair_ratings;
use crate::actions::withdraw_judging::WithdrawJudging;
use crate::boards::BoardKey;
use crate::domain::ModelId;
use crate::judges::agreements;
use crate::store::model_names;
use crate::testing::arena;

fn item(id: &str, scores: [f64; 3]) -> Item {
    let answer = |model: &str| Answer { model: model.to_owned(), turns: vec![format!("{model} answers {id}")] };
    let score = |score: &f64| Score { score: *score, reason: "because".to_owned() };
    Item {
        id: id.to_owned(),
        turns: vec!["写一首诗".to_owned(), id.to_owned()],
        answers: ["Poet", "sage", "pupil"].map(answer).into(),
        verdicts: vec![Verdict {
            order: vec![0, 1, 2],
            scores: scores.iter().map(score).collect(),
            outcome: None,
            reason: String::new(),
        }],
        people: None,
        failed: None,
    }
}

fn file(items: Vec<Item>) -> JudgeFile {
    let models = ["Poet", "sage", "pupil"].map(str::to_owned).into();
    JudgeFile { format: FORMAT.to_owned(), judge: "gpt".to_owned(), mode: Mode::Scores, models, items }
}

fn take(file: &JudgeFile) -> TakeJudged {
    let bytes = serde_json::to_vec(file).unwrap();
    TakeJudged { admin: None, name: "results.json".to_owned(), bytes, map: BTreeMap::new() }
}

/// Two models that are here, by slug and by name; the third is not.
async fn with_models(db: &PgPool) -> AppState {
    sqlx::query(
        "INSERT INTO models (id, slug, display_name, kind, path) VALUES
        (gen_random_uuid(), 'poet-14m', 'Poet', 'local', '/m'), (gen_random_uuid(), 'sage', 'The Sage', 'local', '/m')",
    )
    .execute(db)
    .await
    .unwrap();
    arena(db.clone())
}

async fn tallies(arena: &AppState, kind: BattleKind) -> Vec<(String, u64, u64, u64)> {
    repair_ratings(&arena.db, &arena.config.elo, kind).await.unwrap();
    let read = arena.boards.read(&arena.db, &BoardKey::of(kind)).await.unwrap();
    let names = model_names::all(&arena.db).await.unwrap();
    let line = |entry: &arena_rating::Entry<ModelId>| {
        let tally = entry.tally;
        (names.get(entry.id).unwrap().slug.clone(), tally.wins, tally.losses, tally.ties)
    };
    let mut lines: Vec<_> = read.board.entries.iter().map(line).collect();
    lines.sort();
    lines
}

#[sqlx::test(migrations = "../migrations")]
async fn verdicts_are_votes_of_their_own_kind_and_the_same_file_adds_nothing(db: PgPool) {
    let arena = with_models(&db).await;
    let mut whole = file(vec![item("1", [9.0, 4.0, 4.0]), item("2", [5.0, 7.0, 3.0])]);
    let report = take(&whole).run(&arena).await.unwrap();
    assert_eq!((report.votes, report.known, report.without), (6, 0, 0));
    assert_eq!((report.models.as_slice(), report.about_battles), (&["pupil".to_owned()][..], 0));
    let board = tallies(&arena, BattleKind::Judge).await;
    let wanted = [("poet-14m", 3, 1, 0), ("pupil", 0, 3, 1), ("sage", 2, 1, 1)];
    assert_eq!(board, wanted.map(|(slug, wins, losses, ties)| (slug.to_owned(), wins, losses, ties)));
    assert!(
        tallies(&arena, BattleKind::Battle).await.is_empty() && tallies(&arena, BattleKind::Imported).await.is_empty()
    );
    let language: Vec<String> = sqlx::query_scalar("SELECT DISTINCT language FROM votes").fetch_all(&db).await.unwrap();
    assert_eq!(language, ["zh"]);
    let groups: i64 = sqlx::query_scalar("SELECT count(DISTINCT voter_group) FROM votes").fetch_one(&db).await.unwrap();
    assert_eq!(groups, 2, "votes on one prompt hang together");

    assert_eq!(take(&whole).run(&arena).await.unwrap().votes, 0);
    whole.items.push(item("3", [1.0, 2.0, 3.0]));
    whole.items.push(Item { verdicts: Vec::new(), ..item("4", [1.0; 3]) });
    let report = take(&whole).run(&arena).await.unwrap();
    assert_eq!((report.votes, report.known, report.without), (3, 6, 3));
    assert_eq!(judgings::list(&db).await.unwrap().iter().map(|one| one.votes).collect::<Vec<_>>(), [3, 6]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_judging_can_be_withdrawn_as_a_whole_and_put_back(db: PgPool) {
    let arena = with_models(&db).await;
    take(&file(vec![item("1", [9.0, 4.0, 4.0])])).run(&arena).await.unwrap();
    take(&file(vec![item("2", [9.0, 4.0, 5.0])])).run(&arena).await.unwrap();
    let newest = judgings::list(&db).await.unwrap().remove(0).id;
    let withdraw = |withdrawn| WithdrawJudging { admin: None, judging: newest, withdrawn };
    assert_eq!(withdraw(true).run(&arena).await.unwrap().votes, 3);
    assert_eq!(withdraw(true).run(&arena).await.unwrap().votes, 0);
    assert_eq!(tallies(&arena, BattleKind::Judge).await[1], ("pupil".to_owned(), 0, 1, 1));
    assert_eq!(judgings::list(&db).await.unwrap()[0].withdrawn, 3);
    withdraw(false).run(&arena).await.unwrap();
    assert_eq!(tallies(&arena, BattleKind::Judge).await[1], ("pupil".to_owned(), 1, 2, 1));
    let nobody = WithdrawJudging { judging: Uuid::now_v7(), ..withdraw(true) };
    assert!(matches!(nobody.run(&arena).await, Err(Error::NotFound)));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_no_judging_is_refused_by_name(db: PgPool) {
    let arena = with_models(&db).await;
    let good = file(vec![item("7", [9.0, 4.0, 4.0])]);
    let refused = async |change: &dyn Fn(&mut JudgeFile)| {
        let mut bad = good.clone();
        change(&mut bad);
        let error = take(&bad).run(&arena).await.unwrap_err();
        (error.code(), error.detail().to_owned())
    };
    assert_eq!(refused(&|file| file.format = "x/9".to_owned()).await, ("judge-format", "x/9".to_owned()));
    assert_eq!(
        refused(&|file| file.items[0].verdicts[0].scores[0].score = 11.0).await,
        ("judge-verdict", "7".to_owned())
    );
    assert_eq!(refused(&|file| file.items.clear()).await.0, "judge-empty");
    assert_eq!(refused(&|file| file.judge = "x".repeat(200)).await.0, "judge-name");
    let text = TakeJudged { bytes: b"{".to_vec(), ..take(&good) }.run(&arena).await.unwrap_err();
    assert_eq!(text.code(), "judge-file");
    let nowhere = BTreeMap::from([("pupil".to_owned(), "nobody".to_owned())]);
    let unmapped = TakeJudged { map: nowhere, ..take(&good) }.run(&arena).await.unwrap_err();
    assert_eq!((unmapped.code(), unmapped.detail()), ("import-map", "nobody"));
    let votes: i64 = sqlx::query_scalar("SELECT count(*) FROM votes").fetch_one(&db).await.unwrap();
    assert_eq!(votes, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn judge_and_people_are_compared_where_they_saw_the_same_answers(db: PgPool) {
    let arena = with_models(&db).await;
    let battles: Vec<Uuid> = (0..5).map(|_| Uuid::new_v4()).collect();
    // People see the sage at the left in the second battle; the last vote does not count.
    for (at, (left, right, choice, excluded)) in [
        ("poet-14m", "sage", "a", None),
        ("sage", "poet-14m", "b", None),
        ("poet-14m", "sage", "b", None),
        ("poet-14m", "sage", "both_bad", None),
        ("poet-14m", "sage", "a", Some("identity")),
    ]
    .into_iter()
    .enumerate()
    {
        sqlx::query(
            "INSERT INTO votes (battle_id, kind, language, model_a, model_b, choice, exclusion_reason)
            SELECT $1, 'battle', 'zh', a.id, b.id, $4, $5 FROM models a, models b WHERE a.slug = $2 AND b.slug = $3",
        )
        .bind(battles[at])
        .bind(left)
        .bind(right)
        .bind(choice)
        .bind(excluded)
        .execute(&db)
        .await
        .unwrap();
    }
    // The judge likes the poet but in the fourth, where both are alike.
    let two = |(at, id): (usize, &Uuid)| {
        let mut item = item(&id.simple().to_string(), if at == 3 { [5.0, 5.0, 1.0] } else { [9.0, 5.0, 1.0] });
        item.answers.truncate(2);
        item.verdicts[0].order.truncate(2);
        item.verdicts[0].scores.truncate(2);
        item
    };
    let report = take(&file(battles.iter().enumerate().map(two).collect())).run(&arena).await.unwrap();
    assert_eq!((report.votes, report.about_battles), (5, 5));
    let found = agreements(&arena.db).await.unwrap();
    let Agreement { same, same_without_ties, .. } = found[0].same_answers.unwrap();
    assert_eq!((found[0].judge.as_str(), same.hits, same.of), ("gpt", 3, 4));
    assert_eq!(same_without_ties.map(|share| (share.hits, share.of)), Some((2, 3)));
}
