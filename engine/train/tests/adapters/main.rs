//! Adapters on their base: beside it, and put into it when it is loaded, against models that were merged before.

mod together;

#[expect(dead_code, reason = "helpers of the golden tests, of which these here need some")]
#[path = "../../../tests/golden/drive.rs"]
mod drive;
#[expect(dead_code, reason = "helpers of the golden tests, of which these here need some")]
#[path = "../../../tests/golden/tiny.rs"]
mod tiny;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use mixtral_engine::arch::{Config, TensorRole, TensorSpec, tensor_specs};
use mixtral_engine::formats::Source as _;
use mixtral_engine::formats::gguf::{Gguf, Writer};
use mixtral_engine::quant::{Blocks, GgmlType};
use mixtral_engine::quantize::encode;
use mixtral_engine::weights::ModelFiles;
use mixtral_engine::weights::lora::{AdapterConfig, Pair};
use mixtral_train::model::Model;
use mixtral_train::output::write_gguf;
use mixtral_train::parameter::Parameter;
use mixtral_train::projection::{Adapter as Trained, Projection};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use drive::{Driver, distance};
use tiny::{Layout, SMALL};

const PROMPT: [u32; 13] = [1, 17, 4, 90, 33, 8, 61, 2, 75, 5, 44, 95, 71];
const RANK: usize = 4;
const SCALE: f32 = 2.0;

fn config(base: &str) -> AdapterConfig {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    AdapterConfig {
        base: base.into(),
        rank: RANK,
        alpha: SCALE * RANK as f32,
        targets: names(&["q_proj", "k_proj", "v_proj", "o_proj", "gate", "w1", "w2", "w3"]),
        whole: names(&["lm_head"]),
        ..AdapterConfig::default()
    }
}

/// Random pairs beside every matrix of every layer.
fn pairs(shape: &Config) -> Vec<(TensorSpec, usize, Pair)> {
    pairs_beside(shape, 7, |part| part.layer.is_some())
}

/// Random pairs beside some of a model's matrices.
fn pairs_beside(shape: &Config, seed: u64, is_wanted: impl Fn(&TensorSpec) -> bool) -> Vec<(TensorSpec, usize, Pair)> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut all = Vec::new();
    for part in tensor_specs(shape).into_iter().filter(|part| is_wanted(part) && !part.role.is_norm()) {
        let (rows, cols) = part.matrix();
        // A product about a fifth as large as the weights beside it: it must show, and not drown them.
        let size = 0.55 / (cols as f32).powf(0.25) / (RANK as f32).powf(0.25);
        let mut numbers = |len: usize| (0..len).map(|_| rng.random_range(-size..size)).collect::<Vec<f32>>();
        for expert in 0..part.experts() {
            let pair = Pair { rank: RANK, a: numbers(RANK * cols), b: numbers(rows * RANK), scale: SCALE };
            all.push((part.clone(), expert, pair));
        }
    }
    all
}

fn numbers(base: &Gguf, name: &str) -> Vec<f32> {
    let view = base.tensor(name).expect("a tensor");
    let mut weights = vec![0f32; view.dims.iter().product()];
    Blocks::new(view.kind, view.bytes).expect("a known type").dequantise(0, &mut weights);
    weights
}

/// The output matrix, saved whole: a little other than the base's.
fn output(base: &Gguf) -> Vec<f32> {
    let other = |(at, weight): (usize, f32)| weight * [0.9, 1.0, 1.1][at % 3];
    numbers(base, "output.weight").into_iter().enumerate().map(other).collect()
}

/// Writes an adapter of this base into a folder, which says of its base what `named` is.
fn put_adapter(folder: &Path, named: &str, base: &Path) -> PathBuf {
    let adapter = folder.join("adapter");
    let gguf = Gguf::open(base).expect("the base");
    let shape = &Config::from_gguf(&gguf).expect("a shape");
    let mut whole = std::iter::once((TensorSpec::new(shape, TensorRole::Output, None), output(&gguf)));
    mixtral_tools::adapter::write(
        &adapter,
        &config(named),
        shape,
        &mut pairs(shape).into_iter(),
        &mut whole,
        GgmlType::F32,
    )
    .expect("written");
    adapter
}

/// The merged model by plain sums in F64, written as F32 under the names of the base.
fn put_merged(base: &Path) -> PathBuf {
    let gguf = Gguf::open(base).expect("the base");
    let (pairs, output) = (pairs(&Config::from_gguf(&gguf).expect("a shape")), output(&gguf));
    let mut writer = Writer::new();
    for (key, value) in gguf.metadata().iter() {
        writer.value(key, value.clone());
    }
    for name in gguf.names() {
        let mut weights = numbers(&gguf, name);
        if name == "output.weight" {
            weights.clone_from(&output);
        }
        for (part, expert, pair) in &pairs {
            let (rows, cols) = part.matrix();
            let start = match name {
                _ if name == part.name() => expert * rows * cols,
                _ if part.role.is_expert() && name == part.split_name(*expert) => 0,
                _ => continue,
            };
            for (at, weight) in weights[start..start + rows * cols].iter_mut().enumerate() {
                let (row, col) = (at / cols, at % cols);
                let product = |r: usize| f64::from(pair.b[row * RANK + r]) * f64::from(pair.a[r * cols + col]);
                *weight = (f64::from(*weight) + f64::from(SCALE) * (0..RANK).map(product).sum::<f64>()) as f32;
            }
        }
        let bytes = encode(GgmlType::F32, &weights, 1, None).expect("F32");
        let dims = gguf.info(name).expect("a tensor").dims;
        writer.tensor(name, GgmlType::F32, &dims, bytes).expect("whole blocks");
    }
    let path = base.with_extension("merged.gguf");
    let mut out = Vec::new();
    writer.write(&mut out).expect("memory");
    std::fs::write(&path, out).expect("written");
    path
}

/// How far from those of the merged model the logits of an adapter beside its base are, of one put into its base, and the base's
/// own.
fn distances(kind: GgmlType, layout: Layout) -> [f64; 3] {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let base = tiny::put(folder.path(), "base.gguf", &tiny::bytes(SMALL, kind, layout, 5));
    let adapter = put_adapter(folder.path(), "../base.gguf", &base);
    let merged = Driver::open(&put_merged(&base)).logits(&PROMPT);
    let beside = Driver::open(&adapter).logits(&PROMPT);
    let files = ModelFiles::open(&adapter, None).expect("opens");
    let model = drive::load(&files, files.config().clone(), &mut |_, _| {}).expect("loads");
    let inside = Driver::with(model, files.config().vocab_size).logits(&PROMPT);
    [beside, inside, Driver::open(&base).logits(&PROMPT)].map(|logits| distance(&logits, &merged))
}

/// Beside its base, an adapter rounds nothing: with weights in floating point only the order of sums differs, and with the others
/// there is their own error, for activations are rounded to 8 bits. What is saved whole, here the output matrix, has the base's
/// type, or Q8_0. Put into the base, F16 rounds each weight by at most 2^-12 of itself and BF16 by 2^-9, at random, so that a logit
/// is off by about that share times a few for the layers. Anything else becomes Q8_0, whose weights are off by half a percent.
#[test]
fn an_adapter_computes_as_the_model_that_it_was_merged_into() {
    for (kind, layout, most_beside, most_inside) in [
        (GgmlType::F32, Layout::Merged, 1e-5, 1e-3),
        (GgmlType::F32, Layout::Split, 1e-5, 1e-3),
        (GgmlType::F16, Layout::Merged, 1e-3, 2e-3),
        (GgmlType::BF16, Layout::Merged, 4e-3, 8e-3),
        (GgmlType::Q8_0, Layout::Merged, 0.03, 0.04),
        (GgmlType::Q4_K, Layout::Merged, 0.03, 0.04),
        (GgmlType::Q4_K, Layout::Split, 0.03, 0.04),
    ] {
        let [beside, inside, change] = distances(kind, layout);
        eprintln!("{kind}: off by {beside:.1e} beside, {inside:.1e} inside; the adapter changes {change:.1e}");
        assert!(beside < most_beside && inside < most_inside, "{kind}: off by {beside} beside, {inside} inside");
        assert!(change > 0.2, "{kind}: the adapter must show: {change}");
    }
}

/// The other route: the trainer's own product, rows as the trainer has them.
#[test]
fn an_adapter_of_the_trainer_loads_as_the_trainer_merges_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let base = tiny::put(folder.path(), "tiny.gguf", &tiny::bytes(SMALL, GgmlType::F32, Layout::Merged, 5));
    let gguf = Gguf::open(&base).expect("the base");
    let shape = Config::from_gguf(&gguf).expect("a shape");
    let pairs = pairs(&shape);
    let model = Model::build(&shape, |part| {
        let view = gguf.tensor(&part.name()).expect("a tensor");
        let weights = view.bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
        let mut projection = Projection::new(Arc::new(Parameter::new(part.name(), &part.dims, weights, false)));
        let (rows, cols) = part.matrix();
        let beside = || pairs.iter().filter(|(other, ..)| other == part);
        if beside().next().is_some() {
            let dims = |last: [usize; 2]| {
                if part.role.is_expert() { vec![part.dims[0], last[0], last[1]] } else { last.to_vec() }
            };
            let (a, b) =
                (beside().flat_map(|p| p.2.a.clone()).collect(), beside().flat_map(|p| p.2.b.clone()).collect());
            projection.adapter = Some(Trained {
                a: Arc::new(Parameter::new("a", &dims([RANK, cols]), a, true)),
                b: Arc::new(Parameter::new("b", &dims([rows, RANK]), b, true)),
                scale: SCALE,
                dropout: 0.0,
            });
        }
        Ok(projection)
    });
    let merged = folder.path().join("merged.gguf");
    write_gguf(&merged, &model.expect("a model"), Vec::new(), GgmlType::F32).expect("written");

    let adapter = folder.path().join("adapter");
    let none = &mut std::iter::empty();
    mixtral_tools::adapter::write(&adapter, &config("tiny.gguf"), &shape, &mut pairs.into_iter(), none, GgmlType::F32)
        .expect("written");
    let off = distance(&Driver::open(&adapter).logits(&PROMPT), &Driver::open(&merged).logits(&PROMPT));
    assert!(off < 1e-5, "off by {off}");
}

#[test]
fn a_base_that_is_missing_foreign_or_of_another_shape_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let base = tiny::put(folder.path(), "base.gguf", &tiny::bytes(SMALL, GgmlType::F16, Layout::Merged, 5));
    let refused = |path: &Path, base: Option<&Path>, named: &[&str]| {
        let message = ModelFiles::open(path, base).expect_err("refused").to_string();
        named.iter().for_each(|named| assert!(message.contains(named), "{message}"));
    };
    for hub in ["mistralai/Mixtral-8x7B-v0.1", "", "../absent.gguf"] {
        let adapter = put_adapter(folder.path(), hub, &base);
        refused(&adapter, None, &["adapter", hub, "--base", "mixtral merge"]);
        assert!(ModelFiles::open(&adapter, Some(&base)).is_ok(), "another base is named");
    }
    let adapter = put_adapter(folder.path(), "base.gguf", &base);
    let files = ModelFiles::open(&adapter, None).expect("the base lies beside the folder");
    let alone = Gguf::open(&base).expect("a GGUF");
    assert_eq!((files.adapter_name().as_deref(), files.path()), (Some("adapter"), adapter.as_path()));
    assert!(files.file_bytes() > alone.file_bytes());
    assert_eq!(files.info("output.weight"), alone.info("output.weight"), "F16 stays F16");

    refused(&base, Some(&base), &["only an adapter"]);
    refused(folder.path(), None, &["without config.json"]);
    let other = tiny::Shape { ffn: 512, ..SMALL };
    let other = tiny::put(folder.path(), "other.gguf", &tiny::bytes(other, GgmlType::F16, Layout::Merged, 5));
    refused(&adapter, Some(&other), &["w1.lora_B.weight", "[256, 4]", "[512, 4]"]);
    let tied = tiny::put(folder.path(), "tied.gguf", &tiny::bytes(SMALL, GgmlType::F16, Layout::Tied, 5));
    refused(&adapter, Some(&tied), &["output.weight", "embedding"]);
    let notes = tiny::put(folder.path(), "notes.txt", b"not a model at all");
    refused(&adapter, Some(&notes), &["notes.txt"]);
}

/// Weights that F16 cannot hold once the adapter is in them are not made infinite.
#[test]
fn a_sum_that_does_not_fit_is_refused_by_its_tensor() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let base = tiny::put(folder.path(), "base.gguf", &tiny::bytes(SMALL, GgmlType::F16, Layout::Merged, 5));
    let shape = Config::from_gguf(&Gguf::open(&base).expect("the base")).expect("a shape");
    let mut pairs = pairs(&shape);
    pairs[0].2.a.fill(1e4);
    pairs[0].2.b.fill(1e4);
    let adapter = folder.path().join("adapter");
    let none = &mut std::iter::empty();
    mixtral_tools::adapter::write(&adapter, &config("base.gguf"), &shape, &mut pairs.into_iter(), none, GgmlType::F32)
        .expect("written");
    let files = ModelFiles::open(&adapter, None).expect("shapes are right");
    let message = files.bytes("blk.0.attn_q.weight").expect_err("refused").to_string();
    assert!(message.contains("blk.0.attn_q.weight") && message.contains("F16"), "{message}");
}
