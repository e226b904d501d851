//! Files go in once, onto boards of their own, and come out as they went in.

use std::path::Path;

use super::*;
use crate::actions::export_votes::ExportVotes;
use crate::actions::repair_ratings::repair_ratings;
use crate::boards::BoardKey;
use crate::domain::{VoteCriteria, VoteState};
use crate::exchange::Shape;
use crate::testing::arena;

fn import_of(file: &Path) -> ImportVotes {
    ImportVotes {
        admin: None,
        file: file.to_owned(),
        name: file.file_name().unwrap().to_string_lossy().into_owned(),
        container: None,
        map: BTreeMap::new(),
        is_strict: false,
        with_conversations: false,
        progress: Arc::new(|_| {}),
    }
}

/// A file of this text.
fn file(folder: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

async fn board(arena: &AppState) -> Vec<(String, u64, u64, f64)> {
    repair_ratings(&arena.db, &arena.config.elo, BattleKind::Imported).await.unwrap();
    let key = BoardKey::of(BattleKind::Imported);
    let read = arena.boards.read(&arena.db, &key).await.unwrap();
    let names = model_names::all(&arena.db).await.unwrap();
    let entries = read.board.entries.iter();
    let line = |entry: &arena_rating::Entry<ModelId>| {
        let name = names.get(entry.id).unwrap().display_name.clone();
        (name, entry.tally.wins, entry.tally.losses, entry.elo.unwrap())
    };
    let mut lines: Vec<_> = entries.map(line).collect();
    lines.sort_by(|a, b| a.0.cmp(&b.0));
    lines
}

const CSV: &str = "left,right,winner,worker\nGPT 4,Poet,left,1\nGPT 4,Poet,left,1\nPoet,Sage,tie,2\nPoet,Poet,left,3\nPoet,Sage,whoever,3\nSage,GPT 4,right,2\n";

#[sqlx::test(migrations = "../migrations")]
async fn a_file_is_imported_once_with_its_bad_rows_named_and_its_models_known_by_name(db: PgPool) {
    let arena = arena(db.clone());
    sqlx::query("INSERT INTO models (id, slug, display_name, kind, path) VALUES (gen_random_uuid(), 'poet-14m', 'poet', 'local', '/m')")
        .execute(&db)
        .await
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "votes.csv", CSV);
    let report = import_of(&path).run(&arena).await.unwrap();
    assert_eq!((report.rows, report.votes, report.known, report.bad), (6, 4, 0, 2));
    let told: Vec<_> = report.told.iter().map(|(number, _)| *number).collect();
    assert_eq!(told, [5, 6], "the numbers of the file's lines");
    assert_eq!(report.models, ["GPT 4", "Sage"], "Poet is the model that is here");
    let elo = arena.config.elo;
    let (mut gpt, mut poet, mut sage) = (1000.0, 1000.0, 1000.0);
    for _ in 0..2 {
        (gpt, poet) = elo.update(gpt, poet, 1.0);
    }
    (poet, sage) = elo.update(poet, sage, 0.5);
    (sage, gpt) = elo.update(sage, gpt, 0.0);
    let lines = board(&arena).await;
    let expected = [("GPT 4", 3, 0, gpt), ("Sage", 0, 1, sage), ("poet", 0, 2, poet)];
    for (line, (name, wins, losses, elo)) in lines.iter().zip(expected) {
        assert_eq!((line.0.as_str(), line.1, line.2), (name, wins, losses));
        assert!((line.3 - elo).abs() < 1e-9, "{line:?}");
    }
    let voters: i64 = sqlx::query_scalar("SELECT count(DISTINCT voter_group) FROM votes").fetch_one(&db).await.unwrap();
    assert_eq!(voters, 2);
    // Again: nothing. With a line more: that line.
    let again = import_of(&path).run(&arena).await.unwrap();
    assert_eq!((again.votes, again.known), (0, 4));
    let longer = file(&folder, "longer.csv", &format!("{CSV}GPT 4,Poet,left,1\n"));
    let longer = import_of(&longer).run(&arena).await.unwrap();
    assert_eq!((longer.votes, longer.known), (1, 4));
    assert!(longer.models.is_empty());
    assert_eq!(board(&arena).await[0].1, 4);
    let blind = BoardKey::of(BattleKind::Battle);
    assert_eq!(arena.boards.read(&db, &blind).await.unwrap().board.votes, 0, "other boards know nothing of it");
    let askable: i64 =
        sqlx::query_scalar("SELECT count(*) FROM models WHERE state <> 'retired'").fetch_one(&db).await.unwrap();
    assert_eq!(askable, 1, "a name alone cannot be asked");
}

#[sqlx::test(migrations = "../migrations")]
async fn names_can_be_mapped_and_a_strict_import_takes_all_or_nothing(db: PgPool) {
    let arena = arena(db.clone());
    sqlx::query("INSERT INTO models (id, slug, display_name, kind, path) VALUES (gen_random_uuid(), 'sage', 'The Sage', 'local', '/m')")
        .execute(&db)
        .await
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "votes.csv", CSV);
    let refused = ImportVotes { is_strict: true, ..import_of(&path) }.run(&arena).await.unwrap_err();
    assert_eq!((refused.code(), refused.detail()), ("import-strict", "5"));
    let nowhere = BTreeMap::from([("GPT 4".to_owned(), "nobody".to_owned())]);
    let refused = ImportVotes { map: nowhere, ..import_of(&path) }.run(&arena).await.unwrap_err();
    assert_eq!((refused.code(), refused.detail()), ("import-map", "nobody"));
    for (name, text, code) in [
        ("votes.txt", "", "import-format"),
        ("votes.parquet", "no table", "import-file"),
        ("votes.json", "[{\"model_a\":", "import-file"),
    ] {
        let refused = import_of(&file(&folder, name, text)).run(&arena).await.unwrap_err();
        assert_eq!(refused.code(), code, "{name}");
    }
    let count = async |what: &'static str| -> i64 { sqlx::query_scalar(what).fetch_one(&db).await.unwrap() };
    assert_eq!(count("SELECT count(*) FROM votes").await + count("SELECT count(*) FROM audit_log").await, 0);
    assert_eq!(count("SELECT count(*) FROM models").await, 1, "no name is left of what was not imported");
    let map = BTreeMap::from([("Poet".to_owned(), "sage".to_owned())]);
    let report = ImportVotes { map, ..import_of(&path) }.run(&arena).await.unwrap();
    // Poet against Sage is the same model twice now.
    assert_eq!((report.votes, report.bad), (3, 3));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_exported_can_be_imported_elsewhere_and_names_no_voter(db: PgPool) {
    let arena = arena(db.clone());
    let folder = tempfile::tempdir().unwrap();
    import_of(&file(&folder, "votes.csv", CSV)).run(&arena).await.unwrap();
    let first = board(&arena).await;
    let filter = VoteCriteria { state: Some(VoteState::Counted), ..VoteCriteria::default() };
    for shape in [Shape::FastChat, Shape::Comparia] {
        for container in [Container::Json, Container::JsonLines, Container::Csv, Container::Parquet] {
            let wanted =
                ExportVotes { admin: None, filter: filter.clone(), shape, container, with_conversations: true };
            let mut export = wanted.run(&arena).await.unwrap();
            let mut bytes = Vec::new();
            while let Some(part) = export.next().await.unwrap() {
                bytes.extend(part);
            }
            assert_eq!(export.votes(), 4);
            let path = folder.path().join(format!("out.{}", container.extension()));
            std::fs::write(&path, &bytes).unwrap();
            let counted = import_of(&path).run(&arena).await.unwrap();
            assert_eq!((counted.rows, counted.bad), (4, 0), "{shape:?} {container:?}");
            assert!(counted.models.is_empty(), "slugs are known");
            sqlx::raw_sql(
                "DELETE FROM votes WHERE id > 4; DELETE FROM pair_counts;
                INSERT INTO pair_counts (kind, language, model_low, model_high, wins_low, wins_high, ties)
                SELECT kind, language, least(model_a, model_b), greatest(model_a, model_b),
                    count(*) FILTER (WHERE choice = CASE WHEN model_a < model_b THEN 'a' ELSE 'b' END),
                    count(*) FILTER (WHERE choice = CASE WHEN model_a < model_b THEN 'b' ELSE 'a' END),
                    count(*) FILTER (WHERE choice = 'tie') FROM votes GROUP BY 1, 2, 3, 4",
            )
            .execute(&db)
            .await
            .unwrap();
        }
    }
    assert_eq!(board(&arena).await, first);
}

/// One vote with what was said, in FastChat's form.
const SAID: &str = r##"{"question_id": "58210e39b3fd4441a2bd4a518bb44c2d", "model_a": "gpt-0", "model_b": "poet", "winner": "model_b", "conversation_a": [{"role": "user", "content": "写一个 Python 函数"}, {"role": "assistant", "content": "# 一\n\n**好** \u0000\\u0000"}], "conversation_b": [{"role": "user", "content": "写一个 Python 函数"}, {"role": "assistant", "content": "`def`\ta"}]}"##;

#[sqlx::test(migrations = "../migrations")]
async fn conversations_are_kept_where_that_is_asked_for_and_decide_what_a_vote_was_about(db: PgPool) {
    use crate::actions::{describe_votes, expire_battles};
    let arena = arena(db.clone());
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "said.jsonl", SAID);
    let count = async |what: &'static str| -> i64 { sqlx::query_scalar(what).fetch_one(&db).await.unwrap() };
    let report = import_of(&path).run(&arena).await.unwrap();
    assert_eq!((report.votes, report.conversations), (1, 0));
    assert_eq!(count("SELECT count(*) FROM imported_conversations").await, 0, "nobody asked for them");
    // The same vote again, with what was said.
    let with = || ImportVotes { with_conversations: true, ..import_of(&path) };
    let report = with().run(&arena).await.unwrap();
    assert_eq!((report.votes, report.known, report.conversations), (0, 1, 1));
    assert_eq!(with().run(&arena).await.unwrap().conversations, 0, "once is enough");
    describe_votes::describe_from(&db, &mut 0).await.unwrap();
    let features =
        "SELECT count(*) FROM vote_features WHERE is_coding AND NOT is_multi_turn AND headers_a = 1 AND bold_a = 1
        AND headers_b = 0 AND bold_b = 0";
    assert_eq!(count(features).await, 1);
    let coding =
        BoardKey { category: Some(crate::domain::BoardCategory::Coding), ..BoardKey::of(BattleKind::Imported) };
    assert_eq!(arena.boards.read(&db, &coding).await.unwrap().board.votes, 1);
    let wanted = ExportVotes {
        admin: None,
        filter: VoteCriteria::default(),
        shape: Shape::FastChat,
        container: Container::JsonLines,
        with_conversations: true,
    };
    let mut export = wanted.run(&arena).await.unwrap();
    let line: serde_json::Value = serde_json::from_slice(&export.next().await.unwrap().unwrap()).unwrap();
    // A character 0 is gone, as the database cannot hold it; the letters that look like one in JSON are not.
    assert_eq!(line["conversation_a"][1]["content"], "# 一\n\n**好** \\u0000");
    assert_eq!(line["conversation_b"][1]["content"], "`def`\ta");
    // They go when conversations go, and what the vote was about stays.
    sqlx::query("UPDATE imported_conversations SET created_at = now() - interval '9 days'").execute(&db).await.unwrap();
    sqlx::query("DELETE FROM vote_features").execute(&db).await.unwrap();
    assert_eq!(expire_battles::expire(&db, std::num::NonZeroU32::new(10).unwrap()).await.unwrap(), 0);
    assert_eq!(expire_battles::expire(&db, std::num::NonZeroU32::new(8).unwrap()).await.unwrap(), 1);
    assert_eq!(count("SELECT count(*) FROM imported_conversations").await, 0);
    assert_eq!(count(features).await, 1);
}

#[sqlx::test(migrations = "../migrations")]
#[ignore = "a million rows: half a minute of two cores; prints how long it took"]
async fn a_million_rows_come_in_at_once_and_are_all_counted(db: PgPool) {
    use std::io::Write;
    let arena = arena(db.clone());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("votes.csv");
    let mut out = std::io::BufWriter::new(std::fs::File::create(&path).unwrap());
    writeln!(out, "question_id,model_a,model_b,winner,judge,language,tstamp").unwrap();
    for n in 0..1_000_000_u32 {
        let (a, b) = (n % 100, (n + 1 + n / 100 % 99) % 100);
        let winner = ["model_a", "model_b", "tie", "tie (bothbad)"][(n / 7 % 4) as usize];
        let at = 1_700_000_000 + n;
        writeln!(out, "{n:032x},model-{a},model-{b},{winner},user-{},zh,{at}", n % 20_000).unwrap();
    }
    out.flush().unwrap();
    let begun = std::time::Instant::now();
    let report = import_of(&path).run(&arena).await.unwrap();
    println!("a million rows imported in {:.1?}", begun.elapsed());
    assert_eq!((report.rows, report.votes, report.bad), (1_000_000, 1_000_000, 0));
    let counted: i64 =
        sqlx::query_scalar("SELECT sum(wins_low + wins_high + ties + both_bad)::bigint FROM pair_counts")
            .fetch_one(&db)
            .await
            .unwrap();
    assert_eq!(counted, 1_000_000);
    let begun = std::time::Instant::now();
    let again = import_of(&path).run(&arena).await.unwrap();
    println!("the same again in {:.1?}", begun.elapsed());
    assert_eq!((again.votes, again.known), (0, 1_000_000));
}
