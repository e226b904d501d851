//! Models that misbehave on purpose, each in its own way.

use std::time::Duration;

use fake_endpoint::{Behaviour, Endpoint, Step, chunk};

const ROLE: &str =
    "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":null},\"finish_reason\":null}]}\n\n";
const STOP: &str = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
const USAGE: &str = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":7}}\n\n";
const DONE: &str = "data: [DONE]\n\n";
const THOUGHT: &str = "data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"hm\"}}]}\n\n";
const CALL: &str =
    "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"x\"}}]}}]}\n\n";
const FILTERED: &str = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"content_filter\"}]}\n\n";

/// Longer than any test waits.
const LONG: Duration = Duration::from_secs(60);
const SOON: Duration = Duration::from_millis(20);

/// An endpoint with all of them; only some are listed where a list is asked for.
pub fn endpoint() -> Endpoint {
    let endpoint = listed();
    for (name, behaviour) in passing().into_iter().chain(forms()).chain(odd_forms()).chain(faults()) {
        endpoint.model(name, behaviour);
    }
    endpoint
}

/// An endpoint with the good ones alone.
pub fn listed() -> Endpoint {
    let endpoint = Endpoint::start();
    endpoint.model("good", streamed(&[ROLE, &answer(), STOP, USAGE, DONE]));
    let json = r#"{"choices":[{"message":{"role":"assistant","content":"春眠不觉晓"},"finish_reason":"length"}],"usage":{"prompt_tokens":5,"completion_tokens":7}}"#;
    endpoint.model("whole", whole("200 OK", "", json));
    endpoint
}

fn answer() -> String {
    chunk("春眠") + &chunk("不觉晓")
}

fn streamed(texts: &[&str]) -> Behaviour {
    Behaviour::wire(Step::stream(texts))
}

fn whole(status: &'static str, headers: &'static str, body: &str) -> Behaviour {
    Behaviour::wire(vec![Step::Whole(status, headers, body.to_owned())])
}

/// The head, these texts, and then these steps.
fn begun(texts: &[&str], then: &[Step]) -> Behaviour {
    let mut steps = Step::stream(texts);
    steps.pop();
    steps.extend_from_slice(then);
    Behaviour::wire(steps)
}

/// The same for ever, as fast as it is read.
fn floods(event: &str) -> Behaviour {
    begun(&[], &[Step::Repeat(event.into(), Duration::ZERO)])
}

/// What passes when it is tried again.
fn passing() -> Vec<(&'static str, Behaviour)> {
    let good = || streamed(&[&answer(), STOP, DONE]);
    let busy = Step::Whole("503 Service Unavailable", "Retry-After: 0\r\n", "busy".to_owned());
    let unknown = Step::Whole("400 Bad Request", "", r#"{"detail":"Unknown field: stream_options"}"#.to_owned());
    vec![
        ("busy", good().first(2, vec![busy])),
        ("resets-first", good().first(1, vec![Step::Head])),
        ("old", good().with_field("stream_options", vec![unknown])),
    ]
}

/// Answers of every form.
fn forms() -> Vec<(&'static str, Behaviour)> {
    let answer = answer();
    let cut = (ROLE.to_owned() + &answer + STOP + USAGE + DONE).replace('\n', "\r\n");
    let both =
        "data: {\"choices\":[{\"delta\":{\"reasoning\":\"hm\",\"reasoning_content\":\"hm\",\"content\":null}}]}\n\n";
    let none = "data: {\"choices\":[{\"delta\":{\"reasoning\":null,\"reasoning_content\":null,\"content\":\"\"}}]}\n\n";
    let in_text = ["<th", "ink>hm</think", ">\n\n春眠", "不觉晓"].map(chunk).concat();
    // The template opened the thinking.
    let unopened = ["I think,", " so\n</thi", "nk>\n\n", "春眠不觉晓"].map(chunk);
    let [first, second] = [r"a\ud83d", r"\ude00b\ud83d"]
        .map(|half| format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{half}\"}}}}]}}\n\n"));
    let beside = ["{\"prompt_progress\":{}}", "{\"choices\":null,\"x\":1}", "[1]", "null", "\"hi\""];
    let beside: String = beside.iter().map(|json| format!("data: {json}\n\n")).collect();
    let letters: String = "abcdefghij".repeat(40).chars().map(|letter| chunk(&letter.to_string())).collect();
    let unopened: Vec<&str> =
        [ROLE].into_iter().chain(unopened.iter().map(String::as_str)).chain([STOP, DONE]).collect();
    vec![
        ("cut", begun(&[], &[Step::ByteByByte(cut), Step::End])),
        ("no-done", streamed(&[&answer, STOP])),
        ("lingers", begun(&[&answer, STOP], &[Step::Wait(LONG)])),
        ("thinks", streamed(&[ROLE, THOUGHT, THOUGHT, &answer, STOP, DONE])),
        ("thinks-twice", streamed(&[ROLE, both, none, both, &answer, none, STOP, DONE])),
        ("thinks-in-text", streamed(&[ROLE, &in_text, STOP, DONE])),
        ("thinks-unopened", streamed(&unopened)),
        ("halves", streamed(&[ROLE, &first, &second, STOP, DONE])),
        ("chats-beside", streamed(&[ROLE, &beside, &answer, &beside, STOP, &beside, DONE])),
        ("filtered", streamed(&[ROLE, &answer, FILTERED, DONE])),
        ("script", streamed(&[&chunk("<script>alert(1)</script>"), STOP, DONE])),
        ("letters", streamed(&[&letters, STOP, DONE])),
    ]
}

/// Answers that few servers write so.
fn odd_forms() -> Vec<(&'static str, Behaviour)> {
    let answer = answer();
    let message = r#"{"choices":[{"message":{"content":"春眠不觉晓"},"finish_reason":"stop"}]}"#;
    let second = |text: &str| format!("data: {{\"choices\":[{{\"index\":1,{text}}}]}}\n\n");
    let [said, ended] = [r#""delta":{"content":"春眠不觉晓"}"#, r#""delta":{},"finish_reason":"stop""#].map(second);
    let other = second(r#""delta":{"content":"not this"},"finish_reason":"length""#);
    // One after another for longer than the first token may take.
    let calls: Vec<Step> = (0..8).flat_map(|_| [Step::Send(CALL.to_owned()), Step::Wait(5 * SOON)]).collect();
    let called = [Step::Send(STOP.replace("stop", "tool_calls")), Step::Send(DONE.to_owned()), Step::End];
    vec![
        ("marked", streamed(&["\u{feff}", ROLE, &answer, STOP, DONE])),
        ("marked-whole", whole("200 OK", "", &format!("\u{feff}{message}"))),
        ("counts-at-the-end", streamed(&[ROLE, &answer, USAGE])),
        ("repeats", streamed(&[&answer, &format!("data: {message}\n\n"), DONE])),
        ("second-only", streamed(&[&said, &ended, DONE])),
        ("two", streamed(&[&chunk("春眠"), &other, &chunk("不觉晓"), STOP, DONE])),
        ("calls", begun(&[], &[calls.as_slice(), &called].concat())),
    ]
}

/// What is no answer.
fn faults() -> Vec<(&'static str, Behaviour)> {
    let answer = answer();
    let memory = "data: {\"error\":{\"message\":\"CUDA out of memory. Tried to allocate\",\"code\":500}}\n\n";
    let full = r#"{"error":{"code":400,"message":"the request exceeds the available context size","type":"exceed_context_size_error"}}"#;
    vec![
        ("no-end", streamed(&[&answer])),
        ("counts-from-the-start", streamed(&[USAGE, ROLE, &answer])),
        ("strange", streamed(&["data: {\"hello\":1}\n\n", DONE])),
        ("filtered-all", streamed(&[ROLE, ROLE, FILTERED, DONE])),
        ("floods", floods(&chunk("word "))),
        ("floods-text", floods(&chunk(&"a long piece ".repeat(500)))),
        ("floods-thoughts", floods(THOUGHT)),
        ("floods-calls", floods(CALL)),
        ("hang", Behaviour::wire(vec![Step::Wait(LONG)])),
        ("pings", begun(&[ROLE], &[Step::Repeat(b": ping\n\n".to_vec(), SOON)])),
        ("stops", begun(&[&answer], &[Step::Wait(LONG)])),
        ("resets", begun(&[&answer], &[])),
        ("fails", streamed(&[&answer, memory])),
        ("drips", begun(&[], &[Step::Repeat(chunk("滴").into_bytes(), SOON)])),
        ("gigantic", begun(&["data: "], &[Step::Repeat(vec![b'x'; 1 << 20], Duration::ZERO)])),
        ("waits", whole("429 Too Many Requests", "Retry-After: 3600\r\n", "slow down")),
        ("page", whole("200 OK", "", "<!doctype html><title>Sign in</title>")),
        ("redirects", whole("302 Found", "Location: http://127.0.0.1:1/\r\n", "")),
        ("echoes", Behaviour::wire(vec![Step::Echo])),
        ("long", whole("400 Bad Request", "", full)),
    ]
}
