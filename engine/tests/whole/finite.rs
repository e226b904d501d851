//! Weights that are no numbers are refused where they stand, and values that are none where they arise: never an answer.

use std::path::Path;

use mixtral_engine::quant::{Blocks, GgmlType, round_rows};
use mixtral_engine::request::{Event, GenerateError, Message, Request, Role};
use mixtral_engine::{DeviceSpec, Engine, EngineOptions, LoadOptions};

use crate::files::models;
use crate::variants::{Tensor, variant};

fn load(path: &Path) -> Result<Engine, String> {
    let engine = Engine::start(DeviceSpec::Cpu, EngineOptions::default()).expect("starts");
    engine.load("m", path, LoadOptions::default(), |_| {}).map_err(|error| error.to_string())?;
    Ok(engine)
}

/// How an answer ends: its text, or the error.
fn answer(engine: &Engine) -> Result<String, GenerateError> {
    let request = Request { max_tokens: 4, ..Request::chat(vec![Message::new(Role::User, "春")]) };
    let mut events = engine.submit("m", request).expect("taken");
    let mut text = String::new();
    while let Some(event) = events.next_blocking() {
        match event {
            Event::Text { text: more, .. } => text.push_str(&more),
            Event::Failed { error } => return Err(error),
            Event::Started { .. } | Event::Prompt { .. } | Event::Embedding { .. } | Event::Finished { .. } => {}
        }
    }
    Ok(text)
}

fn pupil(change: impl FnMut(&mut Tensor)) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = variant(&models().join("pupil-5m-q4_K.gguf"), folder.path(), change, |_, _| None);
    (folder, path)
}

/// Puts a number at the beginning of a tensor: its first weight, or the first scale of its first block.
fn spoil(tensor: &mut Tensor, value: f32) {
    let half = half::f16::from_f32(value).to_le_bytes();
    let at = match tensor.kind {
        GgmlType::F32 => return tensor.bytes[..4].copy_from_slice(&value.to_le_bytes()),
        GgmlType::Q6_K => 208,
        GgmlType::Q3_K => 108,
        GgmlType::Q2_K => 80,
        GgmlType::F16 | GgmlType::Q4_K | GgmlType::Q5_K | GgmlType::Q8_0 | GgmlType::Q5_0 => 0,
        other => panic!("{other}"),
    };
    tensor.bytes[at..at + 2].copy_from_slice(&half);
}

#[test]
fn every_tensor_is_refused_by_name_when_a_number_in_it_is_none() {
    let mut names = Vec::new();
    pupil(|tensor| names.push(tensor.name.clone()));
    let first = |name: &&String| !name.starts_with("blk.") || name.starts_with("blk.0.");
    for name in names.iter().filter(first) {
        for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let (_folder, path) = pupil(|tensor| {
                if tensor.name == *name {
                    spoil(tensor, value);
                }
            });
            let refused = load(&path).err().unwrap_or_else(|| panic!("{name} with {value} was loaded"));
            assert!(refused.contains(name.as_str()) && refused.contains("no number"), "{name}, {value}: {refused}");
        }
    }
}

/// Turns a tensor into F32, times a factor.
fn scale(tensor: &mut Tensor, factor: f32) {
    let mut weights = vec![0.0; tensor.dims.iter().product()];
    Blocks::new(tensor.kind, &tensor.bytes).expect("a known type").dequantise(0, &mut weights);
    weights.iter_mut().for_each(|weight| *weight *= factor);
    let cols = *tensor.dims.last().expect("dimensions");
    tensor.bytes = round_rows(GgmlType::F32, &weights, cols).expect("finite");
    tensor.kind = GgmlType::F32;
}

#[test]
fn finite_weights_whose_products_overflow_end_the_answer_with_an_error() {
    for name in [
        "token_embd.weight",
        "blk.0.attn_norm.weight",
        "blk.0.attn_q.weight",
        "blk.0.attn_k.weight",
        "blk.0.attn_v.weight",
        "blk.0.attn_output.weight",
        "blk.0.ffn_norm.weight",
        "blk.0.ffn_gate_inp.weight",
        "blk.0.ffn_gate_exps.weight",
        "blk.0.ffn_up_exps.weight",
        "blk.0.ffn_down_exps.weight",
        "output_norm.weight",
        "output.weight",
    ] {
        let (_folder, path) = pupil(|tensor| {
            if tensor.name == name {
                scale(tensor, 1e38);
            }
        });
        let engine = load(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        let ended = answer(&engine);
        assert!(matches!(ended, Err(GenerateError::NotFinite(_))), "{name}: {ended:?}");
    }
}

#[test]
fn one_model_s_overflow_leaves_the_other_models_of_the_device_alone() {
    let (_folder, path) = pupil(|tensor| {
        if tensor.name == "blk.0.ffn_up_exps.weight" {
            scale(tensor, 1e38);
        }
    });
    let engine = load(&path).expect("loads");
    engine.load("good", &models().join("poet-14m-q4_K.gguf"), LoadOptions::default(), |_| {}).expect("loads");
    let request = Request { max_tokens: 4, ..Request::chat(vec![Message::new(Role::User, "春")]) };
    let mut good = engine.submit("good", request).expect("taken");
    assert!(answer(&engine).is_err());
    let mut last = None;
    while let Some(event) = good.next_blocking() {
        last = Some(event);
    }
    assert!(matches!(last, Some(Event::Finished { .. })), "{last:?}");
}

#[test]
fn rows_that_pad_the_vocabulary_are_never_chosen() {
    let (_folder, path) = pupil(|tensor| {
        if ["token_embd.weight", "output.weight"].contains(&tensor.name.as_str()) {
            scale(tensor, 1.0);
            let cols = tensor.dims[1];
            // The padding would win every choice, for or against.
            for row in 0..64 {
                let row = vec![if row % 2 == 0 { 50.0f32 } else { -50.0 }; cols];
                tensor.bytes.extend(row.iter().flat_map(|weight| weight.to_le_bytes()));
            }
            tensor.dims[0] += 64;
        }
    });
    let padded = load(&path).expect("a padded vocabulary loads");
    let plain = load(&models().join("pupil-5m-q4_K.gguf")).expect("loads");
    assert_eq!(padded.cards()[0].vocabulary, plain.cards()[0].vocabulary);
    for seed in 0..8 {
        let ask = |engine: &Engine| {
            let mut request = Request { max_tokens: 8, ..Request::chat(vec![Message::new(Role::User, "春")]) };
            request.sampling.seed = Some(seed);
            request.sampling.temperature = 2.0;
            let vocabulary = engine.cards()[0].vocabulary;
            let mut events = engine.submit("m", request).expect("taken");
            let mut tokens = Vec::new();
            while let Some(event) = events.next_blocking() {
                match event {
                    Event::Text { tokens: more, .. } => tokens.extend(more),
                    Event::Failed { error } => panic!("{error}"),
                    Event::Started { .. } | Event::Prompt { .. } | Event::Embedding { .. } | Event::Finished { .. } => {
                    }
                }
            }
            assert!(tokens.iter().all(|token| (*token as usize) < vocabulary));
            tokens.len()
        };
        assert!(ask(&padded) > 0);
    }
}

#[test]
fn a_pipe_or_a_device_is_no_model() {
    let folder = tempfile::tempdir().expect("a folder");
    for path in [Path::new("/dev/zero"), Path::new("/dev/null"), folder.path()] {
        let refused = load(path).err().unwrap_or_else(|| panic!("{}", path.display()));
        assert!(refused.contains("regular file") || refused.contains("folder"), "{refused}");
    }
    let pipe = folder.path().join("pipe.gguf");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs");
    assert!(made.success());
    assert!(load(&pipe).expect_err("refused at once").contains("regular file"));
}
