//! `arena worker` as an OpenAI-compatible server: the real process over a real model.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

#[path = "worker_support/process.rs"]
mod process;
mod worker_support;

use std::process::Stdio;
use std::time::{Duration, Instant};

use async_openai::types::chat::{CreateChatCompletionResponse, CreateChatCompletionStreamResponse, FinishReason};
use futures_util::StreamExt;
use process::{TOKEN, Worker};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;
use worker_support::{arena, until};

/// A request for an answer that takes as many tokens as the context has room for.
fn long() -> Value {
    json!({
        "model": "verse",
        "messages": [{"role": "user", "content": "春"}],
        "max_tokens": 200,
        "ignore_eos": true,
        "stream": true,
    })
}

async fn error_of(response: reqwest::Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    let error = body["error"].clone();
    assert!(error["message"].is_string() && error["type"].is_string() && error.get("param").is_some(), "{body}");
    (status, error)
}

#[tokio::test]
async fn answers_have_the_shapes_of_openai_s_own_types() {
    let worker = Worker::start(&[]).await;
    let mut body = json!({
        "model": "verse",
        "messages": [{"role": "user", "content": [{"type": "text", "text": "写一首春天的诗"}]}],
        "temperature": 0, "max_completion_tokens": 6, "logprobs": true, "top_logprobs": 2,
    });
    let whole = worker.post("/v1/chat/completions", &body).await;
    let whole: CreateChatCompletionResponse = whole.json().await.unwrap();
    let choice = &whole.choices[0];
    let text = choice.message.content.clone().unwrap();
    assert!(text.chars().any(|c| c >= '\u{4e00}'), "{text}");
    assert_eq!(choice.finish_reason, Some(FinishReason::Length));
    let logprobs = choice.logprobs.as_ref().unwrap().content.as_ref().unwrap();
    assert_eq!((logprobs.len(), logprobs[0].top_logprobs.len()), (6, 2));
    assert_eq!(logprobs[0].logprob, logprobs[0].top_logprobs[0].logprob, "greedy takes the likeliest");
    assert_eq!(whole.usage.as_ref().unwrap().completion_tokens, 6);

    body["stream"] = json!(true);
    body["stream_options"] = json!({"include_usage": true});
    let response = worker.post("/v1/chat/completions", &body).await;
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/event-stream"));
    let stream = response.text().await.unwrap();
    let chunks: Vec<&str> = stream.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
    assert_eq!(chunks.last(), Some(&"[DONE]"));
    let chunks: Vec<CreateChatCompletionStreamResponse> =
        chunks[..chunks.len() - 1].iter().map(|chunk| serde_json::from_str(chunk).unwrap()).collect();
    let streamed: String =
        chunks.iter().flat_map(|c| &c.choices).filter_map(|choice| choice.delta.content.clone()).collect();
    assert_eq!(streamed, text, "the same greedy answer, in pieces");
    let usage = chunks.last().unwrap().usage.as_ref().unwrap();
    assert_eq!((usage.completion_tokens, usage.prompt_tokens), (6, whole.usage.unwrap().prompt_tokens));

    let completion = worker.post("/v1/completions", &json!({"model": "verse", "prompt": "春", "logprobs": 1})).await;
    let completion: Value = completion.json().await.unwrap();
    assert_eq!(completion["object"], "text_completion");
    let choice = &completion["choices"][0];
    assert_eq!(
        choice["logprobs"]["tokens"].as_array().unwrap().len(),
        choice["logprobs"]["text_offset"].as_array().unwrap().len()
    );
    assert!(!choice["text"].as_str().unwrap().is_empty());

    let (status, models) = worker.get("/v1/models").await;
    assert!(status == 200 && models.contains("\"verse\""));
    let (status, metrics) = worker.get("/metrics").await;
    assert!(status == 200 && metrics.contains("arena_worker_finished_requests_total{model=\"verse\"} 3"), "{metrics}");
    assert!(metrics.ends_with("# EOF\n"));
}

#[tokio::test]
async fn prompts_are_scored_repeated_and_answered_several_times() {
    let worker = Worker::start(&[]).await;
    let ask = async |path: &str, body: Value| {
        let mut all = json!({"model": "verse", "seed": 3});
        all.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        let response = worker.post(path, &all).await;
        let status = response.status().as_u16();
        let answer: Value = response.json().await.unwrap();
        assert_eq!(status, 200, "{answer}");
        answer
    };
    // What evaluations ask: the log probability of each token of a text, and whether it is the likeliest.
    let scored =
        ask("/v1/completions", json!({"prompt": ["春眠不觉晓", "秋"], "max_tokens": 0, "echo": true, "logprobs": 1}))
            .await;
    let choice = &scored["choices"][0];
    assert_eq!((&choice["text"], &scored["choices"][1]["text"]), (&json!("春眠不觉晓"), &json!("秋")));
    let logprobs = &choice["logprobs"];
    let values = logprobs["token_logprobs"].as_array().unwrap();
    assert!(values[0].is_null() && values[1..].iter().all(|value| value.as_f64().unwrap() < 0.0), "{logprobs}");
    assert_eq!(scored["usage"]["completion_tokens"], 0);
    // The answer that is most likely is scored as the most likely one where it stands in the prompt.
    let greedy = json!({"prompt": "春", "max_tokens": 6, "temperature": 0, "repetition_penalty": 1, "logprobs": 1});
    let answer = ask("/v1/completions", greedy).await;
    let said = answer["choices"][0]["logprobs"]["token_logprobs"].as_array().unwrap().clone();
    let whole = format!("春{}", answer["choices"][0]["text"].as_str().unwrap());
    let again = ask("/v1/completions", json!({"prompt": whole, "max_tokens": 0, "echo": true, "logprobs": 1})).await;
    let values = again["choices"][0]["logprobs"]["token_logprobs"].as_array().unwrap();
    let tail = &values[values.len() - said.len()..];
    for (first, second) in said.iter().zip(tail) {
        assert!((first.as_f64().unwrap() - second.as_f64().unwrap()).abs() < 1e-3, "{said:?} {tail:?}");
    }

    // Tokens as vLLM tells them; what was made of a text makes it again.
    let tokens: Value = worker.post("/tokenize", &json!({"prompt": "春眠不觉晓"})).await.json().await.unwrap();
    assert_eq!(
        tokens["tokens"].as_array().unwrap().len(),
        scored["choices"][0]["logprobs"]["tokens"].as_array().unwrap().len()
    );
    let back: Value = worker.post("/detokenize", &json!({"tokens": tokens["tokens"]})).await.json().await.unwrap();
    assert_eq!(back["prompt"].as_str().unwrap().trim_start(), "春眠不觉晓");
    let info: Value = serde_json::from_str(&worker.get("/tokenizer_info").await.1).unwrap();
    assert_eq!((&info["bos_token"], &info["eos_token"]), (&json!("<s>"), &json!("</s>")));

    let user = json!([{"role": "user", "content": "写一首春天的诗"}]);
    let several =
        ask("/v1/chat/completions", json!({"messages": user, "n": 3, "max_tokens": 8, "temperature": 2})).await;
    let text = |at: usize| several["choices"][at]["message"]["content"].as_str().unwrap();
    assert!(text(0) != text(1) && text(1) != text(2), "{several}");
    let alone =
        ask("/v1/chat/completions", json!({"messages": user, "max_tokens": 8, "temperature": 2, "seed": 4})).await;
    assert_eq!(alone["choices"][0]["message"]["content"], text(1), "the second answer has the next seed");
    assert_eq!(several["usage"]["prompt_tokens"], alone["usage"]["prompt_tokens"], "the prompt counts once");

    let schema = json!({
        "type": "object",
        "properties": {"verse": {"type": "string", "maxLength": 6}, "lines": {"type": "integer", "maximum": 9, "minimum": 1}},
        "required": ["verse", "lines"],
        "additionalProperties": false,
    });
    let format = json!({"type": "json_schema", "json_schema": {"name": "verse", "schema": schema}});
    let body = json!({"messages": user, "response_format": format, "max_tokens": 150});
    let held = ask("/v1/chat/completions", body).await;
    let text = held["choices"][0]["message"]["content"].as_str().unwrap();
    let value: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {held}"));
    assert!(value["verse"].is_string() && value["lines"].is_u64(), "{value}");
}

#[tokio::test]
async fn embeddings_tell_like_from_unlike_and_a_browser_may_ask_where_it_is_allowed() {
    let worker = Worker::start(&["--allowed-origins", "https://example.org"]).await;
    let input = json!(["春眠不觉晓，处处闻啼鸟。", "春眠不觉晓，处处闻啼鸟，", "大漠孤烟直，长河落日圆。"]);
    let answer: Value =
        worker.post("/v1/embeddings", &json!({"model": "verse", "input": input})).await.json().await.unwrap();
    let vector = |at: usize| -> Vec<f64> {
        answer["data"][at]["embedding"].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
    };
    let dot = |a: usize, b: usize| vector(a).iter().zip(vector(b)).map(|(a, b)| a * b).sum::<f64>();
    assert!((dot(0, 0) - 1.0).abs() < 1e-5 && dot(0, 1) > dot(0, 2), "{} {}", dot(0, 1), dot(0, 2));
    assert!(answer["usage"]["prompt_tokens"].as_u64().unwrap() > 20);
    let short = json!({"model": "verse", "input": "春", "dimensions": 8, "encoding_format": "base64"});
    let short: Value = worker.post("/v1/embeddings", &short).await.json().await.unwrap();
    assert_eq!(short["data"][0]["embedding"].as_str().unwrap().len(), 44, "32 bytes");
    let (status, error) = error_of(worker.post("/v1/embeddings", &json!({"model": "verse", "input": []})).await).await;
    assert_eq!((status, error["param"].as_str()), (400, Some("input")));

    let preflight = |origin: &'static str| {
        let request = worker.client.request(reqwest::Method::OPTIONS, format!("{}/v1/embeddings", worker.base));
        let request = request.header("origin", origin).header("access-control-request-method", "POST");
        request.header("access-control-request-headers", "authorization,content-type").send()
    };
    let allowed = preflight("https://example.org").await.unwrap();
    assert_eq!(
        (allowed.status().as_u16(), &allowed.headers()["access-control-allow-origin"]),
        (200, &"https://example.org".parse().unwrap())
    );
    assert!(!preflight("https://other.example").await.unwrap().status().is_success());
}

#[tokio::test]
async fn the_same_seed_gives_the_same_answer_and_a_stop_text_ends_it() {
    let worker = Worker::start(&[]).await;
    let answer = async |extra: Value| {
        let mut body = json!({"model": "verse", "messages": [{"role": "user", "content": "秋"}], "temperature": 1.0});
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let response: Value = worker.post("/v1/chat/completions", &body).await.json().await.unwrap();
        response["choices"][0].clone()
    };
    let first = answer(json!({"seed": 7})).await;
    assert_eq!(first, answer(json!({"seed": 7})).await);
    assert_ne!(first, answer(json!({"seed": 8})).await);
    let text = first["message"]["content"].as_str().unwrap();
    let comma = text.find('，').expect("a verse has a comma");
    let stopped = answer(json!({"seed": 7, "stop": "，"})).await;
    assert_eq!(stopped["message"]["content"], text[..comma]);
    assert_eq!(stopped["finish_reason"], "stop");
}

#[tokio::test]
async fn what_is_wrong_is_refused_in_openai_s_shape() {
    let worker = Worker::start(&[]).await;
    for path in ["/v1/models", "/health", "/metrics", "/admin/models", "/nowhere"] {
        for token in [None, Some("wrong-token"), Some("")] {
            let mut request = worker.client.get(format!("{}{path}", worker.base));
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            let (status, error) = error_of(request.send().await.unwrap()).await;
            assert_eq!((status, error["code"].as_str()), (401, Some("invalid_api_key")), "{path}");
        }
    }
    let user = json!([{"role": "user", "content": "春"}]);
    for (path, body, status, code) in [
        ("/v1/chat/completions", json!({"model": "no", "messages": user}), 404, "model_not_found"),
        ("/v1/chat/completions", json!({"model": "verse", "messages": user, "n": 999}), 400, "invalid_value"),
        ("/v1/chat/completions", json!({"model": "verse", "messages": user, "temperature": 99}), 400, "invalid_value"),
        ("/v1/chat/completions", json!({"model": "verse", "messages": []}), 400, "invalid_value"),
        ("/v1/chat/completions", json!([]), 400, "invalid_json"),
        (
            "/v1/chat/completions",
            json!({"model": "verse", "messages": [{"role": "user", "content": "春".repeat(2000)}]}),
            400,
            "context_length_exceeded",
        ),
        ("/v1/nothing", json!({}), 404, "unknown_url"),
        ("/health", json!({}), 405, "method_not_allowed"),
        ("/admin/models", json!({"name": "verse", "path": "/x"}), 409, "already_loaded"),
    ] {
        let (found, error) = error_of(worker.post(path, &body).await).await;
        assert_eq!((found, error["code"].as_str()), (status, Some(code)), "{path} {error}");
    }
    let huge = "x".repeat(9 << 20);
    let request = worker.client.post(format!("{}/v1/completions", worker.base)).bearer_auth(TOKEN).body(huge);
    let (status, error) = error_of(request.send().await.unwrap()).await;
    assert_eq!((status, error["code"].as_str()), (413, Some("request_too_large")));
}

#[tokio::test]
async fn a_full_queue_answers_503_at_once() {
    let worker = Worker::start(&["--queue", "1", "--sequences", "1"]).await;
    let running = worker.post("/v1/chat/completions", &long()).await;
    until("the first one runs", async || worker.counter("running").await == 1).await;
    let waiting = worker.post("/v1/chat/completions", &long()).await;
    let began = Instant::now();
    let refused = worker.post("/v1/chat/completions", &long()).await;
    assert!(refused.headers().contains_key("retry-after"));
    let (status, error) = error_of(refused).await;
    assert_eq!((status, error["code"].as_str()), (503, Some("queue_full")));
    assert!(began.elapsed() < Duration::from_secs(2));
    for accepted in [running, waiting] {
        assert!(accepted.text().await.unwrap().ends_with("data: [DONE]\n\n"), "who was taken is served");
    }
}

#[tokio::test]
async fn hanging_up_cancels_the_generation_streamed_or_not() {
    let worker = Worker::start(&["--sequences", "1"]).await;
    // This one waits behind the first, so it is not done before its client hangs up.
    let mut whole = long();
    whole["stream"] = json!(false);
    // An answer takes less than a second: on a busy machine it may end before we come to hang up. Then we try again.
    for _ in 0..20 {
        let cancelled = worker.counter("requests_cancelled").await;
        let finished = worker.counter("requests_finished").await;
        let ended = async || worker.counter("requests_cancelled").await + worker.counter("requests_finished").await;
        let mut stream = worker.post("/v1/chat/completions", &long()).await.bytes_stream();
        stream.next().await.unwrap().unwrap();
        tokio::select! {
            _ = worker.post("/v1/chat/completions", &whole) => {}
            () = until("the second one waits", async || {
                worker.counter("queued").await == 1 || worker.counter("requests_finished").await > finished
            }) => {}
        }
        drop(stream);
        until("both are gone", async || ended().await == cancelled + finished + 2).await;
        if worker.counter("requests_cancelled").await == cancelled + 2 {
            assert_eq!(worker.counter("running").await, 0);
            return;
        }
    }
    panic!("of twenty pairs, none was cancelled");
}

#[tokio::test]
async fn a_worker_that_is_told_to_stop_finishes_what_it_has_begun() {
    let mut worker = Worker::start(&[]).await;
    let mut stream = worker.post("/v1/chat/completions", &long()).await.bytes_stream();
    stream.next().await.unwrap().unwrap();
    rustix::process::kill_process(worker.pid(), rustix::process::Signal::TERM).unwrap();
    let mut rest = Vec::new();
    while let Some(bytes) = stream.next().await {
        rest.extend(bytes.unwrap());
    }
    assert!(String::from_utf8(rest).unwrap().ends_with("data: [DONE]\n\n"));
    let status = tokio::time::timeout(Duration::from_secs(15), worker.child.wait()).await.unwrap().unwrap();
    assert!(status.success(), "{status}");
}

/// A killed service cannot say goodbye, and a worker left behind would keep the device's memory for ever.
#[tokio::test]
async fn a_supervised_worker_ends_when_its_parent_is_gone() {
    let mut child = Command::new(arena())
        .args(["worker", "--supervised", "--device", "cpu", "--listen", "127.0.0.1:0"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"a-token-for-tests\n").await.unwrap();
    let line = BufReader::new(child.stdout.take().unwrap()).lines().next_line().await.unwrap().unwrap();
    assert!(line.starts_with("listening on http://127.0.0.1:"), "{line}");
    // As the system does it for a process that was killed: all ends of the pipes at once.
    drop((input, child.stderr.take()));
    let status = tokio::time::timeout(Duration::from_secs(5), child.wait()).await.expect("it must not stay behind");
    assert!(status.unwrap().success());
}

#[tokio::test]
async fn models_are_loaded_and_unloaded_while_others_answer() {
    let worker = Worker::start(&[]).await;
    let second = json!({"name": "second", "path": worker_support::demo("q2_K"), "context": 64});
    assert_eq!(worker.post("/admin/models", &second).await.status(), 202);
    until("the second model is ready", async || worker.get("/admin/models/second").await.1.contains("\"ready\"")).await;
    let ask = json!({"model": "second", "messages": [{"role": "user", "content": "月"}], "max_tokens": 4});
    assert_eq!(worker.post("/v1/chat/completions", &ask).await.status(), 200);

    let broken = json!({"name": "broken", "path": concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")});
    assert_eq!(worker.post("/admin/models", &broken).await.status(), 202);
    until("the broken one has failed", async || worker.get("/admin/models/broken").await.1.contains("\"failed\""))
        .await;
    let (_, slot) = worker.get("/admin/models/broken").await;
    assert!(slot.contains("Cargo.toml"), "the error names the file: {slot}");
    let refused = worker.post("/v1/chat/completions", &json!({"model": "broken", "messages": ask["messages"]})).await;
    assert_eq!(error_of(refused).await.0, 503);

    let delete = worker.client.delete(format!("{}/admin/models/second", worker.base)).bearer_auth(TOKEN);
    assert_eq!(delete.send().await.unwrap().status(), 204);
    assert_eq!(error_of(worker.post("/v1/chat/completions", &ask).await).await.0, 404);
    assert_eq!(worker.get("/health").await.0, 200);
}

/// Runs where Python has the package `openai` (`PYTHON` names another interpreter), and says so where not.
#[tokio::test]
#[ignore = "needs Python with the package openai; PYTHON names it"]
async fn openai_s_own_client_is_content() {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let worker = Worker::start(&[]).await;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/openai_client.py");
    let output = Command::new(&python).args([script, &worker.base, TOKEN]).output().await.unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("is content"), "{text}");
}
