//! A published board is checked by whoever has the file, and what was changed is found.

use super::*;
use crate::actions::repair_ratings::repair_ratings;
use crate::actions::verify_votes::verify_database;
use crate::evidence::{Problem, Verdict, verify};
use crate::testing::arena;

const ELO: EloSettings = EloSettings { k: 4.0, scale: 400.0, base: 10.0, initial: 1000.0 };

/// So many votes of twenty voters on four models, counted as they are; each tenth withdrawn, each eleventh excluded.
async fn votes(db: &PgPool, votes: i32) {
    for statement in [
        "INSERT INTO models (id, slug, display_name, kind, path)
            SELECT lpad(n::text, 32, '0')::uuid, 'model-' || n, 'Model ' || n, 'local', '/m' FROM generate_series(1, 4) n",
        "INSERT INTO voters (id) SELECT lpad(n::text, 32, '0')::uuid FROM generate_series(1, 20) n",
    ] {
        sqlx::raw_sql(statement).execute(db).await.unwrap();
    }
    sqlx::query(
        "INSERT INTO votes (battle_id, voter_id, kind, language, model_a, model_b, choice, reasons, withdrawn_at, withdrawal,
            exclusion_reason)
        SELECT gen_random_uuid(), CASE n % 9 WHEN 0 THEN NULL ELSE lpad((1 + n % 20)::text, 32, '0')::uuid END,
            CASE n % 7 WHEN 0 THEN 'side_by_side' ELSE 'battle' END, (ARRAY['zh', 'en'])[1 + n % 2],
            lpad((1 + n % 4)::text, 32, '0')::uuid, lpad((1 + (n + 1 + n % 3) % 4)::text, 32, '0')::uuid,
            (ARRAY['a', 'a', 'b', 'tie', 'both_bad'])[1 + (n * n) % 5], ARRAY['accuracy'],
            CASE n % 10 WHEN 0 THEN now() END, CASE n % 10 WHEN 0 THEN 'admin' END,
            CASE n % 11 WHEN 0 THEN 'identity' END
        FROM generate_series(1, $1) n",
    )
    .bind(votes)
    .execute(db)
    .await
    .unwrap();
    sqlx::raw_sql(
        "INSERT INTO pair_counts (kind, language, model_low, model_high, wins_low, wins_high, ties, both_bad)
        SELECT kind, language, least(model_a, model_b), greatest(model_a, model_b),
            count(*) FILTER (WHERE choice = CASE WHEN model_a < model_b THEN 'a' ELSE 'b' END),
            count(*) FILTER (WHERE choice = CASE WHEN model_a < model_b THEN 'b' ELSE 'a' END),
            count(*) FILTER (WHERE choice = 'tie'), count(*) FILTER (WHERE choice = 'both_bad')
        FROM votes WHERE withdrawn_at IS NULL AND exclusion_reason IS NULL GROUP BY 1, 2, 3, 4;
        INSERT INTO rating_repairs (kind) VALUES ('battle'), ('side_by_side')",
    )
    .execute(db)
    .await
    .unwrap();
    for kind in BattleKind::rated() {
        repair_ratings(db, &ELO, kind).await.unwrap();
    }
}

fn wanted(language: Option<&str>) -> PublishVotes {
    let (rules, language) = (BoardRules::default(), language.map(str::to_owned));
    PublishVotes { admin: None, kind: BattleKind::Battle, language, rules, ties: TieRule::Half, elo: ELO }
}

async fn published(db: &PgPool, language: Option<&str>) -> String {
    let mut file = Vec::new();
    wanted(language).on(db, &arena(db.clone()).keys, &mut file).await.unwrap();
    String::from_utf8(file).unwrap()
}

fn checked(file: &str) -> Verdict {
    verify(file.as_bytes()).unwrap().1
}

#[sqlx::test(migrations = "../migrations")]
async fn a_published_board_is_recomputed_from_its_file_and_equal(db: PgPool) {
    votes(&db, 300).await;
    for language in [None, Some("zh")] {
        let file = published(&db, language).await;
        let (snapshot, verdict) = verify(file.as_bytes()).unwrap();
        assert_eq!(verdict.problems, [], "{language:?}");
        assert_eq!((verdict.votes, verdict.models, snapshot.board.len()), (300, 4, 4));
        assert!(verdict.counted > 50 && snapshot.counted == verdict.counted);
        assert_eq!(snapshot.program, env!("CARGO_PKG_VERSION"));
        assert!(snapshot.board.iter().all(|line| line.standard_error.is_some()), "{:?}", snapshot.board);
        assert!(!file.contains("00000000-0000-0000-0000-000000000020"), "voters are hashes");
    }
    assert!(verify_database(&db, &ELO).await.unwrap().is_equal());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_board_with_modelled_ties_is_recomputed_from_its_file_too(db: PgPool) {
    votes(&db, 300).await;
    let mut file = Vec::new();
    let wanted = PublishVotes { ties: TieRule::Davidson, ..wanted(None) };
    wanted.on(&db, &arena(db.clone()).keys, &mut file).await.unwrap();
    let file = String::from_utf8(file).unwrap();
    assert_eq!(checked(&file).problems, []);
    // Half a win each is another board, and so is a file whose first line says so.
    let half = checked(&file.replacen("\"ties\":\"davidson\"", "\"ties\":\"half\"", 1));
    assert!(half.problems.iter().any(|problem| matches!(problem, Problem::Differs { figure: "bradley_terry", .. })));
    // A file of a version that knew one way does not say how ties count.
    let old = published(&db, None).await.replacen(",\"ties\":\"half\"", "", 1);
    assert!(!old.contains("\"ties\":\"half\"") && checked(&old).is_equal());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_file_that_was_changed_is_told_where(db: PgPool) {
    votes(&db, 120).await;
    let file = published(&db, None).await;
    let lines: Vec<&str> = file.lines().collect();
    let with = |changed: Vec<String>| checked(&changed.join("\n"));
    let own = || lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
    // Line 3 of votes is counted: 3 is neither excluded nor withdrawn.
    let mut altered = own();
    altered[3] = altered[3].replacen("\"choice\":\"", "\"choice\":\"b\",\"x\":\"", 1);
    let verdict = with(altered);
    assert!(verdict.problems.contains(&Problem::Altered(3)), "{:?}", verdict.problems);
    assert!(verdict.problems.iter().any(|problem| matches!(problem, Problem::Differs { .. })));
    let mut removed = own();
    removed.remove(3);
    assert!(with(removed).problems.contains(&Problem::Missing(3)));
    let mut cut = own();
    cut.pop();
    assert!(with(cut).problems.contains(&Problem::Head));
    let mut withdrawn = own();
    withdrawn[3] = withdrawn[3].replace("\"withdrawn\":false", "\"withdrawn\":true");
    assert!(with(withdrawn).problems.iter().any(|problem| matches!(problem, Problem::Count { .. })));
    let mut boasting = own();
    boasting[0] = boasting[0].replacen("\"elo\":", "\"elo\":1", 1);
    let verdict = with(boasting);
    assert!(matches!(&verdict.problems[..], [Problem::Differs { figure: "elo", .. }]), "{:?}", verdict.problems);
    let mut broken = own();
    broken[5] = "{".to_owned();
    assert!(matches!(with(broken).problems[0], Problem::Unreadable(6, _)));
    assert!(verify("{}".as_bytes()).is_err() && verify("".as_bytes()).is_err());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_vote_that_was_removed_or_altered_in_the_database_is_found(db: PgPool) {
    votes(&db, 60).await;
    chain(&db, 0).await.unwrap();
    assert!(verify_database(&db, &ELO).await.unwrap().is_equal());
    sqlx::raw_sql("UPDATE votes SET choice = CASE choice WHEN 'a' THEN 'b' ELSE 'a' END WHERE id = 3; DELETE FROM votes WHERE id = 8")
        .execute(&db)
        .await
        .unwrap();
    let verdict = verify_database(&db, &ELO).await.unwrap();
    assert!(verdict.problems.contains(&Problem::Altered(3)), "{:?}", verdict.problems);
    assert!(verdict.problems.contains(&Problem::Missing(8)));
    assert!(!verdict.problems.iter().any(|problem| matches!(problem, Problem::Altered(id) if *id != 3)), "no other");
    assert!(verdict.problems.iter().any(|problem| matches!(problem, Problem::Pair { .. })));
    assert!(verdict.problems.iter().any(|problem| matches!(problem, Problem::Differs { figure: "elo", .. })));
    // Untying a vote from its voter and withdrawing it are no alterations.
    sqlx::raw_sql("UPDATE votes SET voter_id = NULL, voter_group = gen_random_uuid(), comment = '' WHERE id = 5")
        .execute(&db)
        .await
        .unwrap();
    let verdict = verify_database(&db, &ELO).await.unwrap();
    assert!(!verdict.problems.contains(&Problem::Altered(5)));
}

#[sqlx::test(migrations = "../migrations")]
async fn nothing_is_published_while_elo_is_behind(db: PgPool) {
    votes(&db, 20).await;
    sqlx::raw_sql("INSERT INTO rating_repairs (kind) VALUES ('battle')").execute(&db).await.unwrap();
    let refused = wanted(None).on(&db, &arena(db.clone()).keys, Vec::new()).await.unwrap_err();
    assert_eq!(refused.code(), "busy");
}
