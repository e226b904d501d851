//! Requests as the OpenAPI document describes them, and next to it: right shapes with odd values, wrong types, missing and
//! additional fields. Whatever comes, the arena answers, and never with a fault of its own.

use std::collections::BTreeMap;
use std::time::Instant;

use arena_tests::harness::{Arena, Client, Form, Options};
use serde_json::{Map, Value, json};

use crate::visitors::{new_visitor, register};
use crate::{length, next};

const TEXTS: &[&str] = &[
    "",
    "a",
    "b",
    "tie",
    "battle",
    "direct",
    "left",
    "hello",
    "诗",
    "\u{0}",
    "\u{202e}",
    "-1",
    "1e999",
    "null",
    "'; --",
    "../..",
    "zh",
    "0190d9c4-0000-7000-8000-000000000000",
    "http://127.0.0.1:1/v1",
    "http://169.254.169.254/",
    "/etc/passwd",
    "9999-12-31T23:59:59Z",
];

struct Maker<'a> {
    document: &'a Value,
    seed: u64,
    /// Ids that exist, so that some requests meet something.
    known: Vec<String>,
}

impl Maker<'_> {
    fn is(&mut self, one_in: u64) -> bool {
        next(&mut self.seed).is_multiple_of(one_in)
    }

    fn text(&mut self) -> String {
        if self.is(3)
            && let Some(known) = self.known.last()
        {
            return known.clone();
        }
        let text = TEXTS[next(&mut self.seed) as usize % TEXTS.len()];
        if self.is(40) { text.repeat(5000) } else { text.to_owned() }
    }

    /// A value of a schema; one in some is of another.
    fn value(&mut self, schema: &Value, depth: usize) -> Value {
        if depth > 8 || self.is(25) {
            let odd =
                [json!(null), json!(true), json!([]), json!({}), json!(-1), json!(1e300), json!("x"), json!(u64::MAX)];
            return odd[next(&mut self.seed) as usize % odd.len()].clone();
        }
        if let Some(path) = schema["$ref"].as_str() {
            let document = self.document;
            return self.value(document.pointer(path.trim_start_matches('#')).unwrap_or(&Value::Null), depth + 1);
        }
        for key in ["oneOf", "anyOf"] {
            if let Some(one) = schema[key].as_array().filter(|all| !all.is_empty()) {
                let at = next(&mut self.seed) as usize % one.len();
                return self.value(&one[at], depth + 1);
            }
        }
        if let Some(all) = schema["allOf"].as_array() {
            let mut whole = Map::new();
            for part in all {
                if let Value::Object(part) = self.value(part, depth + 1) {
                    whole.extend(part);
                }
            }
            return Value::Object(whole);
        }
        if let Some(values) = schema["enum"].as_array().filter(|values| !values.is_empty()) {
            return values[next(&mut self.seed) as usize % values.len()].clone();
        }
        let kind = match &schema["type"] {
            Value::Array(kinds) => kinds[next(&mut self.seed) as usize % kinds.len().max(1)].clone(),
            one => one.clone(),
        };
        match kind.as_str() {
            Some("object") => {
                let mut object = Map::new();
                for (name, field) in schema["properties"].as_object().into_iter().flatten() {
                    if !self.is(10) {
                        object.insert(name.clone(), self.value(field, depth + 1));
                    }
                }
                if self.is(15) {
                    object.insert(self.text(), json!(1));
                }
                Value::Object(object)
            }
            Some("array") => (0..next(&mut self.seed) % 4).map(|_| self.value(&schema["items"], depth + 1)).collect(),
            Some("integer") => {
                let ends = [0, 1, -1, 7, 50, i64::MAX, i64::MIN];
                json!(ends[next(&mut self.seed) as usize % ends.len()])
            }
            Some("number") => {
                let ends = [0.0, 0.7, 1.0, -1.0, 1e30, 5e-324];
                json!(ends[next(&mut self.seed) as usize % ends.len()])
            }
            Some("boolean") => json!(self.is(2)),
            _ => json!(self.text()),
        }
    }

    /// The path with its parameters, and a query.
    fn path(&mut self, path: &str, operation: &Value) -> String {
        let mut path = path.to_owned();
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let Some(name) = parameter["name"].as_str() else { continue };
            let value = match self.value(&parameter["schema"], 0) {
                Value::String(text) => text,
                other => other.to_string(),
            };
            if parameter["in"] == "path" {
                let coded: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
                path = path.replace(&format!("{{{name}}}"), &coded);
            } else if !self.is(3) {
                query.append_pair(name, &value);
            }
        }
        let query = query.finish();
        if query.is_empty() { path } else { format!("{path}?{query}") }
    }
}

/// The token of an administrator's program.
async fn administrator(arena: &Arena) -> String {
    let client = arena.visitor();
    let link = arena.admin_link();
    let path = link.split_once("/admin/").map(|(_, rest)| format!("/admin/{rest}")).expect("a path");
    let form = client.get(&path).await.form("to become the administrator", |form| form.has("password"));
    let password = "ten small boats at sea";
    let form = form.with("name", "ada").with("password", password).with("again", password);
    client.submit(&Form { action: path, ..form }, None).await.expect(200);
    let form = client.get("/admin/tokens").await.form("to make a token", |form| form.has("label"));
    let page = client.submit(&form.with("label", "fuzz"), None).await.expect(200);
    let token = page.text.split("<code>").nth(1).and_then(|rest| rest.split("</code>").next()).expect("a token");
    token.to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a campaign of a minute and more"]
async fn requests_made_from_the_document_are_never_answered_with_a_fault_of_ours() {
    let arena = tokio::task::spawn_blocking(|| Arena::start(Options::bare())).await.expect("starts");
    let store = arena.store().await;
    let _endpoint = register(&store).await;
    let admin = arena.visitor().header("authorization", &format!("Bearer {}", administrator(&arena).await));
    let document = arena.visitor().fetch("/api/openapi.json").await.json();
    let operations: Vec<(String, String, Value)> = document["paths"]
        .as_object()
        .expect("paths")
        .iter()
        .flat_map(|(path, methods)| {
            methods.as_object().into_iter().flatten().map(move |(method, one)| (path, method, one))
        })
        .map(|(path, method, one)| (path.clone(), method.to_uppercase(), one.clone()))
        .collect();
    let visitor: Client = new_visitor(arena.address()).await.expect("a visitor");
    let mut maker = Maker { document: &document, seed: 11, known: Vec::new() };
    let (began, mut counts, mut faults) = (Instant::now(), BTreeMap::<u16, u64>::new(), Vec::new());
    let mut called = BTreeMap::<&str, u64>::new();
    while began.elapsed() < length() {
        let (path, method, operation) = &operations[next(&mut maker.seed) as usize % operations.len()];
        let url = maker.path(path, operation);
        let client = if path.contains("/admin/") { &admin } else { &visitor };
        let mut request = client.request(method, &url);
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        let body = (!schema.is_null()).then(|| maker.value(schema, 0));
        if let Some(body) = &body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let Ok(response) = request.timeout(std::time::Duration::from_secs(60)).send().await else { continue };
        let status = response.status().as_u16();
        *counts.entry(status).or_default() += 1;
        *called.entry(path).or_default() += 1;
        if status >= 500 && status != 503 {
            faults.push(format!("{status} {method} {url} {body:?}"));
        }
        // A stream need not be read to its end.
        if status == 201
            && let Ok(made) = response.json::<Value>().await
            && let Some(id) = made["id"].as_str()
        {
            maker.known.push(id.to_owned());
        }
    }
    println!("{} requests to {} operations in {:?}", counts.values().sum::<u64>(), operations.len(), began.elapsed());
    println!("by status: {counts:?}");
    assert!(faults.is_empty(), "{faults:#?}");
    assert!(called.len() > operations.len() / 2, "{called:?}");
    visitor.get("/leaderboard").await.expect(200);
}
