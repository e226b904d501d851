//! A stand-in of the Hugging Face hub: the listing of a repository, its small files, redirects of large ones to another host, and
//! all that can go wrong on the way.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

pub const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
/// Files as large as this are stored elsewhere, as large files are.
const LARGE: usize = 4096;
/// Pieces in which a slow host sends.
const PIECE: usize = 64 << 10;

/// A request that was made.
#[derive(Debug, Clone)]
pub struct Request {
    /// Whether the host of large files got it.
    pub is_elsewhere: bool,
    pub path: String,
    pub range: Option<String>,
    pub authorization: Option<String>,
}

/// What the hub has, and what it does wrong.
#[derive(Default)]
pub struct State {
    /// By name: files by path.
    pub repositories: BTreeMap<String, BTreeMap<String, Vec<u8>>>,
    /// A repository's refusal: a status, and the code that the hub tells.
    pub refusals: BTreeMap<String, (u16, &'static str)>,
    /// The token that everything needs.
    pub token: Option<&'static str>,
    /// The status of so many next requests.
    pub busy: (usize, u16),
    /// After so many bytes the next answers with large files end, each one time.
    pub cuts: Vec<usize>,
    /// After so many bytes the next answers with large files stay silent, each one time.
    pub hangs: Vec<usize>,
    /// Large files come with a changed byte.
    pub damages: bool,
    /// The host of large files knows no ranges.
    pub ignores_ranges: bool,
    /// The wait before each piece of a large file.
    pub pace: Duration,
    /// A size that is told in place of the true one.
    pub told_size: Option<u64>,
    pub requests: Vec<Request>,
}

/// The hub, until it is dropped with the test's process.
pub struct StandIn {
    pub url: String,
    state: Arc<Mutex<State>>,
}

impl StandIn {
    /// Starts with one repository.
    pub fn with(name: &str, files: impl IntoIterator<Item = (impl Into<String>, Vec<u8>)>) -> Self {
        let hub = Self::start();
        hub.add(name, files);
        hub
    }

    /// Starts with nothing.
    pub fn start() -> Self {
        let state = Arc::<Mutex<State>>::default();
        let [hub, elsewhere] = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").expect("a port"));
        let port = |listener: &TcpListener| listener.local_addr().expect("an address").port();
        let (url, other) = (format!("http://127.0.0.1:{}", port(&hub)), port(&elsewhere));
        for (listener, is_elsewhere) in [(hub, false), (elsewhere, true)] {
            let state = Arc::clone(&state);
            std::thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    let state = Arc::clone(&state);
                    std::thread::spawn(move || answer(stream, &state, is_elsewhere, other));
                }
            });
        }
        Self { url, state }
    }

    pub fn add(&self, name: &str, files: impl IntoIterator<Item = (impl Into<String>, Vec<u8>)>) {
        let files = files.into_iter().map(|(path, bytes)| (path.into(), bytes)).collect();
        self.state().repositories.insert(name.to_owned(), files);
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic")
    }

    /// The requests since the last call.
    pub fn requests(&self) -> Vec<Request> {
        std::mem::take(&mut self.state().requests)
    }

    /// Those of them for large files.
    pub fn downloads(&self) -> Vec<Request> {
        self.requests().into_iter().filter(|request| request.is_elsewhere).collect()
    }
}

pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn read(stream: &TcpStream, is_elsewhere: bool) -> Option<Request> {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let mut request = Request { is_elsewhere, path, range: None, authorization: None };
    for line in lines.take_while(|line| !line.is_empty()) {
        let (name, value) = line.split_once(": ")?;
        match name.to_ascii_lowercase().as_str() {
            "range" => request.range = Some(value.to_owned()),
            "authorization" => request.authorization = Some(value.to_owned()),
            _ => {}
        }
    }
    Some(request)
}

/// Writes an answer's head, and what comes with it.
fn put(mut stream: &TcpStream, status: &str, headers: &str, body: &[u8]) {
    let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
}

fn answer(stream: TcpStream, state: &Mutex<State>, is_elsewhere: bool, other: u16) {
    let Some(request) = read(&stream, is_elsewhere) else { return };
    let mut state = state.lock().expect("no panic");
    state.requests.push(request.clone());
    if state.busy.0 > 0 {
        state.busy.0 -= 1;
        return put(&stream, &format!("{} Busy", state.busy.1), "", b"");
    }
    if is_elsewhere {
        return send(&stream, state, &request);
    }
    if state.token.is_some_and(|token| request.authorization != Some(format!("Bearer {token}"))) {
        let code = if request.authorization.is_some() { "" } else { "X-Error-Code: RepoNotFound\r\n" };
        return put(&stream, "401 Unauthorized", code, b"");
    }
    let path = request.path.split('?').next().unwrap_or_default().trim_start_matches('/').to_owned();
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        ["api", "models", owner, name, "revision", revision] => {
            let name = format!("{owner}/{name}");
            if let Some((status, code)) = state.refusals.get(&name) {
                return put(&stream, &format!("{status} No"), &format!("X-Error-Code: {code}\r\n"), b"");
            }
            match state.repositories.get(&name) {
                None => put(&stream, "401 Unauthorized", "X-Error-Code: RepoNotFound\r\n", b"{}"),
                Some(_) if !["main", COMMIT].contains(revision) => {
                    put(&stream, "404 Not Found", "X-Error-Code: RevisionNotFound\r\n", b"{}");
                }
                Some(files) => {
                    let siblings: Vec<Value> =
                        files.iter().map(|(path, bytes)| sibling(path, bytes, state.told_size)).collect();
                    let body = json!({ "id": name, "sha": COMMIT, "siblings": siblings }).to_string();
                    put(&stream, "200 OK", "Content-Type: application/json\r\n", body.as_bytes());
                }
            }
        }
        [owner, name, "resolve", COMMIT, file @ ..] => {
            let files = state.repositories.get(&format!("{owner}/{name}"));
            match files.and_then(|files| files.get(&file.join("/"))) {
                None => put(&stream, "404 Not Found", "X-Error-Code: EntryNotFound\r\n", b""),
                Some(bytes) if bytes.len() >= LARGE => {
                    let to = format!("Location: http://127.0.0.1:{other}/{owner}/{name}/{}\r\n", file.join("/"));
                    put(&stream, "302 Found", &to, b"");
                }
                Some(bytes) => put(&stream, "200 OK", "", bytes),
            }
        }
        _ => put(&stream, "404 Not Found", "", b""),
    }
}

/// What a listing says of a file.
fn sibling(path: &str, bytes: &[u8], told_size: Option<u64>) -> Value {
    let size = told_size.unwrap_or(bytes.len() as u64);
    // The hub names small files by Git's sum; any name does here.
    let blob = &sha256(bytes)[..40];
    match bytes.len() {
        LARGE.. => {
            json!({ "rfilename": path, "size": size, "blobId": blob, "lfs": { "sha256": sha256(bytes), "size": size } })
        }
        _ => json!({ "rfilename": path, "size": size, "blobId": blob }),
    }
}

/// Sends a large file, or the rest of it that is asked for.
fn send(mut stream: &TcpStream, mut state: MutexGuard<'_, State>, request: &Request) {
    let path = request.path.trim_start_matches('/');
    let (at, _) = path.match_indices('/').nth(1).expect("a file");
    let mut bytes = state.repositories[&path[..at]][&path[at + 1..]].clone();
    if state.damages {
        bytes[LARGE / 2] ^= 1;
    }
    let range = request.range.as_ref().filter(|_| !state.ignores_ranges);
    let start = range.and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()).unwrap_or(0);
    let (cut, hang) = (state.cuts.pop(), state.hangs.pop());
    let pace = state.pace;
    drop(state);
    let (all, rest) = (bytes.len(), &bytes[start..]);
    let status = if range.is_some() { "206 Partial Content" } else { "200 OK" };
    let range = range.map(|_| format!("Content-Range: bytes {start}-{}/{all}\r\n", all - 1)).unwrap_or_default();
    let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\n{range}Content-Length: {}\r\n\r\n", rest.len());
    let _ = stream.write_all(head.as_bytes());
    let rest = &rest[..cut.or(hang).unwrap_or(rest.len()).min(rest.len())];
    for piece in rest.chunks(PIECE) {
        std::thread::sleep(pace);
        if stream.write_all(piece).is_err() {
            return;
        }
    }
    if hang.is_some() {
        std::thread::sleep(Duration::from_secs(20));
    }
}
