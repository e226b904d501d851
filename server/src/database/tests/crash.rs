//! What is left after a `kill -9` of the arena.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Instant;

use super::*;

/// Not a test by itself: the process that [`nothing_is_lost_by_kill_9`] kills. It inserts rows,
/// and prints each number once its transaction is committed.
#[tokio::test]
#[ignore = "run as a child of nothing_is_lost_by_kill_9"]
async fn child_that_inserts_until_it_is_killed() {
    let folder = std::env::var_os("ARENA_CRASH_DIR").expect("the parent sets ARENA_CRASH_DIR");
    let server = start(Path::new(&folder)).unwrap();
    let options = server.options().database("postgres");
    let pool = PgPoolOptions::new().connect_with(options).await.unwrap();
    sqlx::query("CREATE TABLE IF NOT EXISTS rows (number bigint)").execute(&pool).await.unwrap();
    for number in 0_i64.. {
        let insert = sqlx::query("INSERT INTO rows VALUES ($1)").bind(number);
        insert.execute(&pool).await.unwrap();
        println!("committed {number}");
    }
}

#[tokio::test]
async fn nothing_is_lost_by_kill_9_and_postgres_is_gone_within_a_second() {
    let folder = data_dir();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture"])
        .arg("database::tests::crash::child_that_inserts_until_it_is_killed")
        .env("ARENA_CRASH_DIR", folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let number = |line: String| line.rsplit_once("committed ").map(|(_, n)| n.parse::<i64>().unwrap());
    let mut last = -1;
    while last < 50 {
        last = lines.next().expect("the child ended early").map(number).unwrap().unwrap_or(last);
    }
    let pid = postmaster(folder.path());
    assert!(is_alive(pid));
    child.kill().unwrap();
    let killed = Instant::now();
    child.wait().unwrap();
    while is_alive(pid) {
        assert!(killed.elapsed() < Duration::from_secs(1), "Postgres outlives the arena");
        std::thread::sleep(Duration::from_millis(5));
    }
    println!("Postgres was gone after {:?}", killed.elapsed());
    // What stood in the pipe was committed as well.
    for line in lines {
        last = number(line.unwrap()).unwrap_or(last);
    }

    let server = start(folder.path()).unwrap();
    let options = server.options().database("postgres");
    let pool = PgPoolOptions::new().connect_with(options).await.unwrap();
    let rows: i64 = sqlx::query_scalar("SELECT count(DISTINCT number) FROM rows WHERE number <= $1")
        .bind(last)
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(rows, last + 1, "a row that was reported as committed is gone");
}

#[test]
fn a_new_arena_waits_for_the_postgres_that_a_killed_one_left_behind() {
    let folder = data_dir();
    let server = start(folder.path()).unwrap();
    let pid = postmaster(folder.path());
    // A killed arena lets go of the lock at once, and Postgres gets its signal: the same here.
    std::fs::remove_file(folder.path().join("postgres.lock")).unwrap();
    let stopping = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        server.stop()
    });
    let again = start(folder.path()).unwrap();
    assert!(!is_alive(pid), "two servers on one folder");
    assert_ne!(postmaster(folder.path()), pid);
    stopping.join().unwrap().unwrap();
    again.stop().unwrap();
}
