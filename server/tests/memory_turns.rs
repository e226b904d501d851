//! Models that do not fit into memory together, in real worker processes.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod worker_support;

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use arena_server::backends::{
    AddressPolicy, BackendError, ChatEvent, ChatRequest, ErrorKind, Message, ModelClients, Role, Sampling,
};
use arena_server::domain::{Device, DevicePreference, MemoryBudget, ModelId};
use arena_server::supervisor::{LoadState, LocalModel, PlacementError, WorkerState, Workers, WorkersOptions};
use futures_util::StreamExt;
use futures_util::future::join_all;
use uuid::Uuid;
use worker_support::{arena, demo, until};

/// The estimate of a demo model lies between half of this and this.
const ONE: u64 = 200 << 20;

fn workers(memory: u64) -> Workers {
    let options = WorkersOptions {
        devices: vec![DevicePreference::On(Device::Cpu)],
        memory: vec![MemoryBudget { device: None, bytes: memory }],
        executable: arena(),
        drain: Duration::from_secs(5),
    };
    Workers::start(&options).unwrap()
}

fn model(n: u128, path: &Path) -> LocalModel {
    LocalModel {
        id: id(n),
        name: format!("model-{n}"),
        path: path.to_owned(),
        base: None,
        device: DevicePreference::Auto,
        context: None,
    }
}

fn three() -> Vec<LocalModel> {
    vec![model(1, &demo("q8_0")), model(2, &demo("q4_K")), model(3, &demo("q2_K"))]
}

fn id(n: u128) -> ModelId {
    ModelId(Uuid::from_u128(n))
}

fn state(workers: &Workers, n: u128) -> LoadState {
    workers.state().models.into_iter().find(|model| model.id == id(n)).unwrap().state
}

fn in_memory(workers: &Workers) -> usize {
    let models = workers.state().models;
    models.iter().filter(|one| matches!(one.state, LoadState::Ready { .. } | LoadState::Loading { .. })).count()
}

fn pid(workers: &Workers) -> Option<u32> {
    workers.state().workers[0].pid
}

/// The memory that a process takes up, as the system says.
fn resident(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes * 1024)
}

fn request() -> ChatRequest {
    ChatRequest {
        messages: vec![Message { role: Role::User, content: "写一首春天的诗".into() }],
        sampling: Sampling { max_tokens: Some(24), ..Sampling::default() },
        chat_template: None,
    }
}

/// One answer of a model, in its turn.
async fn answer(backends: &ModelClients, workers: &Workers, n: u128) -> Result<String, BackendError> {
    let (endpoint, _lease) = workers.enter(id(n), Uuid::new_v4(), 50).await?;
    let mut text = String::new();
    let mut events = backends.chat(&endpoint, request());
    while let Some(event) = events.next().await {
        if let ChatEvent::Delta { text: piece } = event? {
            text += &piece;
        }
    }
    Ok(text)
}

#[tokio::test(flavor = "multi_thread")]
async fn three_models_answer_in_the_memory_of_one_and_no_more_is_ever_taken() {
    let backends = ModelClients::new(AddressPolicy::default());
    let workers = workers(ONE);
    workers.reconcile(three(), &HashSet::new());
    until("a worker", async || workers.state().workers[0].state == WorkerState::Running).await;
    let (is_over, most_models, most_bytes) =
        (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let watch = {
        let (workers, is_over) = (workers.clone(), is_over.clone());
        let (most_models, most_bytes) = (most_models.clone(), most_bytes.clone());
        tokio::spawn(async move {
            while !is_over.load(Ordering::Relaxed) {
                most_models.fetch_max(in_memory(&workers) as u64, Ordering::Relaxed);
                most_bytes.fetch_max(pid(&workers).and_then(resident).unwrap_or(0), Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
    };
    for round in 0..3 {
        for n in [1, 2, 3] {
            let text = answer(&backends, &workers, n).await.unwrap();
            assert!(!text.is_empty(), "round {round}, model {n}");
            assert!(matches!(state(&workers, n), LoadState::Ready { .. }), "{:?}", state(&workers, n));
        }
    }
    assert_eq!((state(&workers, 1), state(&workers, 2)), (LoadState::Away, LoadState::Away));
    assert!(workers.wait(id(1)).is_some_and(|wait| wait >= Duration::from_secs(1)), "it can soon be had");
    assert_eq!(workers.wait(id(3)), Some(Duration::ZERO));
    // All at once: each model is loaded once or twice for all of its requests.
    let answers = join_all((0..18).map(|n| answer(&backends, &workers, n % 3 + 1))).await;
    assert!(answers.iter().all(|answer| answer.as_ref().is_ok_and(|text| !text.is_empty())), "{answers:?}");
    is_over.store(true, Ordering::Relaxed);
    watch.await.unwrap();
    let worker = workers.state().workers.remove(0);
    assert_eq!(worker.restarts, 0);
    assert_eq!(most_models.load(Ordering::Relaxed), 1);
    let most = most_bytes.load(Ordering::Relaxed);
    assert!(most > 10 << 20 && most <= ONE, "{most} bytes were resident");
    // What the worker says of itself is that, about.
    assert!(worker.resident.is_some_and(|said| said <= most + (8 << 20)), "{:?}", worker.resident);
    workers.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pinned_model_never_leaves_and_what_fits_into_no_memory_is_refused() {
    let backends = ModelClients::new(AddressPolicy::default());
    let workers = workers(2 * ONE - (40 << 20));
    let huge = LocalModel { context: Some(1 << 22), ..model(4, &demo("q2_K")) };
    let mut all = three();
    all.push(huge);
    workers.reconcile(all, &HashSet::from([id(3)]));
    until("the pinned one is there", async || matches!(state(&workers, 3), LoadState::Ready { .. })).await;
    let LoadState::Unplaced { reason: PlacementError::NoMemory { needed, free } } = state(&workers, 4) else {
        panic!("{:?}", state(&workers, 4))
    };
    assert!(needed > 2 * ONE && free < 2 * ONE - (128 << 20), "{needed} of {free}");
    assert_eq!(answer(&backends, &workers, 4).await.unwrap_err().kind, ErrorKind::NotReady);
    assert_eq!(workers.wait(id(4)), None);
    for n in [1, 2, 1, 2, 3, 1] {
        answer(&backends, &workers, n).await.unwrap();
        assert!(matches!(state(&workers, 3), LoadState::Ready { .. }));
        assert!(in_memory(&workers) <= 2);
    }
    let pinned: Vec<bool> = workers.state().models.iter().map(|model| model.is_pinned).collect();
    assert_eq!(pinned, [false, false, true, false]);
    // Another one is pinned: nothing is loaded anew that is there.
    workers.reconcile(three(), &HashSet::from([id(1), id(3)]));
    answer(&backends, &workers, 1).await.unwrap();
    let refused = answer(&backends, &workers, 2).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::NotReady, "pinned ones leave no room for it");
    assert!(matches!(state(&workers, 2), LoadState::Unplaced { .. }));
    workers.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_is_answered_though_the_worker_dies_while_it_loads_and_told_where_the_model_goes_or_is_broken() {
    let backends = ModelClients::new(AddressPolicy::default());
    let workers = workers(ONE);
    let broken = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let mut all = three();
    all.push(model(4, &broken));
    workers.reconcile(all.clone(), &HashSet::new());
    let ask = |n| {
        let (backends, workers) = (backends.clone(), workers.clone());
        tokio::spawn(async move { answer(&backends, &workers, n).await })
    };
    answer(&backends, &workers, 1).await.unwrap();
    let waiting = ask(2);
    until("it is on its way", async || matches!(state(&workers, 2), LoadState::Loading { .. })).await;
    assert_eq!(workers.waits().len(), 1, "somebody waits for it");
    let first = rustix::process::Pid::from_raw(i32::try_from(pid(&workers).unwrap()).unwrap()).unwrap();
    rustix::process::kill_process(first, rustix::process::Signal::KILL).unwrap();
    assert!(!waiting.await.unwrap().unwrap().is_empty(), "by the next worker");
    assert_eq!((workers.state().workers[0].restarts, workers.waits().len()), (1, 0));

    let broken = answer(&backends, &workers, 4).await.unwrap_err();
    assert_eq!(broken.kind, ErrorKind::NotReady);
    assert!(matches!(state(&workers, 4), LoadState::Failed { .. }));
    assert_eq!(workers.wait(id(4)), None);

    let waiting = ask(3);
    until("it is on its way", async || matches!(state(&workers, 3), LoadState::Loading { .. })).await;
    workers.reconcile(all[..2].to_vec(), &HashSet::new());
    assert_eq!(waiting.await.unwrap().unwrap_err().kind, ErrorKind::NotReady, "an administrator disabled it");
    for n in [1, 2] {
        answer(&backends, &workers, n).await.unwrap();
    }
    assert_eq!(in_memory(&workers), 1);
    workers.shutdown().await;
}
