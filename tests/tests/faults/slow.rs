//! Connections of one address that send slowly, or take slowly what they are sent.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use arena_tests::harness::{Arena, Options};
use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};

/// How many there are.
const CONNECTIONS: usize = 1200;
/// Every deadline is over by then.
const LONGEST: Duration = Duration::from_secs(120);

/// What is slow about a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Slow {
    /// A form of which only the beginning comes.
    Form,
    /// A form that comes byte by byte.
    Drip,
    /// Chunks that somebody waits for.
    Chunks,
    /// Chunks that nobody reads, for the request is refused by its head.
    UnreadChunks,
    /// A head without an end.
    Head,
    /// The same after a whole request.
    LaterHead,
    /// Nothing of the answers is taken.
    Reader,
}

const ALL: [Slow; 7] =
    [Slow::Form, Slow::Drip, Slow::Chunks, Slow::UnreadChunks, Slow::Head, Slow::LaterHead, Slow::Reader];

impl Slow {
    /// What is sent at once.
    fn beginning(self, token: &str) -> String {
        let form = "Host: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nprompt=";
        let chunks = "Host: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{\"\r\n";
        match self {
            Self::Form | Self::Drip => format!("POST /battle HTTP/1.1\r\n{form}"),
            Self::Chunks => format!("POST /api/v1/battles HTTP/1.1\r\nAuthorization: Bearer {token}\r\n{chunks}"),
            Self::UnreadChunks => format!("POST /api/v1/battles HTTP/1.1\r\n{chunks}"),
            Self::Head => "GET /leaderboard HTTP/1.1\r\nHost: x\r\nX-Slow: ".to_owned(),
            Self::LaterHead => "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
            Self::Reader => "GET /api/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n".repeat(12),
        }
    }

    /// Goes on until it is cut; how long that took, where it was.
    async fn go_on(self, mut connection: TcpStream) -> Option<Duration> {
        let began = Instant::now();
        if self == Self::Reader {
            sleep(Duration::from_secs(75)).await;
        }
        let mut answer = [0; 4096];
        if self == Self::LaterHead {
            _ = connection.read(&mut answer).await;
            _ = connection.write_all(b"GET /leaderboard HTTP/1.1\r\nX-Slow: ").await;
        }
        while began.elapsed() < LONGEST {
            match timeout(Duration::from_secs(3), connection.read(&mut answer)).await {
                Ok(Ok(0) | Err(_)) => return Some(began.elapsed()),
                Ok(Ok(_)) => {}
                // A byte that is sent to nobody is noticed when the next one is.
                Err(_) if self == Self::Drip => _ = connection.write_all(b"x").await,
                Err(_) => {}
            }
        }
        None
    }
}

async fn connect(arena: &Arena, slow: Slow, token: &str) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    if slow == Slow::Reader {
        socket.set_recv_buffer_size(4096)?;
    }
    let mut connection = socket.connect(arena.address()).await?;
    connection.write_all(slow.beginning(token).as_bytes()).await?;
    Ok(connection)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a campaign of two minutes"]
async fn slow_connections_of_one_address_stop_no_page_and_are_cut() {
    let arena = tokio::task::spawn_blocking(|| Arena::start(Options::bare())).await.expect("starts");
    let visitor = arena.visitor();
    let token = visitor.call("POST", "/api/v1/visitors", None).await.expect(201).json();
    let token = token["visitor"].as_str().expect("a token");
    let mut slow = Vec::new();
    for n in 0..CONNECTIONS {
        let kind = ALL[n % ALL.len()];
        slow.push((kind, connect(&arena, kind, token).await.expect("one more connection")));
    }
    let cut = tokio::spawn(join_all(slow.into_iter().map(async |(kind, open)| (kind, kind.go_on(open).await))));
    let (mut slowest, mut pages) = (Duration::ZERO, 0);
    while !cut.is_finished() {
        for path in ["/", "/battle", "/leaderboard", "/models", "/history", "/health/live"] {
            let began = Instant::now();
            visitor.get(path).await.expect(200);
            slowest = slowest.max(began.elapsed());
            pages += 1;
        }
        sleep(Duration::from_secs(1)).await;
    }
    println!("{CONNECTIONS} slow connections; the slowest of {pages} pages meanwhile took {slowest:?}");
    let mut by_kind: BTreeMap<Slow, (usize, usize, Duration)> = BTreeMap::new();
    for (kind, cut) in cut.await.expect("they end") {
        let (all, ended, longest) = by_kind.entry(kind).or_default();
        *all += 1;
        *ended += usize::from(cut.is_some());
        *longest = cut.unwrap_or(LONGEST).max(*longest);
    }
    for (kind, (all, ended, longest)) in &by_kind {
        println!("{kind:?}: {ended} of {all} were cut, the last after {longest:.1?}");
    }
    assert!(by_kind.values().all(|(all, ended, _)| all == ended));
    assert!(slowest < Duration::from_secs(10), "pages wait for slow connections");
}
