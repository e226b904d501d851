//! What is written reads back; the products are right; damage is named.

use std::path::Path;

use safetensors::{Dtype, tensor::TensorView};

use super::{write, write_config};

use mixtral_engine::arch::{Config, RopeScaling, TensorRole, TensorSpec, interleaved_row, tensor_specs};
use mixtral_engine::error::Result;
use mixtral_engine::quant::GgmlType;
use mixtral_engine::weights::lora::{Adapter, AdapterConfig, CONFIG_FILE, Pair, WEIGHTS_FILE, fold};

fn shape() -> Config {
    Config {
        hidden_size: 16,
        layers: 2,
        heads: 4,
        kv_heads: 2,
        head_dim: 4,
        intermediate_size: 24,
        num_experts: 3,
        experts_per_token: 2,
        vocab_size: 10,
        max_context: 32,
        norm_eps: 1e-5,
        rope_theta: 100.0,
        rope_scaling: RopeScaling::None,
    }
}

/// Numbers that F16 holds exactly.
fn values(len: usize, seed: usize) -> Vec<f32> {
    (0..len).map(|i| ((i * 31 + seed * 17) % 127) as f32 / 64.0 - 1.0).collect()
}

fn config() -> AdapterConfig {
    let targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate", "w1", "w2", "w3"];
    AdapterConfig {
        base: "../base.gguf".into(),
        rank: 2,
        alpha: 3.0,
        targets: targets.map(String::from).to_vec(),
        whole: vec!["embed_tokens".into(), "lm_head".into()],
        ..AdapterConfig::default()
    }
}

fn is_whole(part: &TensorSpec) -> bool {
    matches!(part.role, TensorRole::Embedding | TensorRole::Output)
}

fn pairs(rank: usize, scale: f32) -> Vec<(TensorSpec, usize, Pair)> {
    let mut all = Vec::new();
    for part in tensor_specs(&shape()).into_iter().filter(|part| part.layer.is_some() && !part.role.is_norm()) {
        let [.., rows, cols] = part.dims[..] else { panic!("a matrix") };
        for expert in 0..if part.role.is_expert() { shape().num_experts } else { 1 } {
            let seed = all.len() * 2;
            let pair = Pair { rank, a: values(rank * cols, seed), b: values(rows * rank, seed + 1), scale };
            all.push((part.clone(), expert, pair));
        }
    }
    all
}

fn whole() -> Vec<(TensorSpec, Vec<f32>)> {
    let parts = tensor_specs(&shape()).into_iter().filter(is_whole);
    parts.enumerate().map(|(seed, part)| (part.clone(), values(part.len(), seed))).collect()
}

fn written(folder: &Path, config: &AdapterConfig, kind: GgmlType) -> Result<()> {
    let (rank, scale) = config.of("");
    write(folder, config, &shape(), &mut pairs(rank, scale).into_iter(), &mut whole().into_iter(), kind)
}

/// The names in the file, sorted.
fn names(folder: &Path) -> Vec<String> {
    let bytes = std::fs::read(folder.join(WEIGHTS_FILE)).expect("a file");
    let file = safetensors::SafeTensors::deserialize(&bytes).expect("safetensors");
    let mut names: Vec<String> = file.names().into_iter().map(str::to_owned).collect();
    names.sort();
    names
}

#[test]
fn what_is_written_reads_back_equal_in_every_type() {
    for kind in [GgmlType::F32, GgmlType::F16, GgmlType::BF16] {
        let folder = tempfile::tempdir().expect("a folder");
        written(folder.path(), &config(), kind).expect("written");
        let adapter = Adapter::open(folder.path(), &shape()).expect("an adapter");
        assert_eq!(adapter.config(), &config());
        for (part, expert, pair) in pairs(2, 1.5) {
            assert_eq!(adapter.pair(&part, expert).expect("reads").expect("is there"), pair, "{}", part.name());
            assert!(adapter.touches(&part).expect("reads"));
        }
        for (part, weights) in whole() {
            assert_eq!(adapter.whole(&part).expect("reads").expect("is there"), weights);
        }
        let norm = tensor_specs(&shape()).into_iter().find(|part| part.role.is_norm()).expect("a norm");
        assert!(!adapter.touches(&norm).expect("reads"));
        assert_eq!(adapter.pair(&norm, 0).expect("reads"), None);
    }
}

/// PEFT opens no adapter of routers or experts that has dropout, with transformers 5.
#[test]
fn dropout_is_written_only_where_peft_can_read_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = AdapterConfig { dropout: 0.05, ..config() };
    let dropout = |mut pairs: Vec<(TensorSpec, usize, Pair)>| {
        write(folder.path(), &config, &shape(), &mut pairs.drain(..), &mut std::iter::empty(), GgmlType::F16)
            .expect("written");
        AdapterConfig::read(folder.path()).expect("a configuration").dropout
    };
    assert_eq!(dropout(pairs(2, 1.5)), 0.0);
    assert_eq!(dropout(pairs(2, 1.5).into_iter().filter(|(part, ..)| part.role == TensorRole::Value).collect()), 0.05);
}

/// The arena may run under another account than the one that trained.
#[cfg(unix)]
#[test]
fn both_files_are_as_readable_as_any_other() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    written(folder.path(), &config(), GgmlType::F16).expect("written");
    std::fs::write(folder.path().join("other"), "").expect("written");
    let mode = |name: &str| std::fs::metadata(folder.path().join(name)).expect("a file").permissions().mode();
    assert_eq!((mode(WEIGHTS_FILE), mode(CONFIG_FILE)), (mode("other"), mode("other")));
}

#[test]
fn tensors_are_named_as_peft_names_them() {
    let folder = tempfile::tempdir().expect("a folder");
    written(folder.path(), &config(), GgmlType::F16).expect("written");
    let names = names(folder.path());
    for name in [
        "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight",
        "base_model.model.model.layers.1.self_attn.o_proj.lora_B.weight",
        "base_model.model.model.layers.1.block_sparse_moe.gate.lora_A.weight",
        "base_model.model.model.layers.0.block_sparse_moe.experts.2.w1.lora_B.weight",
        "base_model.model.model.embed_tokens.weight",
        "base_model.model.lm_head.weight",
    ] {
        assert!(names.iter().any(|n| n == name), "{name}");
    }
    // 2 layers of 4 attention matrices, a router and 3 matrices of 3 experts, and 2 whole modules
    assert_eq!(names.len(), 2 * 2 * (4 + 1 + 9) + 2);
}

/// Rotary halves in Hugging Face's order, neighbours in GGUF's: the rows of B move, those of A do not.
#[test]
fn query_rows_are_hugging_face_s_in_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    written(folder.path(), &config(), GgmlType::F32).expect("written");
    let bytes = std::fs::read(folder.path().join(WEIGHTS_FILE)).expect("a file");
    let file = safetensors::SafeTensors::deserialize(&bytes).expect("safetensors");
    let read = |which: &str| -> Vec<f32> {
        let name = format!("base_model.model.model.layers.0.self_attn.q_proj.lora_{which}.weight");
        let tensor = file.tensor(&name).expect("is there");
        tensor.data().as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
    };
    let (_, _, pair) = pairs(2, 1.5).into_iter().find(|(part, ..)| part.role == TensorRole::Query).expect("a query");
    assert_eq!(read("A"), pair.a);
    let stored = read("B");
    for (row, b) in pair.b.chunks_exact(2).enumerate() {
        assert_eq!(b, &stored[interleaved_row(row, 4) * 2..][..2], "row {row}");
    }
    // head 0 of width 4: rows 0 1 2 3 come from 0 2 1 3
    assert_eq!(pair.b[2..4], stored[4..6]);
}

#[test]
fn folding_adds_the_scaled_product() {
    let (rows, cols, rank) = (700, 12, 3); // more rows than one thread takes
    let pair = Pair { rank, a: values(rank * cols, 1), b: values(rows * rank, 2), scale: 0.25 };
    let start = values(rows * cols, 3);
    let mut weights = start.clone();
    fold(&pair, &mut weights, cols);
    for row in 0..rows {
        for col in 0..cols {
            let sum: f64 =
                (0..rank).map(|r| f64::from(pair.b[row * rank + r]) * f64::from(pair.a[r * cols + col])).sum();
            let expected = f64::from(start[row * cols + col]) + 0.25 * sum;
            // three products of numbers below 2 in F32
            assert!((f64::from(weights[row * cols + col]) - expected).abs() < 1e-6, "({row}, {col})");
        }
    }
}

#[test]
fn scales_follow_the_root_of_the_rank_and_the_patterns() {
    let folder = tempfile::tempdir().expect("a folder");
    let json = r#"{"peft_type": "LORA", "task_type": null, "r": 16, "lora_alpha": 32, "target_modules": "all-linear",
        "modules_to_save": null, "rank_pattern": {"q_proj": 4, "layers\\.1\\..*w1": 9}, "alpha_pattern": {"w1": 3}}"#;
    std::fs::write(folder.path().join(CONFIG_FILE), json).expect("written");
    let config = AdapterConfig::read(folder.path()).expect("a configuration");
    assert_eq!(config.of("model.layers.0.self_attn.k_proj"), (16, 2.0));
    assert_eq!(config.of("model.layers.0.self_attn.q_proj"), (4, 8.0));
    assert_eq!(config.of("model.layers.1.block_sparse_moe.experts.0.w1"), (9, 3.0 / 9.0));
    assert_eq!(config.of("model.layers.0.block_sparse_moe.experts.0.w1"), (16, 3.0 / 16.0));
    let root = AdapterConfig { rslora: true, ..config };
    assert_eq!(root.of("model.layers.0.self_attn.k_proj"), (16, 8.0));
    write_config(&root, folder.path()).expect("written");
    assert_eq!(AdapterConfig::read(folder.path()).expect("a configuration"), root);
}

fn refusal(result: Result<impl std::fmt::Debug>) -> String {
    result.expect_err("refused").to_string()
}

#[test]
fn settings_that_would_be_computed_wrongly_are_refused_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let read = |json: &str| {
        std::fs::write(folder.path().join(CONFIG_FILE), json).expect("written");
        refusal(AdapterConfig::read(folder.path()))
    };
    for (more, named) in [
        (r#""use_dora": true"#, "key use_dora"),
        (r#""fan_in_fan_out": true"#, "key fan_in_fan_out"),
        (r#""bias": "all""#, "key bias"),
        (r#""init_lora_weights": "pissa_niter_16""#, "key init_lora_weights"),
        (r#""layer_replication": [[0, 4]]"#, "key layer_replication"),
        (r#""task_type": "SEQ_CLS""#, "key task_type"),
        (r#""lora_alpha": "much""#, "key lora_alpha"),
        (r#""rank_pattern": {"(": 4}"#, "key rank_pattern"),
        (r#""alpha_pattern": {"w1": 1e99}"#, "key alpha_pattern"),
        (r#""target_modules": 3"#, "key target_modules"),
    ] {
        let message = read(&format!(r#"{{"peft_type": "LORA", "r": 8, {more}}}"#));
        assert!(message.contains(named), "{message}");
    }
    assert!(read(r#"{"peft_type": "LORA", "r": 0}"#).contains("key r: 0"));
    assert!(read(r#"{"peft_type": "IA3", "r": 8}"#).contains("IA3"));
    assert!(read(r#"{"r": 8}"#).contains("key peft_type"));
    assert!(read("[1]").contains("JSON"));
}

/// Writes a file of F32 tensors under names of one's own.
fn put(folder: &Path, tensors: &[(&str, &[usize])]) {
    let tensors: Vec<_> =
        tensors.iter().map(|(name, dims)| (*name, dims.to_vec(), vec![0.0; dims.iter().product()])).collect();
    put_values(folder, &tensors);
}

fn put_values<T: AsRef<str>>(folder: &Path, tensors: &[(T, Vec<usize>, Vec<f32>)]) {
    let bytes: Vec<Vec<u8>> = tensors.iter().map(|t| t.2.iter().flat_map(|v| v.to_le_bytes()).collect()).collect();
    let views = tensors.iter().zip(&bytes).map(|((name, dims, _), bytes)| {
        (name.as_ref(), TensorView::new(Dtype::F32, dims.clone(), bytes).expect("a tensor"))
    });
    safetensors::serialize_to_file(views, None, &folder.join(WEIGHTS_FILE)).expect("written");
}

#[test]
fn tensors_that_fit_no_part_are_refused_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    write_config(&config(), folder.path()).expect("written");
    let open = |tensors: &[(&str, &[usize])]| {
        put(folder.path(), tensors);
        refusal(Adapter::open(folder.path(), &shape()))
    };
    let q = "base_model.model.model.layers.0.self_attn.q_proj";
    let (a, b) = (format!("{q}.lora_A.weight"), format!("{q}.lora_B.weight"));
    // another rank, another base, a target of another architecture, half a pair, nothing
    for (tensors, named) in [
        (vec![(a.as_str(), [4, 16].as_slice()), (&b, &[16, 4])], format!("{a}: is [4, 16]")),
        (vec![(&a, &[2, 20]), (&b, &[20, 2])], format!("{a}: is [2, 20]")),
        (vec![(&a, &[2, 16]), (&b, &[2, 16])], format!("{b}: is [2, 16]")),
        (vec![(&a, &[2, 16])], format!("{b}: is missing")),
        (vec![("base_model.model.transformer.h.0.attn.c_attn.lora_A.weight", &[2, 16])], "c_attn.lora_A".to_owned()),
        (vec![("base_model.model.model.layers.2.self_attn.q_proj.lora_A.weight", &[2, 16])], "layers.2".to_owned()),
        (vec![("base_model.model.lm_head.weight", &[11, 16])], "lm_head.weight: is [11, 16]".to_owned()),
        (vec![], "holds no tensors".to_owned()),
    ] {
        let message = open(&tensors);
        assert!(message.contains(&named), "{message}");
    }
    let [w1, w2] = [0, 1].map(|e| format!("base_model.model.model.layers.0.block_sparse_moe.experts.{e}.w1.weight"));
    put(folder.path(), &[(&w1, &[24, 16]), (&w2, &[24, 16])]);
    let adapter = Adapter::open(folder.path(), &shape()).expect("an adapter");
    let gate = tensor_specs(&shape()).into_iter().find(|part| part.role == TensorRole::Gate).expect("a part");
    assert!(refusal(adapter.whole(&gate)).contains("other experts"));
}

#[test]
fn damaged_files_are_refused_and_never_panic() {
    let folder = tempfile::tempdir().expect("a folder");
    written(folder.path(), &config(), GgmlType::F16).expect("written");
    let file = folder.path().join(WEIGHTS_FILE);
    let whole = std::fs::read(&file).expect("a file");
    let open = |bytes: &[u8]| {
        std::fs::write(&file, bytes).expect("written");
        Adapter::open(folder.path(), &shape())
    };
    for length in [1, 7, 8, 9, 100, whole.len() / 2, whole.len() - 1] {
        assert!(refusal(open(&whole[..length])).contains(WEIGHTS_FILE), "{length} bytes");
    }
    assert!(refusal(open(&[&whole[..], b"!"].concat())).contains("no tensor"));
    let header = |text: &str| [&(text.len() as u64).to_le_bytes()[..], text.as_bytes(), &[0; 8]].concat();
    for (text, named) in [
        (r#"{"x": {"dtype": "F32", "shape": [2], "data_offsets": [0, 18446744073709551615]}}"#, "beyond"),
        (r#"{"x": {"dtype": "F32", "shape": [4611686018427387905, 4], "data_offsets": [0, 8]}}"#, "are not"),
        (r#"{"x": {"dtype": "F32", "shape": [2], "data_offsets": [8, 0]}}"#, "beyond"),
        (r#"{"x": {"dtype": "I8", "shape": [8], "data_offsets": [0, 8]}}"#, "I8"),
        (r#"{"x": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 8]}}"#, "tensor x"),
        (r#"{"x": 1}"#, "tensor x"),
        ("[]", "JSON"),
    ] {
        let message = refusal(open(&header(text)));
        assert!(message.contains(named), "{message}");
    }
    // Any byte of the header changed: refused or read, but no panic.
    for at in (0..whole.len().min(2000)).step_by(3) {
        let mut spoilt = whole.clone();
        spoilt[at] ^= 0x15;
        if let Ok(adapter) = open(&spoilt) {
            for part in tensor_specs(&shape()) {
                _ = (adapter.pair(&part, 0), adapter.whole(&part));
            }
        }
    }
    std::fs::remove_file(&file).expect("removed");
    assert!(refusal(Adapter::open(folder.path(), &shape())).contains(WEIGHTS_FILE));
    std::fs::write(folder.path().join("adapter_model.bin"), b"pickled").expect("written");
    assert!(refusal(Adapter::open(folder.path(), &shape())).contains("may run any program"));
    std::fs::remove_file(folder.path().join(CONFIG_FILE)).expect("removed");
    assert!(refusal(Adapter::open(folder.path(), &shape())).contains(CONFIG_FILE));
}

#[test]
fn numbers_that_are_none_are_refused_when_written_and_when_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let (part, _, mut pair) = pairs(2, 1.5).swap_remove(0);
    let put = |pair: &Pair, kind| {
        let mut one = std::iter::once((part.clone(), 0, pair.clone()));
        write(folder.path(), &config(), &shape(), &mut one, &mut std::iter::empty(), kind)
    };
    pair.a[3] = 70_000.0;
    assert!(refusal(put(&pair, GgmlType::F16)).contains("does not fit F16"));
    assert!(!folder.path().join(WEIGHTS_FILE).exists(), "nothing half done");
    put(&pair, GgmlType::BF16).expect("fits");
    pair.b[0] = f32::NAN;
    assert!(refusal(put(&pair, GgmlType::F32)).contains("lora_B"));
    assert!(
        refusal(put(&Pair { rank: 1, a: values(16, 1), b: values(16, 2), scale: 1.5 }, GgmlType::F32)).contains("rank")
    );

    let file = folder.path().join(WEIGHTS_FILE);
    let mut bytes = std::fs::read(&file).expect("a file");
    let end = bytes.len();
    bytes[end - 2..].copy_from_slice(&[0xff, 0x7f]); // a BF16 that is none
    std::fs::write(&file, bytes).expect("written");
    let adapter = Adapter::open(folder.path(), &shape()).expect("its shapes are right");
    assert!(refusal(adapter.pair(&part, 0)).contains("no number"));
}

/// As PEFT writes them with transformers 5, where the experts of a layer are two parameters of one module.
#[test]
fn experts_of_transformers_5_read_as_those_of_4() {
    let Config { hidden_size: hidden, intermediate_size: ffn, num_experts: experts, .. } = shape();
    let folder = tempfile::tempdir().expect("a folder");
    let json = r#"{"peft_type": "LORA", "r": 2, "lora_alpha": 3, "target_parameters": ["gate_up_proj", "down_proj"],
        "target_modules": [], "rank_pattern": {".*\\.gate_up_proj": 4}, "alpha_pattern": {".*\\.gate_up_proj": 6}}"#;
    std::fs::write(folder.path().join(CONFIG_FILE), json).expect("written");
    let module = "base_model.model.model.layers.1.mlp.experts";
    let tensors = [
        (format!("{module}.base_layer.lora_A.weight"), vec![experts * 4, hidden], values(experts * 4 * hidden, 1)),
        (format!("{module}.base_layer.lora_B.weight"), vec![2 * ffn, 4 * experts], values(2 * ffn * 4 * experts, 2)),
        (format!("{module}.lora_A.weight"), vec![experts * 2, ffn], values(experts * 2 * ffn, 3)),
        (format!("{module}.lora_B.weight"), vec![hidden, 2 * experts], values(hidden * 2 * experts, 4)),
        ("base_model.model.model.layers.0.mlp.gate.lora_A.weight".into(), vec![2, hidden], values(2 * hidden, 5)),
        ("base_model.model.model.layers.0.mlp.gate.lora_B.weight".into(), vec![experts, 2], values(experts * 2, 6)),
    ];
    put_values(folder.path(), &tensors);
    let adapter = Adapter::open(folder.path(), &shape()).expect("an adapter");
    let part = |role, layer| {
        tensor_specs(&shape()).into_iter().find(|part| part.role == role && part.layer == Some(layer)).expect("a part")
    };
    let [up_a, up_b, down_a, down_b, ..] = &tensors;
    for expert in 0..experts {
        for (role, first) in [(TensorRole::Gate, 0), (TensorRole::Up, ffn)] {
            let pair = adapter.pair(&part(role, 1), expert).expect("reads").expect("is there");
            assert_eq!((pair.rank, pair.scale), (4, 1.5));
            assert_eq!(pair.a, up_a.2[expert * 4 * hidden..][..4 * hidden]);
            // PEFT: B.reshape(out, rank, experts)
            for (at, value) in pair.b.iter().enumerate() {
                let (row, r) = (first + at / 4, at % 4);
                assert_eq!(*value, up_b.2[(row * 4 + r) * experts + expert]);
            }
        }
        let pair = adapter.pair(&part(TensorRole::Down, 1), expert).expect("reads").expect("is there");
        assert_eq!(pair.a, down_a.2[expert * 2 * ffn..][..2 * ffn]);
        for (at, value) in pair.b.iter().enumerate() {
            assert_eq!(*value, down_b.2[(at / 2 * 2 + at % 2) * experts + expert]);
        }
    }
    assert!(adapter.pair(&part(TensorRole::Gate, 0), 0).expect("reads").is_none());
    let router = adapter.pair(&part(TensorRole::Router, 0), 0).expect("reads").expect("is there");
    assert_eq!((router.a, router.b), (tensors[4].2.clone(), tensors[5].2.clone()));
}

/// PEFT keeps an embedding's pair the other way round.
#[test]
fn a_pair_beside_the_embedding_reads_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let part = tensor_specs(&shape()).swap_remove(0);
    let pair = Pair { rank: 2, a: values(32, 1), b: values(20, 2), scale: 1.5 };
    let mut one = std::iter::once((part.clone(), 0, pair.clone()));
    write(folder.path(), &config(), &shape(), &mut one, &mut std::iter::empty(), GgmlType::F16).expect("written");
    assert_eq!(names(folder.path())[0], "base_model.model.model.embed_tokens.lora_embedding_A");
    let adapter = Adapter::open(folder.path(), &shape()).expect("an adapter");
    assert_eq!(adapter.pair(&part, 0).expect("reads"), Some(pair));
}
