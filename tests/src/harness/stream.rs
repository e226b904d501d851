//! A reader of server-sent events.

use std::time::Duration;

use futures_util::StreamExt;

use super::{Client, PATIENCE};

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Event {
    /// Its id, for `Last-Event-ID`.
    pub id: Option<String>,
    /// Its name; `message` where none is given.
    pub name: String,
    /// Its data.
    pub data: String,
}

impl Event {
    /// The data as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.data).unwrap_or_else(|error| panic!("{self:?} is not JSON: {error}"))
    }
}

impl Client {
    /// Opens an event stream, from after `last` where given.
    pub async fn stream(&self, path: &str, last: Option<&str>) -> EventStream {
        EventStream::open(self, path, last).await
    }
}

/// An open stream. Dropping it cuts the connection.
pub struct EventStream {
    client: Client,
    body: std::pin::Pin<Box<dyn futures_util::Stream<Item = reqwest::Result<bytes::Bytes>> + Send>>,
    buffer: Vec<u8>,
    /// The status of the answer.
    pub status: u16,
    /// The content type of the answer.
    pub content_type: String,
    last: Option<String>,
}

impl EventStream {
    pub(super) async fn open(client: &Client, path: &str, last: Option<&str>) -> Self {
        let mut request = client.request("GET", path).header("accept", "text/event-stream");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = request.send().await.unwrap_or_else(|error| panic!("{path}: {error:?}"));
        client.take_cookies(&response);
        client.note(&format!("{} {path} {:?}", response.status(), response.headers()));
        let content_type = response
            .headers()
            .get("content-type")
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .unwrap_or_default();
        Self {
            client: client.clone(),
            status: response.status().as_u16(),
            content_type,
            body: Box::pin(response.bytes_stream()),
            buffer: Vec::new(),
            last: last.map(str::to_owned),
        }
    }

    /// The id after which a new stream would go on.
    pub fn last_id(&self) -> Option<&str> {
        self.last.as_deref()
    }

    /// The next event; `None` at the end of the stream. Fails when nothing at all comes for [`PATIENCE`].
    pub async fn next(&mut self) -> Option<Event> {
        self.next_within(PATIENCE).await.expect("the stream hangs: nothing came in time")
    }

    /// The next event within a time; `Err` when none came.
    pub async fn next_within(&mut self, patience: Duration) -> Result<Option<Event>, tokio::time::error::Elapsed> {
        tokio::time::timeout(patience, async {
            loop {
                if let Some(event) = self.take_event() {
                    // A comment or a lone `retry:` is no event.
                    if event.data.is_empty() && event.id.is_none() && event.name == "message" {
                        continue;
                    }
                    return Some(event);
                }
                match self.body.next().await {
                    Some(Ok(bytes)) => self.buffer.extend_from_slice(&bytes),
                    Some(Err(_)) | None => return None,
                }
            }
        })
        .await
    }

    /// All events until the stream ends.
    pub async fn rest(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }

    /// Cuts the first whole event out of the buffer.
    fn take_event(&mut self) -> Option<Event> {
        let end = self.buffer.windows(2).position(|pair| pair == b"\n\n")?;
        let block: Vec<u8> = self.buffer.drain(..end + 2).collect();
        let block = String::from_utf8_lossy(&block).into_owned();
        self.client.note(&block);
        let event = parse(&block);
        if event.id.is_some() {
            self.last.clone_from(&event.id);
        }
        Some(event)
    }
}

fn parse(block: &str) -> Event {
    let mut event = Event { name: "message".to_owned(), ..Event::default() };
    let mut data = Vec::new();
    for line in block.lines() {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" => event.id = Some(value.to_owned()),
            "event" => event.name = value.to_owned(),
            "data" => data.push(value),
            _ => {}
        }
    }
    event.data = data.join("\n");
    event
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_read_with_its_name_id_and_lines() {
        let event = parse("id: 7\nevent: delta\ndata: a\ndata:  b\n: comment\n\n");
        assert_eq!(event, Event { id: Some("7".into()), name: "delta".into(), data: "a\n b".into() });
        assert_eq!(parse(": ping\n\n").data, "");
    }
}
