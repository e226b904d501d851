//! Models of random weights in true shapes: to measure speed and memory with where the real weights are not at hand.
//!
//! Encoding tens of billions of weights takes hours, so a few hundred rows are encoded for each type, and a tensor is put
//! together from their blocks, drawn anew for every place: no two rows are alike, no cache serves one for another.

use std::collections::HashMap;
use std::path::Path;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::files::atomic_file;
use mixtral_engine::arch::{Config, RopeScaling, TensorRole, TensorSpec, shape_values, tensor_specs};
use mixtral_engine::error::{Error, LayoutFault, Place, Result};
use mixtral_engine::formats::gguf::{Value, Writer};
use mixtral_engine::quant::GgmlType;
use mixtral_engine::quantize::{QuantMix, encode, type_values};
use mixtral_engine::text::{Kind, TokenType, VocabularyParts, gguf_values};

/// Weights that are encoded for each pool of blocks.
const POOL: usize = 1 << 20;
/// Weights of a run that is drawn as one: a block of the K types, and whole blocks of the others.
const RUN: usize = 256;

/// A shape that models are made in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Mixtral-8x7B: 46.7 billion parameters.
    Mixtral8x7B,
    /// Mixtral-8x22B: 141 billion parameters.
    Mixtral8x22B,
    /// 3.1 billion parameters, 0.94 of them at work on a token.
    Medium,
    /// 0.2 billion parameters.
    Small,
}

impl Shape {
    pub const ALL: [Self; 4] = [Self::Small, Self::Medium, Self::Mixtral8x7B, Self::Mixtral8x22B];

    /// Its name on a command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mixtral8x7B => "8x7b",
            Self::Mixtral8x22B => "8x22b",
            Self::Medium => "medium",
            Self::Small => "small",
        }
    }

    /// The shape of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|shape| shape.name().eq_ignore_ascii_case(name))
    }

    /// Its sizes.
    pub fn config(self) -> Config {
        let (hidden_size, layers, heads, kv_heads, intermediate_size, vocab_size, max_context) = match self {
            Self::Mixtral8x7B => (4096, 32, 32, 8, 14336, 32000, 32768),
            Self::Mixtral8x22B => (6144, 56, 48, 8, 16384, 32768, 65536),
            Self::Medium => (2048, 16, 16, 4, 3584, 32000, 32768),
            Self::Small => (768, 8, 12, 4, 1280, 16000, 32768),
        };
        Config {
            hidden_size,
            layers,
            heads,
            kv_heads,
            head_dim: hidden_size / heads,
            intermediate_size,
            num_experts: 8,
            experts_per_token: 2,
            vocab_size,
            max_context,
            norm_eps: 1e-5,
            rope_theta: 1e6,
            rope_scaling: RopeScaling::None,
        }
    }
}

/// A model to be made.
#[derive(Clone, Copy, Debug)]
pub struct RandomModel {
    pub shape: Shape,
    pub types: QuantMix,
    pub seed: u64,
}

impl RandomModel {
    /// How many bytes its tensors will take.
    ///
    /// # Errors
    /// A type that cannot be written.
    pub fn bytes(&self) -> Result<u64> {
        // The weights mean nothing, so nothing says which of them matter.
        self.types.check(true)?;
        let of = |spec: &TensorSpec| self.kind(spec).bytes_of(spec.len() as u64);
        let bytes = tensor_specs(&self.shape.config()).iter().map(of).sum::<Option<u64>>();
        bytes.ok_or_else(|| Error::file("", Place::Whole, LayoutFault::RowsNotBlocks))
    }

    fn kind(&self, spec: &TensorSpec) -> GgmlType {
        self.types.of_tensor(&spec.name(), &spec.dims)
    }

    /// Writes it as one GGUF, with a vocabulary that reads any text, and returns how many parameters it has. The same seed
    /// gives the same file. `progress` hears how many bytes of how many are done.
    ///
    /// # Errors
    /// A type that cannot be written, or the disk is full.
    pub fn write(&self, out: &Path, template: &str, progress: &mut dyn FnMut(u64, u64)) -> Result<u64> {
        let config = self.shape.config();
        let all = self.bytes()?;
        let specs = tensor_specs(&config);
        let mut writer = Writer::new();
        writer.value("general.name", Value::String(format!("random {}", self.shape.name())));
        let vocabulary = gguf_values(&vocabulary(config.vocab_size), Some(template));
        for (key, value) in shape_values(&config).into_iter().chain(type_values(self.types)).chain(vocabulary) {
            writer.value(key, value);
        }
        for spec in &specs {
            writer.plan(spec.name(), self.kind(spec), &spec.dims).map_err(Error::io(out))?;
        }
        let mut pools = Pools { seed: self.seed, made: HashMap::new() };
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        atomic_file::write(out, |file| {
            let mut stream = writer.begin(file).map_err(Error::io(out))?;
            let mut done = 0;
            for spec in &specs {
                let pool = pools.of(self.kind(spec), spec)?;
                for _ in 0..spec.len() / spec.matrix().1 {
                    let row = pool.row(spec.matrix().1, &mut rng);
                    stream.piece(&row).map_err(Error::io(out))?;
                    done += row.len() as u64;
                }
                progress(done, all);
            }
            stream.end().map_err(Error::io(out))
        })?;
        Ok(specs.iter().map(|spec| spec.len() as u64).sum())
    }
}

/// Encoded blocks to draw from, by type and by how the weights are spread.
struct Pools {
    seed: u64,
    made: HashMap<(GgmlType, u32), Pool>,
}

impl Pools {
    fn of(&mut self, kind: GgmlType, spec: &TensorSpec) -> Result<&Pool> {
        let (_, cols) = spec.matrix();
        // Sums of products stay about 1; embeddings stand apart, and the router is decided.
        let (low, high) = match spec.role {
            role if role.is_norm() => (0.8, 1.2),
            TensorRole::Embedding => (-1.7, 1.7),
            TensorRole::Router => (-7.0 / (cols as f32).sqrt(), 7.0 / (cols as f32).sqrt()),
            _ => (-1.7 / (cols as f32).sqrt(), 1.7 / (cols as f32).sqrt()),
        };
        let key = (kind, f32::to_bits(high));
        if !self.made.contains_key(&key) {
            let mut rng = ChaCha8Rng::seed_from_u64(self.seed ^ u64::from(key.1));
            let weights: Vec<f32> = (0..POOL).map(|_| rng.random_range(low..high)).collect();
            let bytes = encode(kind, &weights, RUN, None)?;
            self.made.insert(key, Pool { bytes, run: kind.bytes_of(RUN as u64).unwrap_or(1) as usize });
        }
        Ok(&self.made[&key])
    }
}

struct Pool {
    bytes: Vec<u8>,
    /// bytes of a run
    run: usize,
}

impl Pool {
    /// A row of `cols` weights.
    fn row(&self, cols: usize, rng: &mut ChaCha8Rng) -> Vec<u8> {
        let bytes = cols * self.run / RUN;
        let mut row = Vec::with_capacity(bytes + self.run);
        while row.len() < bytes {
            let at = rng.random_range(0..self.bytes.len() / self.run) * self.run;
            row.extend_from_slice(&self.bytes[at..at + self.run]);
        }
        row.truncate(bytes);
        row
    }
}

/// A SentencePiece vocabulary of this size: control tokens, all bytes, printable characters, then pieces of one letter and
/// more, each also with the mark of a word's beginning.
fn vocabulary(size: usize) -> VocabularyParts {
    const MARK: char = '▁';
    let fixed = [("<unk>", TokenType::Unknown), ("<s>", TokenType::Control), ("</s>", TokenType::Control)];
    let mut entries: Vec<(String, TokenType)> = fixed.map(|(text, kind)| (text.to_owned(), kind)).into();
    entries.extend((0..=255u8).map(|byte| (format!("<0x{byte:02X}>"), TokenType::Byte)));
    entries.extend([MARK.into()].into_iter().chain((33..127u8).map(|c| char::from(c).into())).map(normal));
    // Pieces in the order in which merges can make them: what is shorter stands before what is longer.
    let mut shorter = vec![MARK.to_string(), String::new()];
    while entries.len() < size {
        let longer: Vec<String> =
            shorter.iter().flat_map(|piece| ('a'..='z').map(move |letter| format!("{piece}{letter}"))).collect();
        entries.extend(longer.iter().filter(|piece| piece.chars().count() > 1).cloned().map(normal));
        shorter = longer;
    }
    entries.truncate(size);
    VocabularyParts {
        kind: Kind::SentencePiece,
        scores: (0..entries.len()).map(|id| -(id as f32)).collect(),
        types: entries.iter().map(|(_, kind)| kind.number()).collect(),
        tokens: entries.into_iter().map(|(text, _)| text).collect(),
        bos: Some(1),
        eos: Some(2),
        eot: None,
        unknown: Some(0),
        add_bos: Some(true),
        add_eos: Some(false),
        add_space_prefix: None,
    }
}

fn normal(text: String) -> (String, TokenType) {
    (text, TokenType::Normal)
}

#[cfg(test)]
mod tests {
    use mixtral_engine::Engine;
    use mixtral_engine::formats::gguf::Gguf;

    use super::*;

    #[test]
    fn a_random_model_has_its_shape_types_and_a_vocabulary_without_twins() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("small.gguf");
        let model = RandomModel { shape: Shape::Small, types: QuantMix::of(GgmlType::Q4_K), seed: 1 };
        let mut last = (0, 0);
        let parameters = model.write(&path, "{{ messages }}", &mut |done, all| last = (done, all)).expect("written");
        assert_eq!(last, (model.bytes().expect("a size"), last.0));
        let gguf = Gguf::open(&path).expect("a GGUF");
        assert_eq!(Config::from_gguf(&gguf).expect("a shape"), Shape::Small.config());
        assert_eq!(gguf.parameters(), parameters);
        let kind = |name: &str| gguf.tensor(name).expect(name).kind;
        assert_eq!(kind("blk.0.ffn_up_exps.weight"), GgmlType::Q4_K);
        assert_eq!(kind("output.weight"), GgmlType::Q6_K);
        assert_eq!(kind("blk.7.ffn_gate_inp.weight"), GgmlType::F32);
        let tokens: std::collections::HashSet<_> = vocabulary(32000).tokens.into_iter().collect();
        assert_eq!(tokens.len(), 32000);
        // No two rows of a matrix are the same.
        let up = gguf.tensor("blk.0.ffn_up_exps.weight").expect("up");
        let row = GgmlType::Q4_K.bytes_of(768).expect("whole blocks") as usize;
        let rows: std::collections::HashSet<_> = up.bytes.chunks(row).collect();
        assert_eq!(rows.len(), up.bytes.len() / row);
        // And it loads.
        let engine = Engine::start(mixtral_engine::DeviceSpec::Cpu, mixtral_engine::EngineOptions::default());
        let card = engine.expect("an engine").load("random", &path, mixtral_engine::LoadOptions::default(), |_| {});
        assert_eq!(card.expect("a model").parameters, parameters);
    }

    #[test]
    fn the_shapes_are_the_published_ones() {
        let count = |shape: Shape| tensor_specs(&shape.config()).iter().map(|spec| spec.len() as u64).sum::<u64>();
        assert_eq!(count(Shape::Mixtral8x7B), 46_702_792_704);
        assert_eq!(count(Shape::Mixtral8x22B), 140_630_071_296);
        assert_eq!(Shape::from_name("8x7B"), Some(Shape::Mixtral8x7B));
        assert_eq!(Shape::from_name("8x8b"), None);
    }
}
