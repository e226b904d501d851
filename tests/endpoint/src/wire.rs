//! HTTP/1.1 as far as a test needs it, and as wrong as a test wants it.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One thing that is done with a connection. After the last one it is closed.
#[derive(Debug, Clone)]
pub enum Step {
    /// The head of a streamed answer.
    Head,
    /// A chunk of it.
    Send(String),
    /// As many chunks as there are bytes.
    ByteByByte(String),
    /// The same chunk again and again, with a pause between, until the reader hangs up.
    Repeat(Vec<u8>, Duration),
    /// Nothing for a while.
    Wait(Duration),
    /// Nothing ever again.
    Hang,
    /// The end of a streamed answer. Without it the connection breaks off.
    End,
    /// A whole answer: status line, further headers with their line ends, body.
    Whole(&'static str, &'static str, String),
    /// The head of the request comes back as a refusal.
    Echo,
}

impl Step {
    /// A whole answer of JSON.
    pub fn json(status: &'static str, body: impl ToString) -> Self {
        Self::Whole(status, "Content-Type: application/json\r\n", body.to_string())
    }

    /// A streamed answer of these texts, from its head to its end.
    pub fn stream(texts: &[&str]) -> Vec<Self> {
        let sent = texts.iter().map(|text| Self::Send((*text).to_owned()));
        std::iter::once(Self::Head).chain(sent).chain([Self::End]).collect()
    }
}

/// A request.
pub(crate) struct Request {
    pub path: String,
    /// The request line and the headers.
    pub head: String,
    pub body: Vec<u8>,
}

impl Request {
    /// Nothing where the other side hangs up.
    pub async fn read(stream: &mut TcpStream) -> Option<Self> {
        let mut bytes = Vec::new();
        let mut buffer = [0; 4096];
        let end = loop {
            let read = stream.read(&mut buffer).await.ok().filter(|read| *read > 0)?;
            bytes.extend_from_slice(&buffer[..read]);
            if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
        };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let mut body = bytes.split_off(end);
        let length = header(&head, "content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        while body.len() < length {
            let read = stream.read(&mut buffer).await.ok().filter(|read| *read > 0)?;
            body.extend_from_slice(&buffer[..read]);
        }
        Some(Self { path: head.split_whitespace().nth(1)?.to_owned(), head, body })
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    lines.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// Does the steps. Whether the reader hung up before the last one was done.
pub(crate) async fn play(stream: &mut TcpStream, steps: &[Step], request: &Request) -> bool {
    for step in steps {
        let is_there = match step {
            Step::Head => {
                let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
                stream.write_all(head.as_bytes()).await.is_ok()
            }
            Step::Send(text) => chunk(stream, text.as_bytes()).await,
            Step::ByteByByte(text) => {
                let mut is_there = true;
                for byte in text.as_bytes() {
                    is_there = is_there && chunk(stream, std::slice::from_ref(byte)).await;
                    tokio::task::yield_now().await;
                }
                is_there
            }
            Step::Repeat(bytes, pause) => {
                while chunk(stream, bytes).await {
                    tokio::time::sleep(*pause).await;
                }
                false
            }
            Step::Wait(time) => {
                tokio::time::sleep(*time).await;
                true
            }
            Step::Hang => std::future::pending().await,
            Step::End => stream.write_all(b"0\r\n\r\n").await.is_ok(),
            Step::Whole(status, headers, body) => whole(stream, status, headers, body).await,
            Step::Echo => whole(stream, "401 Unauthorized", "", &format!("wrong: {}", request.head)).await,
        };
        if !is_there {
            return true;
        }
    }
    false
}

async fn whole(stream: &mut TcpStream, status: &str, headers: &str, body: &str) -> bool {
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    stream.write_all((head + body).as_bytes()).await.is_ok()
}

async fn chunk(stream: &mut TcpStream, bytes: &[u8]) -> bool {
    let mut framed = format!("{:x}\r\n", bytes.len()).into_bytes();
    framed.extend_from_slice(bytes);
    framed.extend_from_slice(b"\r\n");
    stream.write_all(&framed).await.is_ok() && stream.flush().await.is_ok()
}
