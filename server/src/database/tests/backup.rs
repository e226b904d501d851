//! Backups of a running arena, restored on an empty machine.

use super::*;

async fn count(pool: &PgPool, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(pool).await.unwrap()
}

#[tokio::test]
async fn a_backup_of_a_running_arena_is_restored_on_an_empty_machine() {
    let (old, new, files) = (data_dir(), data_dir(), tempfile::tempdir().unwrap());
    let database = open(None, old.path(), quiet()).await.unwrap();
    let secret = "0123456789abcdef0123456789abcdef";
    std::fs::write(old.path().join("secret"), secret).unwrap();
    let pool = database.connect(4).await.unwrap();
    let models = "INSERT INTO models (id, slug, display_name, kind, path)
        SELECT gen_random_uuid(), 'm' || n, E'M\\n\\t\\\\ 模型 ' || n, 'local', '/m' FROM generate_series(1, 2) n";
    sqlx::query(models).execute(&pool).await.unwrap();
    // A vote with its battle, a transaction each, all the while.
    let writer = pool.clone();
    let writing = tokio::spawn(async move {
        let vote = "WITH b AS (INSERT INTO battles (id, kind, voter_id, model_a, model_b)
                SELECT gen_random_uuid(), 'battle', v.id, (SELECT min(id::text)::uuid FROM models),
                    (SELECT max(id::text)::uuid FROM models) FROM v RETURNING *)
            INSERT INTO votes (battle_id, voter_id, kind, language, model_a, model_b, choice, comment)
            SELECT id, voter_id, kind, 'en', model_a, model_b, 'a', E'two\\nlines' FROM b";
        let vote = format!("WITH v AS (SELECT id FROM voters LIMIT 1) {}", vote.replacen("WITH b", ", b", 1));
        sqlx::query("INSERT INTO voters (id) VALUES (gen_random_uuid())").execute(&writer).await.unwrap();
        loop {
            sqlx::query(sqlx::AssertSqlSafe(vote.clone())).execute(&writer).await.unwrap();
        }
    });
    while count(&pool, "SELECT count(*) FROM votes").await < 50 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let file = files.path().join("arena.backup");
    let made = database.backup(old.path(), &file).await.unwrap();
    assert!(database.backup(old.path(), &file).await.is_err(), "an old backup is not overwritten");
    writing.abort();
    _ = writing.await;
    let last: i64 = count(&pool, "SELECT max(id) FROM votes").await;
    pool.close().await;
    database.close().await.unwrap();

    let restored = restore(&file, new.path(), quiet()).await.unwrap();
    assert_eq!(restored, made);
    assert_eq!(std::fs::read_to_string(new.path().join("secret")).unwrap(), secret);
    let database = open(None, new.path(), quiet()).await.unwrap();
    let pool = database.connect(1).await.unwrap();
    let votes = count(&pool, "SELECT count(*) FROM votes").await;
    assert!((50..=last).contains(&votes), "{votes} of {last}");
    assert_eq!(count(&pool, "SELECT count(*) FROM votes v JOIN battles b ON b.id = v.battle_id").await, votes);
    assert_eq!(count(&pool, "SELECT count(*) FROM battles").await, votes, "one snapshot: no battle without its vote");
    assert_eq!(count(&pool, r"SELECT count(*) FROM models WHERE display_name LIKE E'M\n\t\\\\ 模型 _'").await, 2);
    let next = "INSERT INTO votes (battle_id, kind, language, model_a, model_b, choice)
        SELECT gen_random_uuid(), kind, language, model_a, model_b, choice FROM votes LIMIT 1 RETURNING id";
    assert!(count(&pool, next).await > votes, "numbers go on");
    pool.close().await;
    database.close().await.unwrap();
    assert!(restore(&file, new.path(), quiet()).await.is_err(), "an arena is never overwritten");
}

#[tokio::test]
async fn what_is_no_whole_backup_is_refused_and_leaves_nothing() {
    let (old, files) = (data_dir(), tempfile::tempdir().unwrap());
    let database = open(None, old.path(), quiet()).await.unwrap();
    let file = files.path().join("arena.backup");
    database.backup(old.path(), &file).await.unwrap();
    database.close().await.unwrap();
    let whole = std::fs::read(&file).unwrap();
    let mut changed = whole.clone();
    changed[whole.len() / 2] ^= 1;
    let longer = [&whole[..], b"x"].concat();
    for broken in
        [&[][..], b"ARENA-BACKUP 1\n", &whole[..whole.len() - 1], &whole[..whole.len() / 2], &changed, &longer]
    {
        let new = data_dir();
        std::fs::write(&file, broken).unwrap();
        assert!(restore(&file, new.path(), quiet()).await.is_err(), "{} bytes", broken.len());
        assert!(!new.path().join("postgres").exists());
    }
}
