//! What goes wrong goes wrong alone, and is said.

use super::formula::{FAIL, LOST, NAN, PANIC};
use super::*;
use crate::request::{GenerateError, Message, Role};

#[test]
fn unloading_ends_what_runs_and_leaves_other_models_alone() {
    let e = engine(vec![("go", Formula::default()), ("stay", Formula::default())]);
    let going = e.submit("go", Request { ignore_eos: true, ..ask("a", 120) }).expect("taken");
    let staying = e.submit("stay", ask("a", 40)).expect("taken");
    e.unload("go").expect("unloaded");
    match read(going).1 {
        Some(Event::Failed { error: GenerateError::Unloaded } | Event::Finished { .. }) => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(usage(read(staying).1).0, FinishReason::Length);
    assert_eq!(e.submit("go", ask("a", 1)).expect_err("gone"), SubmitError::UnknownModel("go".to_owned()));
    assert!(e.unload("go").is_err());
    e.add("go", loaded("go", Formula::default(), 64)).expect("the name is free again");
    assert_eq!(usage(read(e.submit("go", ask("a", 3)).expect("taken")).1).0, FinishReason::Length);
}

#[test]
fn a_panic_or_an_error_in_one_model_ends_its_requests_and_nothing_else() {
    let e = engine(vec![("bad", Formula::default()), ("good", Formula::default())]);
    let expected = read(e.submit("bad", ask("fine", 8)).expect("taken")).0;
    let good = e.submit("good", ask("a", 60)).expect("taken");
    for (token, says) in [(PANIC, "the formula panics"), (FAIL, "the formula fails"), (NAN, "NaN")] {
        let hurt = Request { input: Input::Tokens(vec![1, token]), ..ask("", 8) };
        match read(e.submit("bad", hurt).expect("taken")).1 {
            Some(Event::Failed { error }) => assert!(error.to_string().contains(says), "{error}"),
            other => panic!("{other:?}"),
        }
        assert_eq!(read(e.submit("bad", ask("fine", 8)).expect("taken")).0, expected, "it works again");
    }
    assert_eq!(usage(read(good).1).0, FinishReason::Length);
    assert_eq!(e.status().models[0].requests_failed, 3);
}

#[test]
fn a_lost_device_ends_the_engine_so_that_its_watcher_starts_it_anew() {
    let e = engine(vec![("m", Formula::default()), ("other", Formula::default())]);
    let hurt = Request { input: Input::Tokens(vec![1, LOST]), ..ask("", 8) };
    match read(e.submit("m", hurt).expect("taken")).1 {
        Some(Event::Failed { error }) => assert!(error.to_string().contains("the device is lost"), "{error}"),
        other => panic!("{other:?}"),
    }
    wait_until("the engine has ended", || !e.status().alive);
    assert_eq!(e.submit("other", ask("a", 1)).expect_err("ended"), SubmitError::ShuttingDown);
}

#[test]
fn shutdown_lets_what_runs_finish_and_takes_nothing_new() {
    let e = engine(vec![("m", Formula::default())]);
    let stream = e.submit("m", ask("a", 50)).expect("taken");
    e.shutdown(Duration::from_secs(20));
    assert_eq!(usage(read(stream).1).0, FinishReason::Length);
    assert_eq!(e.submit("m", ask("a", 1)).expect_err("down"), SubmitError::ShuttingDown);
    assert!(!e.status().alive);
}

#[test]
fn shutdown_without_grace_says_so_to_those_that_run() {
    let (open, model) = gate();
    let e = engine(vec![("m", model)]);
    let stream = e.submit("m", ask("a", 50)).expect("taken");
    wait_until("it runs", || e.status().models[0].queued == 0);
    std::thread::scope(|scope| {
        scope.spawn(|| e.shutdown(Duration::ZERO));
        std::thread::sleep(Duration::from_millis(20));
        drop(open);
    });
    assert_eq!(read(stream).1, Some(Event::Failed { error: GenerateError::ShutDown }));
}

#[test]
fn a_request_that_cannot_be_served_is_refused_with_the_field_or_the_limit() {
    let e = engine(vec![("m", Formula::default())]);
    let field = |request: Request| match e.submit("m", request).expect_err("refused") {
        SubmitError::BadRequest { field, .. } => field,
        other => panic!("{other:?}"),
    };
    let ok = || ask("a", 5);
    assert_eq!(field(Request { max_tokens: 0, ..ok() }), "max_tokens");
    assert_eq!(field(Request { stop: vec![String::new()], ..ok() }), "stop");
    assert_eq!(field(Request { logprobs: Some(21), ..ok() }), "logprobs");
    assert_eq!(field(Request { sampling: Sampling { top_p: 0.0, ..Sampling::default() }, ..ok() }), "top_p");
    assert_eq!(field(Request { input: Input::Tokens(vec![259]), ..ok() }), "prompt");
    assert_eq!(field(Request { input: Input::Tokens(vec![]), ..ok() }), "prompt");
    assert_eq!(field(Request::chat(vec![])), "messages");
    let unasked = vec![Message::new(Role::System, "a"), Message::new(Role::Assistant, "b")];
    assert_eq!(field(Request::chat(unasked)), "messages[1].role");
    assert_eq!(field(Request::chat(vec![Message::new(Role::Assistant, "a")])), "messages[0].role");
    let long = e.submit("m", ask(&"x".repeat(128), 5)).expect_err("too long");
    assert_eq!(long, SubmitError::PromptTooLong { tokens: 129, at_least: false, limit: 127 });
    assert_eq!(e.submit("other", ok()).expect_err("unknown"), SubmitError::UnknownModel("other".to_owned()));
    assert_eq!(e.status().models[0].queued, 0, "a refused request keeps no place");
}

#[test]
fn conversations_of_every_shape_are_answered() {
    let e = engine(vec![("m", Formula::default())]);
    let say = |role: Role| Message::new(role, "a");
    for roles in [
        vec![Role::User, Role::User],
        vec![Role::User, Role::System],
        vec![Role::System, Role::System, Role::User],
        vec![Role::User, Role::Assistant, Role::Assistant, Role::User, Role::User],
        vec![Role::Assistant, Role::User],
        vec![Role::User, Role::Assistant],
    ] {
        let request = Request { max_tokens: 2, ..Request::chat(roles.iter().copied().map(say).collect()) };
        let (_, end) = read(e.submit("m", request).unwrap_or_else(|error| panic!("{roles:?}: {error}")));
        assert!(matches!(end, Some(Event::Finished { .. })), "{roles:?}: {end:?}");
    }
}

#[test]
fn bad_options_are_refused_by_name() {
    let zero = EngineOptions { queue: 0, ..EngineOptions::default() };
    assert!(Engine::start(DeviceSpec::Cpu, zero).expect_err("refused").to_string().contains("queue"));
    let one = EngineOptions { threads: Some(1), ..EngineOptions::default() };
    let e = engine_with(one, vec![("m", Formula::default())]);
    assert_eq!(read(e.submit("m", ask("a", 4)).expect("taken")).0.len(), 4);
}
