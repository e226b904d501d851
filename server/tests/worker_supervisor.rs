//! The supervisor with real worker processes: loading, crashing, changing, stopping.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod worker_support;

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use arena_server::backends::{AddressPolicy, ChatEvent, ChatRequest, ErrorKind, Message, ModelClients, Role, Sampling};
use arena_server::domain::{Device, DevicePreference, ModelId};
use arena_server::i18n::Locale;
use arena_server::supervisor::{LoadState, LocalModel, PlacementError, WorkerState, Workers, WorkersOptions};
use futures_util::StreamExt;
use uuid::Uuid;
use worker_support::{arena, demo, until};

fn workers() -> Workers {
    let options = WorkersOptions {
        devices: vec![DevicePreference::On(Device::Cpu)],
        memory: vec![],
        executable: arena(),
        drain: Duration::from_secs(5),
    };
    Workers::start(&options).unwrap()
}

fn model(n: u128, path: &Path) -> LocalModel {
    LocalModel {
        id: ModelId(Uuid::from_u128(n)),
        name: format!("model-{n}"),
        path: path.to_owned(),
        base: None,
        device: DevicePreference::Auto,
        context: None,
    }
}

fn id(n: u128) -> ModelId {
    ModelId(Uuid::from_u128(n))
}

fn state(workers: &Workers, n: u128) -> LoadState {
    workers.state().models.into_iter().find(|model| model.id == id(n)).unwrap().state
}

fn pid(workers: &Workers) -> Option<rustix::process::Pid> {
    let pid = workers.state().workers[0].pid?;
    rustix::process::Pid::from_raw(i32::try_from(pid).unwrap())
}

fn request(max_tokens: u32) -> ChatRequest {
    ChatRequest {
        messages: vec![Message { role: Role::User, content: "写一首春天的诗".into() }],
        sampling: Sampling { max_tokens: Some(max_tokens), ..Sampling::default() },
        chat_template: None,
    }
}

async fn answers(backends: &ModelClients, workers: &Workers, n: u128) -> bool {
    let Some(endpoint) = workers.endpoint_of(id(n)) else { return false };
    let mut text = String::new();
    let mut events = backends.chat(&endpoint, request(5));
    while let Some(event) = events.next().await {
        match event {
            Ok(ChatEvent::Retracted) => panic!("a small model thinks nothing"),
            Ok(ChatEvent::Delta { text: piece }) => text += &piece,
            Ok(ChatEvent::Finished { usage, .. }) => return !text.is_empty() && !usage.estimated,
            Ok(ChatEvent::Thinking | ChatEvent::Asked(_) | ChatEvent::AnsweredBy(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
    false
}

#[tokio::test(flavor = "multi_thread")]
async fn two_models_answer_a_broken_one_stops_nobody_and_a_killed_worker_comes_back() {
    // Own workers are exempt from the policy that keeps registered endpoints out of the network.
    let backends = ModelClients::new(AddressPolicy::default());
    let workers = workers();
    assert_eq!(workers.state().workers[0].state, WorkerState::Idle);
    let broken = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let mut elsewhere = model(4, &demo("q8_0"));
    elsewhere.device = DevicePreference::On(Device::Cuda(9));
    workers.reconcile(
        vec![model(1, &demo("q8_0")), model(2, &broken), model(3, &demo("q4_K")), elsewhere],
        &HashSet::new(),
    );
    until("both good models answer", async || {
        answers(&backends, &workers, 1).await && answers(&backends, &workers, 3).await
    })
    .await;
    let LoadState::Failed { error } = state(&workers, 2) else { panic!("{:?}", state(&workers, 2)) };
    let said = error.text(Locale::Zh);
    assert!(error.to_string().contains("Cargo.toml") && said.contains("Cargo.toml"), "{error}");
    assert!(error.to_string().contains("this is not a GGUF file") && said.contains("这不是 GGUF 文件"), "{said}");
    assert_eq!(
        state(&workers, 4),
        LoadState::Unplaced { reason: PlacementError::NoSuchDevice { device: "cuda:9".into() } }
    );
    assert!(workers.endpoint_of(id(2)).is_none() && workers.endpoint_of(id(4)).is_none());

    // Killed in the middle of answers: the readers are told at once, and the worker comes back.
    let endpoint = workers.endpoint_of(id(1)).unwrap().with_retries(0);
    let mut streams: Vec<_> = (0..12).map(|_| backends.chat(&endpoint, request(200))).collect();
    assert!(matches!(streams[0].next().await, Some(Ok(ChatEvent::Delta { .. }))));
    let first = pid(&workers).unwrap();
    rustix::process::kill_process(first, rustix::process::Signal::KILL).unwrap();
    let mut broken = 0;
    for stream in &mut streams {
        let mut last = None;
        while let Some(event) = stream.next().await {
            last = Some(event);
        }
        match last.unwrap() {
            Err(error) => {
                assert_eq!(error.kind, ErrorKind::Interrupted, "{error}");
                broken += 1;
            }
            Ok(event) => assert!(matches!(event, ChatEvent::Finished { .. })),
        }
    }
    assert!(broken > 0, "twelve answers take longer than the first token of one");
    until("the crash is shown", async || {
        let worker = workers.state().workers.remove(0);
        match worker.state {
            WorkerState::Crashed { reason, next_try } => {
                assert!(
                    reason.to_string().contains("signal 9") && reason.text(Locale::Zh).contains("信号 9"),
                    "{reason}"
                );
                assert!(next_try > chrono::Utc::now() - chrono::TimeDelta::seconds(5));
                true
            }
            _ => worker.restarts > 0,
        }
    })
    .await;
    assert!(workers.endpoint_of(id(1)).is_none() || pid(&workers) != Some(first), "no door to a dead worker");
    until("both answer again", async || answers(&backends, &workers, 1).await && answers(&backends, &workers, 3).await)
        .await;
    let view = workers.state().workers.remove(0);
    assert_eq!((view.restarts, view.state), (1, WorkerState::Running));
    assert!(view.log.iter().all(|line| !line.contains("春天")), "no prompt in the log: {:?}", view.log);

    // The list changes without a restart.
    let second = pid(&workers).unwrap();
    workers.reconcile(vec![model(3, &demo("q4_K")), model(5, &demo("q2_K"))], &HashSet::new());
    until("the new one answers", async || answers(&backends, &workers, 5).await).await;
    assert!(workers.endpoint_of(id(1)).is_none());
    assert!(answers(&backends, &workers, 3).await);
    assert_eq!(pid(&workers), Some(second), "the worker was not started again");

    workers.shutdown().await;
    assert_eq!(workers.state().workers[0].state, WorkerState::Stopped);
    assert!(rustix::process::test_kill_process(second).is_err(), "no process is left");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_cannot_start_is_tried_again_with_growing_pauses() {
    let options = WorkersOptions {
        devices: vec![DevicePreference::On(Device::Cpu)],
        memory: vec![],
        executable: "/bin/false".into(),
        drain: Duration::from_secs(1),
    };
    let workers = Workers::start(&options).unwrap();
    workers.reconcile(vec![model(1, &demo("q8_0"))], &HashSet::new());
    until("it was tried twice", async || workers.state().workers[0].restarts >= 1).await;
    until("the crash is shown", async || {
        matches!(&workers.state().workers[0].state, WorkerState::Crashed { reason, .. } if reason.to_string().contains("status 1"))
    })
    .await;
    assert_eq!(state(&workers, 1), LoadState::Waiting, "the model is not to blame");
    workers.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_model_no_process_runs_and_without_a_device_a_model_says_so() {
    let none = WorkersOptions { devices: vec![], memory: vec![], executable: arena(), drain: Duration::from_secs(1) };
    let workers = Workers::start(&none).unwrap();
    workers.reconcile(vec![model(1, &demo("q8_0"))], &HashSet::new());
    assert_eq!(state(&workers, 1), LoadState::Unplaced { reason: PlacementError::NoDevices });
    workers.shutdown().await;

    let workers = self::workers();
    workers.reconcile(vec![model(1, &demo("q2_K"))], &HashSet::new());
    until("it is ready", async || workers.endpoint_of(id(1)).is_some()).await;
    workers.reconcile(vec![], &HashSet::new());
    until("the worker is stopped", async || workers.state().workers[0].state == WorkerState::Idle).await;
    assert_eq!(pid(&workers), None);
    workers.shutdown().await;
}
