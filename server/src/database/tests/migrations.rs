//! The schema goes up, down and up again.

use sqlx::{AssertSqlSafe, Row};

use super::*;

/// Everything that a migration can make, in words.
async fn schema(pool: &PgPool) -> Vec<String> {
    let rows = sqlx::query(AssertSqlSafe(
        "SELECT format('%s.%s %s %s %s', table_name, column_name, data_type, is_nullable, column_default) AS line
           FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> '_sqlx_migrations'
         UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> '_sqlx_migrations'
         UNION ALL SELECT format('%s %s', conrelid::regclass, pg_get_constraintdef(oid)) FROM pg_constraint
           WHERE connamespace = 'public'::regnamespace AND conrelid <> 'public._sqlx_migrations'::regclass
         UNION ALL SELECT format('function %s', proname) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
         ORDER BY line"
            .to_owned(),
    ))
    .fetch_all(pool)
    .await
    .unwrap();
    rows.iter().map(|row| row.get("line")).collect()
}

#[sqlx::test(migrations = false)]
async fn all_migrations_down_leave_nothing_and_up_again_the_same(pool: PgPool) {
    migrate(&pool).await.unwrap();
    let before = schema(&pool).await;
    assert!(before.iter().any(|line| line.starts_with("votes.battle_id uuid")), "{before:#?}");
    let versions: Vec<i64> = MIGRATOR
        .iter()
        .filter(|migration| migration.migration_type.is_up_migration())
        .map(|migration| migration.version)
        .collect();
    for version in versions.iter().rev() {
        MIGRATOR.undo(&pool, version - 1).await.unwrap();
        // Each step alone has a way back.
        MIGRATOR.run_to(*version, &pool).await.unwrap();
        MIGRATOR.undo(&pool, version - 1).await.unwrap();
    }
    assert_eq!(schema(&pool).await, Vec::<String>::new());
    migrate(&pool).await.unwrap();
    assert_eq!(schema(&pool).await, before);
}

#[sqlx::test(migrations = false)]
async fn several_servers_may_migrate_one_database_at_once(pool: PgPool) {
    let runs = (0..4).map(|_| {
        let pool = pool.clone();
        tokio::spawn(async move { migrate(&pool).await })
    });
    for run in runs.collect::<Vec<_>>() {
        run.await.unwrap().unwrap();
    }
    migrate(&pool).await.unwrap();
}

#[sqlx::test(migrations = false)]
async fn a_database_of_a_newer_arena_is_refused(pool: PgPool) {
    migrate(&pool).await.unwrap();
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'from the future', true, '\\x00', 0)",
    )
    .execute(&pool)
    .await
    .unwrap();
    let error = migrate(&pool).await.unwrap_err();
    assert!(matches!(error, DatabaseError::Migrate(_)), "{error}");
    assert!(error.to_string().contains("9999"), "{error}");
}
