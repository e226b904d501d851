//! Whether the database can take a battle now.

use sqlx::PgPool;

/// Whether the database writes: a new file and a page in it, which are taken back at once. A full disk, a standby and a
/// disk that hangs are noticed so; a query would still be answered.
pub async fn can_write(db: &PgPool) -> sqlx::Result<()> {
    let mut transaction = db.begin().await?;
    sqlx::query!("SET LOCAL lock_timeout = '1s'").execute(&mut *transaction).await?;
    sqlx::query!("TRUNCATE health_probe").execute(&mut *transaction).await?;
    sqlx::query!("INSERT INTO health_probe (filler) VALUES (repeat('x', 1000))").execute(&mut *transaction).await?;
    transaction.rollback().await
}

/// Whether it answers.
pub async fn answers(db: &PgPool) -> sqlx::Result<()> {
    sqlx::query!(r#"SELECT 1 AS "one!""#).fetch_one(db).await?;
    Ok(())
}
