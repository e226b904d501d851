//! The client for OpenAI-compatible endpoints against a server that misbehaves on purpose.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod misbehaving;

use std::time::{Duration, Instant};

use arena_server::backends::{
    AddressPolicy, BackendError, Capacity, ChatEvent, ChatRequest, Endpoint, ErrorKind, FinishReason, Message,
    ModelClients, ProbeWarning, Role, Sampling, Target, Timeouts, Usage,
};
use fake_endpoint::Endpoint as Fake;
use futures_util::StreamExt;

fn backends() -> ModelClients {
    ModelClients::new(AddressPolicy { allowed: vec!["127.0.0.0/8".parse().unwrap()] })
}

fn endpoint(fake: &Fake, model: &str) -> Endpoint {
    Endpoint::new(&fake.base_url(), Some("sk-very-secret".into()), model).unwrap().with_timeouts(Timeouts {
        connect: Duration::from_millis(500),
        first_token: Duration::from_millis(400),
        between_tokens: Duration::from_millis(400),
        total: Duration::from_millis(1500),
    })
}

fn request() -> ChatRequest {
    ChatRequest {
        messages: vec![Message { role: Role::User, content: "你好".into() }],
        sampling: Sampling::default(),
        chat_template: None,
    }
}

/// Collects an answer: its text and how it ended.
async fn answer(backends: &ModelClients, endpoint: &Endpoint) -> (String, Result<(FinishReason, Usage), BackendError>) {
    answer_to(backends, endpoint, request()).await
}

async fn answer_to(
    backends: &ModelClients,
    endpoint: &Endpoint,
    request: ChatRequest,
) -> (String, Result<(FinishReason, Usage), BackendError>) {
    let mut text = String::new();
    let mut events = backends.chat(endpoint, request);
    while let Some(event) = events.next().await {
        match event {
            Ok(ChatEvent::Retracted) => text.clear(),
            Ok(ChatEvent::Delta { text: piece }) => text += &piece,
            Ok(ChatEvent::Thinking) => text += "[thinks]",
            Ok(ChatEvent::Asked(_) | ChatEvent::AnsweredBy(_)) => {}
            Ok(ChatEvent::Finished { reason, usage }) => {
                assert!(events.next().await.is_none(), "nothing follows the end");
                return (text, Ok((reason, usage)));
            }
            Err(error) => {
                assert!(events.next().await.is_none(), "nothing follows an error");
                return (text, Err(error));
            }
        }
    }
    panic!("an answer ends with Finished or an error");
}

async fn good(model: &str) -> (String, FinishReason, Usage) {
    let fake = misbehaving::endpoint();
    let (text, end) = answer(&backends(), &endpoint(&fake, model)).await;
    let (reason, usage) = end.unwrap_or_else(|error| panic!("{model}: {error}"));
    (text, reason, usage)
}

async fn bad(model: &str) -> (String, BackendError) {
    let fake = misbehaving::endpoint();
    let (text, end) = answer(&backends(), &endpoint(&fake, model)).await;
    (text, end.expect_err(model))
}

#[tokio::test]
async fn answers_of_every_form_are_read() {
    let counted = Usage { prompt_tokens: Some(5), completion_tokens: 7, estimated: false };
    let guessed = Usage { prompt_tokens: None, completion_tokens: 2, estimated: true };
    assert_eq!(good("good").await, ("春眠不觉晓".into(), FinishReason::Stop, counted));
    assert_eq!(good("cut").await, ("春眠不觉晓".into(), FinishReason::Stop, counted));
    assert_eq!(good("whole").await, ("春眠不觉晓".into(), FinishReason::Length, counted));
    assert_eq!(good("no-done").await, ("春眠不觉晓".into(), FinishReason::Stop, guessed));
    assert_eq!(good("old").await.0, "春眠不觉晓");
    assert_eq!(good("thinks").await.0, "[thinks]春眠不觉晓");
    assert_eq!(good("thinks-twice").await.0, "[thinks]春眠不觉晓");
    assert_eq!(good("thinks-in-text").await.0, "[thinks]春眠不觉晓");
    // What was said before it turned out to be thinking is gone.
    assert_eq!(good("thinks-unopened").await.0, "春眠不觉晓");
    assert_eq!(good("halves").await.0, "a😀b\u{FFFD}");
    assert_eq!(good("chats-beside").await.0, "春眠不觉晓");
    let (text, reason, _) = good("filtered").await;
    assert_eq!((text.as_str(), reason), ("春眠不觉晓", FinishReason::Filtered));
    assert_eq!(good("script").await.0, "<script>alert(1)</script>");
    for odd in ["marked", "marked-whole", "counts-at-the-end", "repeats", "second-only", "two"] {
        let (text, reason, _) = good(odd).await;
        assert_eq!((text.as_str(), reason), ("春眠不觉晓", FinishReason::Stop), "{odd}");
    }
    // Nothing but calls, for longer than the first token may take: an empty answer, and no failure.
    let (text, reason, _) = good("calls").await;
    assert_eq!((text.as_str(), reason.code()), ("", "tool_calls"));
}

#[tokio::test]
async fn each_fault_has_its_own_kind_and_keeps_the_text_that_came() {
    for (model, text, kind) in [
        ("hang", "", ErrorKind::FirstTokenTimeout),
        ("pings", "", ErrorKind::FirstTokenTimeout),
        ("stops", "春眠不觉晓", ErrorKind::BetweenTokensTimeout),
        ("resets", "春眠不觉晓", ErrorKind::Interrupted),
        ("no-end", "春眠不觉晓", ErrorKind::Interrupted),
        ("counts-from-the-start", "春眠不觉晓", ErrorKind::Interrupted),
        ("fails", "春眠不觉晓", ErrorKind::OutOfMemory),
        ("gigantic", "", ErrorKind::AnswerTooLarge),
        ("waits", "", ErrorKind::RateLimited),
        ("page", "", ErrorKind::InvalidAnswer),
        ("redirects", "", ErrorKind::EndpointNotFound),
        ("long", "", ErrorKind::ContextTooLong),
        ("nobody", "", ErrorKind::ModelNotFound),
        ("strange", "", ErrorKind::InvalidAnswer),
        ("filtered-all", "", ErrorKind::Filtered),
    ] {
        let (came, error) = bad(model).await;
        assert_eq!((came.as_str(), error.kind), (text, kind), "{model}: {error}");
    }
}

#[tokio::test]
async fn an_endless_answer_is_cut_at_the_total_time() {
    let began = Instant::now();
    let (text, error) = bad("drips").await;
    assert_eq!(error.kind, ErrorKind::TotalTimeout);
    assert!(text.chars().count() > 10);
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_key_that_the_server_echoes_does_not_reach_the_error() {
    let (_, error) = bad("echoes").await;
    assert_eq!(error.kind, ErrorKind::Unauthorised);
    assert!(error.detail.contains("Bearer [key]") || !error.detail.contains("Bearer"), "{error}");
    assert!(!format!("{error:?}").contains("sk-very-secret"));
}

#[tokio::test]
async fn passing_faults_are_tried_again_before_the_first_token_only() {
    let fake = misbehaving::endpoint();
    assert_eq!(answer(&backends(), &endpoint(&fake, "busy")).await.0, "春眠不觉晓");
    assert_eq!(fake.requests().len(), 3);

    let fake = misbehaving::endpoint();
    assert_eq!(answer(&backends(), &endpoint(&fake, "resets-first")).await.0, "春眠不觉晓");
    assert_eq!(fake.requests().len(), 2);

    for model in ["resets", "hang", "waits", "long"] {
        let fake = misbehaving::endpoint();
        answer(&backends(), &endpoint(&fake, model)).await.1.unwrap_err();
        assert_eq!(fake.requests().len(), 1, "{model} is asked once");
    }

    let fake = misbehaving::endpoint();
    let error = answer(&backends(), &endpoint(&fake, "busy").with_retries(1)).await.1.unwrap_err();
    assert_eq!((error.kind, fake.requests().len()), (ErrorKind::Overloaded, 2));
}

#[tokio::test]
async fn dropping_the_stream_hangs_up_at_the_endpoint() {
    let fake = misbehaving::endpoint();
    let mut events = backends().chat(&endpoint(&fake, "drips"), request());
    assert!(matches!(events.next().await, Some(Ok(ChatEvent::Delta { .. }))));
    drop(events);
    let deadline = Instant::now() + Duration::from_secs(1);
    while fake.hung_up() == 0 {
        assert!(Instant::now() < deadline, "the request must be cancelled before its total time");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn inner_addresses_are_refused_before_anything_is_sent() {
    let fake = misbehaving::endpoint();
    let closed = ModelClients::new(AddressPolicy::default());
    let (_, end) = answer(&closed, &endpoint(&fake, "good")).await;
    assert_eq!(end.unwrap_err().kind, ErrorKind::AddressRefused);
    // A name is judged by what it resolves to.
    let base = format!("http://localhost:{}/v1", fake.address().port());
    let (_, end) = answer(&closed, &Endpoint::new(&base, None, "good").unwrap()).await;
    let error = end.unwrap_err();
    assert_eq!(error.kind, ErrorKind::AddressRefused, "{error}");
    assert_eq!(fake.requests().len(), 0);
}

#[tokio::test]
async fn a_closed_port_is_unreachable_and_lets_the_endpoint_rest() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/v1", listener.local_addr().unwrap());
    drop(listener);
    let backends = backends();
    let endpoint = Endpoint::new(&base, None, "m").unwrap().with_retries(0);
    for _ in 0..2 {
        assert!(backends.health().is_available(&endpoint.health_key()));
        let error = answer(&backends, &endpoint).await.1.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unreachable, "{error}");
    }
    assert!(!backends.health().is_available(&endpoint.health_key()));
}

#[tokio::test]
async fn another_server_of_the_same_model_is_asked_where_one_fails_before_the_first_token() {
    let (first, second) = (misbehaving::endpoint(), misbehaving::endpoint());
    let backends = backends();
    for bad in ["hang", "waits", "echoes", "page"] {
        let target = Target::new("m", endpoint(&first, bad), vec![endpoint(&second, "good")], Capacity::default());
        let mut events = backends.ask(target, request(), uuid::Uuid::nil());
        let mut text = String::new();
        while let Some(event) = events.next().await {
            match event {
                Ok(ChatEvent::Delta { text: piece }) => text += &piece,
                Ok(_) => {}
                Err(error) => panic!("{bad}: {error}"),
            }
        }
        assert_eq!(text, "春眠不觉晓", "{bad}");
    }
}

#[tokio::test]
async fn a_server_that_is_gone_is_noticed_before_it_is_asked() {
    let fake = misbehaving::endpoint();
    let (gone, there) = (Endpoint::new("http://127.0.0.1:9/v1", None, "good").unwrap(), endpoint(&fake, "good"));
    let target = Target::new("m", gone.clone(), vec![there.clone()], Capacity::default());
    let backends = backends();
    backends.check(&target).await;
    assert!(!backends.health().is_available(&gone.health_key()));
    assert!(backends.health().is_available(&there.health_key()) && backends.is_available(&target));
}

#[tokio::test]
async fn a_server_that_keeps_the_line_open_after_the_end_does_not_hold_the_answer_for_long() {
    let fake = misbehaving::endpoint();
    let patient = endpoint(&fake, "lingers").with_timeouts(Timeouts::default());
    let began = Instant::now();
    let (text, end) = answer(&backends(), &patient).await;
    assert_eq!((text.as_str(), end.unwrap().0), ("春眠不觉晓", FinishReason::Stop));
    assert!(began.elapsed() < Duration::from_secs(8));
}

#[tokio::test]
async fn a_probe_tells_what_is_there_and_what_is_odd() {
    let fake = misbehaving::listed();
    let probe = backends().probe(&endpoint(&fake, "good"), &request()).await;
    assert!(probe.reachable && probe.answered);
    assert_eq!(probe.models, ["good", "whole"]);
    assert_eq!((probe.sample.as_str(), probe.completion_tokens), ("春眠不觉晓", Some(7)));
    assert_eq!(probe.warnings, [ProbeWarning::PlainHttp]);

    let probe = backends().probe(&endpoint(&fake, "whole"), &request()).await;
    assert!(probe.warnings.contains(&ProbeWarning::NotStreamed));

    let probe = backends().probe(&endpoint(&fake, "absent"), &request()).await;
    assert!(probe.reachable && !probe.answered);
    assert!(probe.warnings.contains(&ProbeWarning::NotListed));
    assert_eq!(probe.error.unwrap().kind, ErrorKind::ModelNotFound);

    let bare = Endpoint::new(&format!("http://{}", fake.address()), None, "good").unwrap();
    let probe = backends().probe(&bare, &request()).await;
    assert_eq!(probe.better_base, Some(fake.base_url()));
}

#[tokio::test]
async fn an_endpoint_that_goes_on_beyond_the_limit_on_tokens_is_cut_off() {
    let fake = misbehaving::endpoint();
    let limited = |tokens| {
        let sampling = Sampling { max_tokens: Some(tokens), ..Sampling::default() };
        ChatRequest { sampling, ..request() }
    };
    for (model, tokens, longest) in
        [("floods", 100, 151 * 5), ("floods-text", 100, 1600), ("floods-thoughts", 100, 8), ("floods-calls", 100, 0)]
    {
        let begun = Instant::now();
        let (text, end) = answer_to(&backends(), &endpoint(&fake, model), limited(tokens)).await;
        let (reason, _) = end.unwrap_or_else(|error| panic!("{model}: {error}"));
        assert_eq!(reason, FinishReason::Length, "{model}");
        assert!(text.len() <= longest, "{model}: {} bytes", text.len());
        assert!(begun.elapsed() < Duration::from_secs(1), "{model}: long before its time is over");
    }
    // A proxy that cuts tokens into letters is no flood: 400 letters are about a hundred tokens.
    let (text, end) = answer_to(&backends(), &endpoint(&fake, "letters"), limited(100)).await;
    assert_eq!((text.len(), end.unwrap().0), (400, FinishReason::Stop));
    // Where no limit was asked for, none is held to: the time is.
    let (_, end) = answer(&backends(), &endpoint(&fake, "floods-thoughts")).await;
    assert_ne!(end.map_or_else(|error| error.kind, |_| ErrorKind::Filtered), ErrorKind::Filtered);
}
