//! How long an adapter takes to be put onto its base as it is loaded: `cargo bench -p mixtral-tools --bench adapter_load`.

#[expect(dead_code, reason = "helpers of the engine's golden tests, of which some are needed here")]
#[path = "../../tests/golden/tiny.rs"]
mod tiny;

use std::time::Instant;

use mixtral_engine::arch::{Config, TensorSpec, tensor_specs};
use mixtral_engine::formats::Source as _;
use mixtral_engine::formats::gguf::Gguf;
use mixtral_engine::quant::GgmlType;
use mixtral_engine::weights::ModelFiles;
use mixtral_engine::weights::lora::{AdapterConfig, Pair};

const RANK: usize = 64;
const SHAPE: tiny::Shape =
    tiny::Shape { hidden: 1024, layers: 8, heads: 16, kv_heads: 4, ffn: 1792, experts: 8, vocabulary: 8192 };

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let base = tiny::put(folder.path(), "base.gguf", &tiny::bytes(SHAPE, GgmlType::Q4_K, tiny::Layout::Merged, 5));
    let config = Config::from_gguf(&Gguf::open(&base).expect("the base")).expect("a model's sizes");
    let adapter = folder.path().join("adapter");
    let targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate", "w1", "w2", "w3"];
    let about = AdapterConfig {
        base: "base.gguf".into(),
        rank: RANK,
        alpha: 2.0 * RANK as f32,
        targets: targets.map(String::from).to_vec(),
        ..AdapterConfig::default()
    };
    let matrices = tensor_specs(&config).into_iter().filter(|spec| spec.layer.is_some() && !spec.role.is_norm());
    let mut pairs = matrices.flat_map(|spec| (0..spec.experts()).map(move |expert| pair(spec.clone(), expert)));
    mixtral_tools::adapter::write(&adapter, &about, &config, &mut pairs, &mut std::iter::empty(), GgmlType::F16)
        .expect("written");
    for path in [&base, &adapter] {
        let start = Instant::now();
        let files = ModelFiles::open(path, None).expect("opens");
        let opened = start.elapsed();
        let bytes: usize = files.names().iter().map(|name| files.bytes(name).expect("reads").len()).sum();
        let read = start.elapsed();
        println!("{}: opened in {opened:.0?}, {} MB read in {read:.1?}", path.display(), bytes / 1_000_000);
    }
}

/// Numbers between -0.05 and 0.05.
fn pair(spec: TensorSpec, expert: usize) -> (TensorSpec, usize, Pair) {
    let (rows, cols) = spec.matrix();
    let numbers = |len: usize| (0..len).map(|i| ((i * 37 + expert) % 101) as f32 / 1000.0 - 0.05).collect();
    let pair = Pair { rank: RANK, a: numbers(RANK * cols), b: numbers(rows * RANK), scale: 2.0 };
    (spec, expert, pair)
}
