//! Connections that send slowly, from one address.

use std::time::{Duration, Instant};

use arena_tests::harness::{Arena, Options};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a campaign of a minute and more"]
async fn slow_connections_of_one_address_stop_no_page_and_are_cut() {
    let arena = tokio::task::spawn_blocking(|| Arena::start(Options::bare())).await.expect("starts");
    let mut slow = Vec::new();
    for n in 0..1200 {
        let Ok(mut connection) = TcpStream::connect(arena.address()).await else { continue };
        let head = match n % 3 {
            0 => {
                "POST /battle HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nprompt="
            }
            1 => {
                "POST /api/v1/battles HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{\"\r\n"
            }
            _ => "GET /leaderboard HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        };
        if connection.write_all(head.as_bytes()).await.is_ok() {
            slow.push(connection);
        }
    }
    let visitor = arena.visitor();
    let mut slowest = Duration::ZERO;
    for path in ["/", "/battle", "/leaderboard", "/models", "/history", "/health/live"] {
        let began = Instant::now();
        visitor.get(path).await.expect(200);
        slowest = slowest.max(began.elapsed());
    }
    println!("{} slow connections open; the slowest of six pages took {slowest:?}", slow.len());
    let (began, opened) = (Instant::now(), slow.len());
    let mut cut = 0;
    for mut connection in slow {
        let mut answer = Vec::new();
        let left = Duration::from_secs(90).saturating_sub(began.elapsed());
        cut += usize::from(tokio::time::timeout(left, connection.read_to_end(&mut answer)).await.is_ok());
    }
    println!("{cut} of {opened} were cut within {:?}", began.elapsed());
    assert_eq!(cut, opened);
}
