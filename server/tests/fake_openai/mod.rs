//! An OpenAI-compatible server that misbehaves on purpose. It speaks HTTP by hand, because a proper
//! server library would keep it from cutting characters, lines and connections in two.
//!
//! The requested model's name chooses the behaviour.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

/// What the server has seen.
#[derive(Default)]
pub struct Seen {
    /// Requests for answers.
    pub requests: AtomicUsize,
    /// Answers whose reader hung up.
    pub hung_up: AtomicUsize,
}

/// A running fake. It stops with the test's runtime.
pub struct Fake {
    pub address: SocketAddr,
    pub seen: Arc<Seen>,
}

impl Fake {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Seen::default());
        let shared = seen.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, shared.clone()));
            }
        });
        Self { address, seen }
    }

    pub fn base(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    pub fn requests(&self) -> usize {
        self.seen.requests.load(Ordering::SeqCst)
    }
}

/// A chunk as vLLM writes it.
pub fn chunk(text: &str) -> String {
    let choice = serde_json::json!({"index": 0, "delta": {"content": text}, "finish_reason": null});
    format!("data: {}\n\n", serde_json::json!({"id": "x", "object": "chat.completion.chunk", "choices": [choice]}))
}

const ROLE: &str =
    "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":null},\"finish_reason\":null}]}\n\n";
const STOP: &str = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
const USAGE: &str = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":7}}\n\n";
const DONE: &str = "data: [DONE]\n\n";

/// The same for ever, as fast as it is read.
async fn repeat(stream: &mut TcpStream, event: &str) {
    head(stream).await;
    while piece(stream, event.as_bytes()).await {}
}

async fn serve(mut stream: TcpStream, seen: Arc<Seen>) {
    let Some((path, headers, body)) = read_request(&mut stream).await else { return };
    if path.ends_with("/models") {
        let list = r#"{"object":"list","data":[{"id":"good"},{"id":"whole"}]}"#;
        return plain(&mut stream, "200 OK", "", list).await;
    }
    if !path.ends_with("/v1/chat/completions") {
        return plain(&mut stream, "404 Not Found", "", "404 page not found").await;
    }
    let count = seen.requests.fetch_add(1, Ordering::SeqCst);
    let body: Value = serde_json::from_slice(&body).unwrap();
    let answer = chunk("春眠") + &chunk("不觉晓");
    match body["model"].as_str().unwrap() {
        "good" => events(&mut stream, &[ROLE, &answer, STOP, USAGE, DONE]).await,
        "cut" => {
            let text = (ROLE.to_owned() + &answer + STOP + USAGE + DONE).replace('\n', "\r\n");
            head(&mut stream).await;
            for byte in text.as_bytes() {
                piece(&mut stream, std::slice::from_ref(byte)).await;
                tokio::task::yield_now().await;
            }
            let _ = stream.write_all(b"0\r\n\r\n").await;
        }
        "no-done" => events(&mut stream, &[&answer, STOP]).await,
        "no-end" => events(&mut stream, &[&answer]).await,
        "lingers" => {
            head(&mut stream).await;
            piece(&mut stream, (answer + STOP).as_bytes()).await;
            sleep(Duration::from_secs(60)).await;
        }
        "whole" => {
            let json = r#"{"choices":[{"message":{"role":"assistant","content":"春眠不觉晓"},"finish_reason":"length"}],"usage":{"prompt_tokens":5,"completion_tokens":7}}"#;
            plain(&mut stream, "200 OK", "", json).await;
        }
        "thinks" => {
            let thought = "data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"hm\"}}]}\n\n";
            events(&mut stream, &[ROLE, thought, thought, &answer, STOP, DONE]).await;
        }
        "thinks-twice" => {
            let both = "data: {\"choices\":[{\"delta\":{\"reasoning\":\"hm\",\"reasoning_content\":\"hm\",\"content\":null}}]}\n\n";
            let none = "data: {\"choices\":[{\"delta\":{\"reasoning\":null,\"reasoning_content\":null,\"content\":\"\"}}]}\n\n";
            events(&mut stream, &[ROLE, both, none, both, &answer, none, STOP, DONE]).await;
        }
        "thinks-in-text" => {
            let pieces: Vec<String> = ["<th", "ink>hm</think", ">\n\n春眠", "不觉晓"].map(chunk).into();
            events(&mut stream, &[ROLE, &pieces[0], &pieces[1], &pieces[2], &pieces[3], STOP, DONE]).await;
        }
        // The template opened the thinking.
        "thinks-unopened" => {
            let pieces: Vec<String> = ["I think,", " so\n</thi", "nk>\n\n", "春眠不觉晓"].map(chunk).into();
            events(&mut stream, &[ROLE, &pieces[0], &pieces[1], &pieces[2], &pieces[3], STOP, DONE]).await;
        }
        "halves" => {
            let first = r#"data: {"choices":[{"delta":{"content":"a\ud83d"}}]}"#.to_owned() + "\n\n";
            let second = r#"data: {"choices":[{"delta":{"content":"\ude00b\ud83d"}}]}"#.to_owned() + "\n\n";
            events(&mut stream, &[ROLE, &first, &second, STOP, DONE]).await;
        }
        "chats-beside" => {
            let beside = ["{\"prompt_progress\":{}}", "{\"choices\":null,\"x\":1}", "[1]", "null", "\"hi\""];
            let beside: String = beside.iter().map(|json| format!("data: {json}\n\n")).collect();
            events(&mut stream, &[ROLE, &beside, &answer, &beside, STOP, &beside, DONE]).await;
        }
        "strange" => events(&mut stream, &["data: {\"hello\":1}\n\n", DONE]).await,
        "filtered" | "filtered-all" => {
            let end = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"content_filter\"}]}\n\n";
            let said = if body["model"] == "filtered" { answer.as_str() } else { ROLE };
            events(&mut stream, &[ROLE, said, end, DONE]).await;
        }
        "script" => events(&mut stream, &[&chunk("<script>alert(1)</script>"), STOP, DONE]).await,
        "floods" => repeat(&mut stream, &chunk("word ")).await,
        "floods-text" => repeat(&mut stream, &chunk(&"a long piece ".repeat(500))).await,
        "floods-thoughts" => {
            repeat(&mut stream, "data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"hm\"}}]}\n\n").await;
        }
        "letters" => {
            let letters = "abcdefghij".repeat(40).chars().map(|c| chunk(&c.to_string())).collect::<String>();
            events(&mut stream, &[&letters, STOP, DONE]).await;
        }
        "hang" => sleep(Duration::from_secs(60)).await,
        "pings" => {
            head(&mut stream).await;
            piece(&mut stream, ROLE.as_bytes()).await;
            while piece(&mut stream, b": ping\n\n").await {
                sleep(Duration::from_millis(20)).await;
            }
        }
        "stops" => {
            head(&mut stream).await;
            piece(&mut stream, answer.as_bytes()).await;
            sleep(Duration::from_secs(60)).await;
        }
        "resets" => {
            head(&mut stream).await;
            piece(&mut stream, answer.as_bytes()).await;
        }
        "resets-first" if count == 0 => head(&mut stream).await,
        "fails" => {
            let error = "data: {\"error\":{\"message\":\"CUDA out of memory. Tried to allocate\",\"code\":500}}\n\n";
            events(&mut stream, &[&answer, error]).await;
        }
        "drips" => {
            head(&mut stream).await;
            while piece(&mut stream, chunk("滴").as_bytes()).await {
                sleep(Duration::from_millis(20)).await;
            }
            seen.hung_up.fetch_add(1, Ordering::SeqCst);
        }
        "gigantic" => {
            head(&mut stream).await;
            piece(&mut stream, b"data: ").await;
            let block = vec![b'x'; 1 << 20];
            while piece(&mut stream, &block).await {}
            seen.hung_up.fetch_add(1, Ordering::SeqCst);
        }
        "busy" if count < 2 => plain(&mut stream, "503 Service Unavailable", "Retry-After: 0\r\n", "busy").await,
        "waits" => plain(&mut stream, "429 Too Many Requests", "Retry-After: 3600\r\n", "slow down").await,
        "page" => plain(&mut stream, "200 OK", "", "<!doctype html><title>Sign in</title>").await,
        "redirects" => plain(&mut stream, "302 Found", "Location: http://127.0.0.1:1/\r\n", "").await,
        "echoes" => plain(&mut stream, "401 Unauthorized", "", &format!("wrong: {headers}")).await,
        "long" => {
            let error = r#"{"error":{"code":400,"message":"the request exceeds the available context size","type":"exceed_context_size_error"}}"#;
            plain(&mut stream, "400 Bad Request", "", error).await;
        }
        "old" if body.get("stream_options").is_some() => {
            plain(&mut stream, "400 Bad Request", "", r#"{"detail":"Unknown field: stream_options"}"#).await;
        }
        "busy" | "old" | "resets-first" => events(&mut stream, &[&answer, STOP, DONE]).await,
        other => {
            let error = format!(r#"{{"error":{{"message":"The model `{other}` does not exist."}}}}"#);
            plain(&mut stream, "404 Not Found", "", &error).await;
        }
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<(String, String, Vec<u8>)> {
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
    let length = head
        .lines()
        .find_map(|line| line.to_lowercase().strip_prefix("content-length:").map(|n| n.trim().to_owned()))
        .map_or(0, |length| length.parse().unwrap());
    let mut body = bytes.split_off(end);
    while body.len() < length {
        let read = stream.read(&mut buffer).await.ok().filter(|read| *read > 0)?;
        body.extend_from_slice(&buffer[..read]);
    }
    let path = head.split_whitespace().nth(1)?.to_owned();
    Some((path, head, body))
}

async fn plain(stream: &mut TcpStream, status: &str, headers: &str, body: &str) {
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    let _ = stream.write_all((head + body).as_bytes()).await;
}

async fn head(stream: &mut TcpStream) {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    let _ = stream.write_all(head.as_bytes()).await;
}

async fn piece(stream: &mut TcpStream, bytes: &[u8]) -> bool {
    let mut framed = format!("{:x}\r\n", bytes.len()).into_bytes();
    framed.extend_from_slice(bytes);
    framed.extend_from_slice(b"\r\n");
    stream.write_all(&framed).await.is_ok() && stream.flush().await.is_ok()
}

async fn events(stream: &mut TcpStream, texts: &[&str]) {
    head(stream).await;
    for text in texts {
        piece(stream, text.as_bytes()).await;
    }
    let _ = stream.write_all(b"0\r\n\r\n").await;
}
