//! The files that `transformers` and `peft` wrote, and their answers.
//!
//! `base` and `adapter` are of transformers 4.40.2, peft 0.10.0 and sentencepiece, seed 7:
//! ```python
//! SentencePieceTrainer.train(input=..., model_type="bpe", vocab_size=400, byte_fallback=True, split_digits=True,
//!   character_coverage=0.995, normalization_rule_name="identity", remove_extra_whitespaces=False, pad_id=-1, ...)
//! LlamaTokenizerFast(vocab_file="tok.model", legacy=True).save_pretrained("base", legacy_format=False)
//! m = MixtralForCausalLM(MixtralConfig(vocab_size=400, hidden_size=64, intermediate_size=96, num_hidden_layers=2,
//!   num_attention_heads=4, num_key_value_heads=2, num_local_experts=4, num_experts_per_tok=2, sliding_window=None,
//!   max_position_embeddings=128, rope_theta=1e4, initializer_range=0.1))
//! # norms are 1 + 0.2 * randn, routers times 4
//! m.to(torch.bfloat16).save_pretrained("base", max_shard_size="200KB")
//! m = MixtralForCausalLM.from_pretrained("base", torch_dtype=torch.float32).eval()
//! p = get_peft_model(m, LoraConfig(r=4, lora_alpha=8, task_type="CAUSAL_LM", modules_to_save=["embed_tokens", "lm_head"],
//!   target_modules=["q_proj", "k_proj", "v_proj", "o_proj", "gate", "w1", "w2", "w3"]))
//! # every lora_B is 0.1 * randn, every module that is saved whole has 0.05 * randn added
//! p.save_pretrained("adapter")
//! # expected.json: m(ids).logits[0, positions] before and after, and tokenizer(text)["input_ids"]
//! ```
//! `adapter-5` is of transformers 5.23.0 and peft 0.21.2, seed 0, on `base`; `tuned_5` are its logits once read back:
//! ```python
//! p = get_peft_model(m, LoraConfig(r=2, lora_alpha=5, task_type="CAUSAL_LM", modules_to_save=["lm_head"],
//!   target_modules=["q_proj", "k_proj", "v_proj", "o_proj"],
//!   target_parameters=["gate.weight", "experts.gate_up_proj", "experts.down_proj"],
//!   rank_pattern={r".*\.gate_up_proj": 4}, alpha_pattern={r".*\.gate_up_proj": 12}))
//! # every lora_A and lora_B is 0.15 * randn, the module that is saved whole times 1.1
//! p.half().save_pretrained("adapter-5")
//! ```
//! `fused` is of transformers 5.23.0, seed 3: two layers of width 32, heads of 24, three experts, tied embedding, saved as
//! it is in memory by `save_pretrained("fused", save_original_format=False)`.

use std::path::PathBuf;

use candle_core::Device;
use mixtral_engine::hugging_face::Folder;
use mixtral_engine::quant::GgmlType;
use mixtral_engine::quantize::QuantMix;
use mixtral_engine::schedule::{SequenceSlice, StepInput};
use mixtral_engine::weights::ModelFiles;
use mixtral_reference::{KvCache, Mixtral};
use mixtral_tools::convert::{named, to_gguf};
use serde_json::Value;

/// How far apart two programs may be that compute the same in F32. Each number is a sum of at most 96 products, of parts
/// that are rounded to 2^-24 of themselves, and about a dozen such sums come one after the other: some 1e-5 of the largest
/// logit (3.4). A wrong order of rows, a wrong scale or a forgotten matrix is off by more than 0.1.
pub const TOLERANCE: f32 = 1e-4;

/// One of the folders.
pub fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tools/tests/data/transformers").join(name)
}

/// What transformers and peft computed.
pub fn expected() -> Value {
    let text = std::fs::read_to_string(folder("expected.json")).expect("the answers");
    serde_json::from_str(&text).expect("JSON")
}

/// A list of whole numbers.
pub fn ids(value: &Value) -> Vec<u32> {
    value.as_array().expect("a list").iter().map(|id| id.as_u64().expect("a number") as u32).collect()
}

/// Rows of numbers.
pub fn rows(value: &Value) -> Vec<Vec<f32>> {
    let row =
        |row: &Value| row.as_array().expect("a row").iter().map(|n| n.as_f64().expect("a number") as f32).collect();
    value.as_array().expect("rows").iter().map(row).collect()
}

/// The model in a GGUF file: its logits at some positions.
pub fn logits(path: &std::path::Path, ids: &[u32], positions: &[u32]) -> Vec<Vec<f32>> {
    logits_of(&ModelFiles::open(path, None).expect("a GGUF"), ids, positions)
}

/// The same of files that are open.
pub fn logits_of(files: &ModelFiles, ids: &[u32], positions: &[u32]) -> Vec<Vec<f32>> {
    let config = files.config().clone();
    let model = Mixtral::load(files, config.clone(), &Device::Cpu, &mut |_, _| {}).expect("loads");
    let mut cache = KvCache::new(&config, 2, 64, &Device::Cpu).expect("a cache");
    let plan = StepInput {
        tokens: ids.to_vec(),
        positions: (0..ids.len() as u32).collect(),
        slots: (0..ids.len() as u32).collect(),
        sequences: vec![SequenceSlice { start: 0, len: ids.len(), context: ids.len(), blocks: vec![0] }],
        outputs: positions.to_vec(),
    };
    model.forward(&plan, &mut cache).expect("computes").to_vec2().expect("rows")
}

/// The largest difference of two tables of the same size.
pub fn distance(a: &[Vec<f32>], b: &[Vec<f32>]) -> f32 {
    assert_eq!(a.len(), b.len());
    let mut most = 0f32;
    for (a, b) in a.iter().zip(b) {
        assert_eq!(a.len(), b.len());
        most = a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(most, f32::max);
    }
    most
}

/// A folder as a GGUF of one type.
pub fn converted(folder: &Folder, out: &std::path::Path, kind: GgmlType) {
    let (named, differs) = named(folder).expect("a tokenizer");
    assert_eq!(differs, None, "the tokenizer is told exactly");
    to_gguf(folder, out, QuantMix::of(kind), named, &mut |_, _| {}).expect("converts");
}
