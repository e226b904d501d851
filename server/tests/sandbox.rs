//! Files that strangers made, looked at and served by the real program: nothing in them takes more down than itself.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

#[path = "../../engine/tests/whole/variants.rs"]
mod variants;
mod worker_support;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use arena_server::backends::{AddressPolicy, ChatEvent, ChatRequest, Message, ModelClients, Role, Sampling};
use arena_server::domain::{Device, DevicePreference, ModelId};
use arena_server::i18n::Locale;
use arena_server::inference_server::Inspector;
use arena_server::inference_server::inspect::{Depth, InspectError, ModelFacts, Template, Trial};
use arena_server::supervisor::{LoadState, LocalModel, Workers, WorkersOptions};
use futures_util::StreamExt;
use mixtral_engine::formats::gguf::{Gguf, Value};
use mixtral_engine::quant::GgmlType;
use uuid::Uuid;
use variants::variant;
use worker_support::{arena, demo, until};

fn pupil() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/models/pupil-5m-q4_K.gguf")
}

fn with_template(folder: &Path, template: &str) -> PathBuf {
    let value = |key: &str, _: &Value| (key == "tokenizer.chat_template").then(|| Value::String(template.to_owned()));
    variant(&pupil(), folder, |_| {}, value)
}

fn look(path: &Path) -> Result<ModelFacts, InspectError> {
    Inspector::new(arena()).inspect(path, None, None, Depth::Trial, None)
}

/// The same for a contestant that brings a template.
fn look_with(path: &Path, template: &str) -> Result<ModelFacts, InspectError> {
    Inspector::new(arena()).inspect(path, None, None, Depth::Trial, Some(template))
}

#[test]
fn a_good_file_answers_before_it_is_registered() {
    let facts = look(&pupil()).unwrap();
    assert!(matches!(facts.trial, Trial::Answered(_)), "{:?}", facts.trial);
    assert_eq!(facts.quantisation, "Q4_K");
    // A mix is named as the file says, not by the type of most bytes.
    let facts = Inspector::new(arena()).inspect(&demo("q2_K"), None, None, Depth::Header, None).unwrap();
    assert_eq!((facts.quantisation.as_str(), facts.trial), ("Q2_K", Trial::None));
}

#[test]
fn templates_that_crash_or_hang_their_reader_are_refused_and_harm_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let doubled =
        "{% set x = namespace(v=[1]) %}{% for i in range(60) %}{% set x.v = x.v + x.v %}{% endfor %}{{ x.v }}";
    for template in [
        format!("{{{{ {}a }}}}", "-".repeat(5_000)),
        format!("{{{{ a{} }}}}", ".b".repeat(5_000)),
        format!("{{{{ a{} }}}}", "()".repeat(5_000)),
        format!("{{{{ a{} }}}}", "|abs".repeat(5_000)),
        format!("{{{{ a{} }}}}", "+1".repeat(5_000)),
        format!("{{% if a %}}{}{{% endif %}}", "{% elif a %}".repeat(5_000)),
        "{% set ns = namespace() %}{% set ns.x = ns %}{{ ns }}".to_owned(),
        "{% set ns = namespace() %}{% set ns.x = ns %}{{ ns == ns }}{{ ns|tojson }}".to_owned(),
        doubled.to_owned(),
        "{{ '%10000000000d' % 1 }}{{ '%10000000000d'|format(1) }}".to_owned(),
        "{{ 'x' * 10000000000 }}".to_owned(),
        "{% set s = namespace(v='x') %}{% for i in range(60) %}{% set s.v = s.v ~ s.v %}{% endfor %}{{ s.v|length }}"
            .to_owned(),
        "{% for a in range(99999) %}{% for b in range(99999) %}{{ '' }}{% endfor %}{% endfor %}".to_owned(),
        "{% for message in messages %}".to_owned(),
        "{{ raise_exception('never') }}".to_owned(),
    ] {
        let begin: String = template.chars().take(60).collect();
        let refused = look(&with_template(folder.path(), &template));
        let known = matches!(&refused, Err(InspectError::Template(_) | InspectError::Crashed(_)));
        assert!(known, "{begin}: {refused:?}");
        // A contestant's own, beside a file whose template is good; and for an endpoint.
        let refused = look_with(&pupil(), &template);
        assert!(matches!(&refused, Err(InspectError::OwnTemplate(_))), "{begin}: {refused:?}");
        assert!(Inspector::new(arena()).check_template(&template).is_err(), "{begin}");
    }
    let own = look_with(&pupil(), "{{ bos_token }}{{ messages[0].content }}").unwrap();
    assert_eq!(own.template, Template::Own);
    look(&with_template(folder.path(), "{% generation %}{{ messages[0].content }}{% endgeneration %}")).unwrap();
}

#[test]
fn what_cannot_be_computed_is_refused_before_it_is_registered() {
    let folder = tempfile::tempdir().unwrap();
    let spoilt = variant(
        &pupil(),
        folder.path(),
        |tensor| {
            if tensor.name == "blk.0.ffn_down_exps.weight" {
                assert!(matches!(tensor.kind, GgmlType::Q4_K | GgmlType::Q5_K | GgmlType::Q8_0), "{}", tensor.kind);
                tensor.bytes[..2].copy_from_slice(&0x7c00u16.to_le_bytes());
            }
        },
        |_, _| None,
    );
    let refused = look(&spoilt);
    assert!(
        matches!(&refused, Err(InspectError::Refused(why)) if why.to_string().contains("blk.0.ffn_down_exps")),
        "{refused:?}"
    );
    let foreign = variant(
        &pupil(),
        folder.path(),
        |tensor| {
            if tensor.name == "blk.0.attn_q.weight" {
                tensor.kind = GgmlType::Q8_K;
                let weights = tensor.dims.iter().product::<usize>() as u64;
                tensor.bytes = vec![0; usize::try_from(GgmlType::Q8_K.bytes_of(weights).unwrap()).unwrap()];
            }
        },
        |_, _| None,
    );
    for depth in [Depth::Header, Depth::Trial] {
        let refused = Inspector::new(arena()).inspect(&foreign, None, None, depth, None);
        assert!(
            matches!(&refused, Err(InspectError::Refused(why)) if why.to_string().contains("blk.0.attn_q")),
            "{refused:?}"
        );
    }
    let pipe = folder.path().join("pipe.gguf");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for path in [pipe.as_path(), Path::new("/dev/zero"), Path::new("/proc/self/mem")] {
        assert!(matches!(look(path), Err(InspectError::Refused(_))), "{}", path.display());
    }
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

fn state(workers: &Workers, n: u128) -> LoadState {
    let id = ModelId(Uuid::from_u128(n));
    workers.state().models.into_iter().find(|model| model.id == id).unwrap().state
}

/// Whether a model answers this.
async fn answers(backends: &ModelClients, workers: &Workers, n: u128, what: &str) -> bool {
    prompt_tokens(backends, workers, n, what, None).await.is_some()
}

/// The tokens of its prompt, if it answers this, laid out by this template.
async fn prompt_tokens(
    backends: &ModelClients,
    workers: &Workers,
    n: u128,
    what: &str,
    template: Option<&str>,
) -> Option<u64> {
    let endpoint = workers.endpoint_of(ModelId(Uuid::from_u128(n)))?;
    let request = ChatRequest {
        messages: vec![Message { role: Role::User, content: what.to_owned() }],
        sampling: Sampling { max_tokens: Some(5), ..Sampling::default() },
        chat_template: template.map(str::to_owned),
    };
    let mut events = backends.chat(&endpoint.with_retries(0), request);
    while let Some(event) = events.next().await {
        if let Ok(ChatEvent::Finished { usage, .. }) = event {
            return usage.prompt_tokens;
        }
    }
    None
}

#[tokio::test(flavor = "multi_thread")]
async fn one_copy_of_the_weights_answers_by_the_template_of_each_request_and_a_hostile_one_harms_no_other() {
    let backends = ModelClients::new(AddressPolicy::default());
    let options = WorkersOptions {
        devices: vec![DevicePreference::On(Device::Cpu)],
        memory: vec![],
        executable: arena(),
        drain: Duration::from_secs(5),
    };
    let workers = Workers::start(&options).unwrap();
    workers.reconcile(vec![model(0, &demo("q4_K"))], &HashSet::new());
    until("it is loaded", async || matches!(state(&workers, 0), LoadState::Ready { .. })).await;
    let tokens = async |template: Option<&str>| prompt_tokens(&backends, &workers, 0, "春", template).await;
    let own = tokens(None).await.unwrap();
    let short = tokens(Some("{{ messages[0].content }}")).await.unwrap();
    let long = tokens(Some("{% for i in range(40) %}{{ messages[0].content }}{% endfor %}")).await.unwrap();
    assert!(short < own && long >= short + 39, "{short} {own} {long}");
    assert_eq!((tokens(None).await, tokens(Some("{{ messages[0].content }}")).await), (Some(own), Some(short)));
    let doubled =
        "{% set x = namespace(v=[1]) %}{% for i in range(60) %}{% set x.v = x.v + x.v %}{% endfor %}{{ x.v }}";
    for bad in
        [doubled, "{% set ns = namespace() %}{% set ns.x = ns %}{{ ns }}", "{% for m in messages %}", "{{ a.b.c }}"]
    {
        for time in 0..4 {
            assert_eq!(tokens(Some(bad)).await, None, "{bad}");
            assert_eq!(tokens(None).await, Some(own), "{bad}, {time}: others answer as before");
        }
        assert!(matches!(state(&workers, 0), LoadState::Ready { .. }), "{bad} has its model set aside");
    }
    assert_eq!(tokens(Some("{{ messages[0].content }}")).await, Some(short));
    assert_eq!(workers.state().workers[0].restarts, 0, "the worker never ended");
    workers.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_that_crashes_when_a_visitor_asks_costs_its_model_and_nobody_else() {
    let backends = ModelClients::new(AddressPolicy::default());
    let options = WorkersOptions {
        devices: vec![DevicePreference::On(Device::Cpu)],
        memory: vec![],
        executable: arena(),
        drain: Duration::from_secs(5),
    };
    let workers = Workers::start(&options).unwrap();
    let folders: Vec<_> = (0..3).map(|_| tempfile::tempdir().unwrap()).collect();
    let mines = [
        "{% set ns = namespace() %}{% set ns.x = ns %}{{ ns }}",
        "{% set x = namespace(v=[1]) %}{% for i in range(60) %}{% set x.v = x.v + x.v %}{% endfor %}{{ x.v }}",
        "{% set ns = namespace() %}{% set ns.x = [ns] %}{{ ns|tojson }}",
    ];
    let mut models = vec![model(0, &demo("q4_K"))];
    for (n, (folder, mine)) in (1..).zip(folders.iter().zip(mines)) {
        let template = format!(
            "{{% if 'boom' in messages[-1].content %}}{mine}{{% endif %}}{{{{ bos_token }}}}[INST] {{{{ messages[-1].content }}}} [/INST]"
        );
        models.push(model(n, &with_template(folder.path(), &template)));
    }
    workers.reconcile(models, &HashSet::new());
    until("all are loaded", async || (0..4).all(|n| matches!(state(&workers, n), LoadState::Ready { .. }))).await;
    let pid = workers.state().workers[0].pid;
    for n in 1..4 {
        assert!(answers(&backends, &workers, n, "春").await, "model {n} answers what is harmless");
        assert!(!answers(&backends, &workers, n, "boom").await);
        assert!(answers(&backends, &workers, n, "春").await, "model {n} answers after one crash");
        assert!(!answers(&backends, &workers, n, "boom").await);
        assert!(answers(&backends, &workers, 0, "春").await, "the others go on");
        until("it rests after the second", async || matches!(state(&workers, n), LoadState::Failed { .. })).await;
        let LoadState::Failed { error } = state(&workers, n) else { unreachable!("just seen") };
        assert!(error.to_string().contains("chat template crashed 2 times"), "{error}");
        assert!(error.text(Locale::Zh).contains("聊天模板已崩溃 2 次"), "{error}");
        assert!(!answers(&backends, &workers, n, "春").await, "it is not asked while it rests");
    }
    let worker = workers.state().workers.remove(0);
    assert_eq!((worker.pid, worker.restarts), (pid, 0), "the worker never ended");
    // An administrator may try it again.
    workers.retry(ModelId(Uuid::from_u128(1)));
    until("it is back", async || answers(&backends, &workers, 1, "春").await).await;
    workers.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_does_not_answer_is_not_taken_into_a_worker() {
    let options = WorkersOptions {
        devices: vec![DevicePreference::On(Device::Cpu)],
        memory: vec![],
        executable: arena(),
        drain: Duration::from_secs(5),
    };
    let workers = Workers::start(&options).unwrap();
    let folders: Vec<_> = (0..2).map(|_| tempfile::tempdir().unwrap()).collect();
    let mute = with_template(folders[0].path(), "{{ raise_exception('never') }}");
    // Finite in the file, and no number once it is computed.
    let overflowing = variant(
        &pupil(),
        folders[1].path(),
        |tensor| {
            if tensor.name == "blk.0.ffn_norm.weight" {
                assert_eq!(tensor.kind, GgmlType::F32);
                tensor.bytes = f32::MAX.to_le_bytes().repeat(tensor.dims[0]);
            }
        },
        |_, _| None,
    );
    assert!(Gguf::open(&overflowing).is_ok());
    workers.reconcile(vec![model(1, &mute), model(2, &overflowing), model(3, &demo("q4_K"))], &HashSet::new());
    until("all are decided", async || {
        matches!(state(&workers, 1), LoadState::Failed { .. })
            && matches!(state(&workers, 2), LoadState::Failed { .. })
            && matches!(state(&workers, 3), LoadState::Ready { .. })
    })
    .await;
    let LoadState::Failed { error } = state(&workers, 1) else { unreachable!("just seen") };
    assert!(error.to_string().contains("never"), "{error}");
    let LoadState::Failed { error } = state(&workers, 2) else { unreachable!("just seen") };
    assert!(error.to_string().contains("finite"), "{error}");
    workers.shutdown().await;
}
