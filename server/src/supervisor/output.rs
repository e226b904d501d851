//! What a worker writes: its log lines go to ours, and the last ones are kept for the administrator.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt};

/// Lines kept.
const LINES: usize = 30;
/// Bytes kept of one line.
const LINE_BYTES: usize = 2000;

/// The last lines of a worker, over its restarts.
#[derive(Clone, Default)]
pub(super) struct Tail(Arc<Mutex<VecDeque<String>>>);

impl Tail {
    pub(super) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn push(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    }
}

/// Reads a worker's standard error to its end.
pub(super) async fn forward(device: String, from: impl AsyncRead + Unpin, tail: Tail) {
    each_line(from, |line| {
        let (level, text) = understand(line);
        match level {
            Level::Error => tracing::error!(target: "arena_server::inference_server", device, "{text}"),
            Level::Warn => tracing::warn!(target: "arena_server::inference_server", device, "{text}"),
            Level::Info => tracing::info!(target: "arena_server::inference_server", device, "{text}"),
            Level::Debug => tracing::debug!(target: "arena_server::inference_server", device, "{text}"),
        }
        if level != Level::Debug {
            tail.push(text);
        }
    })
    .await;
}

/// Calls `take` with each line until the output ends. Own, because a codec that bounds lines drops what is too long and
/// gives up at bytes that are no UTF-8; the beginning of a panic's long line is worth keeping.
pub(super) async fn each_line(mut from: impl AsyncRead + Unpin, mut take: impl FnMut(&str)) {
    let mut buffer = [0; 4096];
    let mut line: Vec<u8> = Vec::new();
    loop {
        let read = match from.read(&mut buffer).await {
            Ok(read) if read > 0 => read,
            _ => break,
        };
        for byte in &buffer[..read] {
            match byte {
                b'\n' => {
                    take(String::from_utf8_lossy(&line).trim_end());
                    line.clear();
                }
                // What is longer is cut: a broken worker must not fill the memory of the service.
                _ if line.len() < LINE_BYTES => line.push(*byte),
                _ => {}
            }
        }
    }
    if !line.is_empty() {
        take(String::from_utf8_lossy(&line).trim_end());
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Error,
    Warn,
    Info,
    Debug,
}

/// A worker logs JSON objects; what is not one comes from a panic, a library or the driver.
fn understand(line: &str) -> (Level, String) {
    let Ok(serde_json::Value::Object(mut fields)) = serde_json::from_str(line) else {
        return (Level::Warn, line.to_owned());
    };
    let level = match fields.get("level").and_then(|level| level.as_str()) {
        Some("ERROR") => Level::Error,
        Some("WARN") => Level::Warn,
        Some("INFO") => Level::Info,
        _ => Level::Debug,
    };
    let mut text = match fields.remove("message") {
        Some(serde_json::Value::String(message)) => message,
        _ => String::new(),
    };
    for (name, value) in &fields {
        if !matches!(name.as_str(), "timestamp" | "level" | "target" | "span" | "spans") {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            text.push_str(&format!(" {name}={value}"));
        }
    }
    (level, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_objects_become_lines_and_other_lines_stay() {
        let line = r#"{"timestamp":"t","level":"ERROR","target":"x","message":"cannot load","model":"m","error":"no"}"#;
        assert_eq!(understand(line), (Level::Error, "cannot load error=no model=m".to_owned()));
        assert_eq!(understand("thread panicked"), (Level::Warn, "thread panicked".to_owned()));
    }

    #[tokio::test]
    async fn the_tail_is_bounded_in_lines_and_in_bytes() {
        let tail = Tail::default();
        let text = format!("{}\n{}", "x".repeat(9000), "line\n".repeat(100));
        forward("cpu".into(), text.as_bytes(), tail.clone()).await;
        assert_eq!(tail.lines().len(), LINES);
        let tail = Tail::default();
        forward("cpu".into(), &text.as_bytes()[..9001], tail.clone()).await;
        assert_eq!(tail.lines()[0].len(), LINE_BYTES);
    }
}
