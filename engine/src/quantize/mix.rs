//! Which type each matrix of a quantised file gets.

use super::encode::{WRITABLE, needs_importance};
use crate::error::{Error, RequestFault, Result};
use crate::formats::gguf::Value;
use crate::quant::GgmlType;

/// The version of GGML's block layouts that every current file has.
const LAYOUT_VERSION: u32 = 2;

/// Which types a file's matrices get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuantMix {
    /// Of all matrices but the next ones.
    pub matrices: GgmlType,
    pub embedding: GgmlType,
    /// Of the output matrix.
    pub output: GgmlType,
    /// Of the matrices that make keys and values, half a per cent of a Mixtral model.
    pub kv: GgmlType,
    /// Of the matrices that make queries, one per cent.
    pub query: GgmlType,
    /// Of attention's output matrices, one per cent.
    pub attention: GgmlType,
    /// Of the experts' down projections, a third of the model.
    pub down: GgmlType,
    /// Of those in the first layers, as many as `early` says.
    pub early_down: GgmlType,
    pub early: usize,
}

impl QuantMix {
    /// One type throughout.
    pub fn pure(kind: GgmlType) -> Self {
        Self {
            matrices: kind,
            embedding: kind,
            output: kind,
            kv: kind,
            query: kind,
            attention: kind,
            down: kind,
            early_down: kind,
            early: 0,
        }
    }

    /// The mix that llama.cpp makes for models with eight experts, from which the published sizes of Mixtral files come
    /// (`llama_tensor_get_type` in `llama-quant.cpp`): the few matrices that every token passes stay more precise. Below
    /// Q4 the embedding does too, which is small there and large in a small model. IQ2_S is the base of what llama.cpp calls
    /// IQ2_M; the mixes that need an importance matrix are those made with one.
    pub fn of(kind: GgmlType) -> Self {
        use GgmlType as T;
        let pure = Self::pure(kind);
        match kind {
            T::Q2_K => {
                Self { embedding: T::Q6_K, output: T::Q6_K, kv: T::Q8_0, attention: T::Q5_K, down: T::Q3_K, ..pure }
            }
            T::Q3_K => Self { embedding: T::Q6_K, output: T::Q6_K, kv: T::Q8_0, attention: T::Q5_K, ..pure },
            T::Q4_K => Self { output: T::Q6_K, kv: T::Q8_0, attention: T::Q5_K, ..pure },
            T::Q5_K => Self { output: T::Q6_K, kv: T::Q8_0, ..pure },
            // A sixth of a bit less than Q6_K would save, where every logit comes from.
            T::Q4_0 | T::Q4_1 | T::Q5_0 | T::Q5_1 => Self { output: T::Q6_K, ..pure },
            T::IQ4_NL | T::IQ4_XS | T::IQ3_S => Self { output: T::Q6_K, kv: T::Q8_0, attention: T::Q5_K, ..pure },
            T::IQ3_XXS => {
                Self { embedding: T::IQ3_S, output: T::Q5_K, kv: T::Q8_0, query: T::IQ2_S, attention: T::Q5_K, ..pure }
            }
            T::IQ2_S => Self { embedding: T::IQ3_S, early_down: T::IQ3_S, ..Self::below_three_bits(kind) },
            T::IQ2_XS | T::IQ2_XXS | T::IQ1_M | T::IQ1_S => Self::below_three_bits(kind),
            _ => pure,
        }
    }

    fn below_three_bits(kind: GgmlType) -> Self {
        use GgmlType as T;
        Self {
            embedding: T::Q2_K,
            output: T::Q5_K,
            kv: T::Q4_K,
            attention: T::Q5_K,
            early_down: T::Q2_K,
            ..Self::pure(kind)
        }
    }

    /// The mix for a model of so many layers, the first eighth of which are early.
    #[must_use]
    pub fn for_layers(self, layers: usize) -> Self {
        Self { early: layers / 8, ..self }
    }

    /// The mix for a model: its first layers are known, and where the embedding serves as the output matrix too, it is as precise
    /// as one.
    #[must_use]
    pub fn for_model(self, layers: usize, tied: bool) -> Self {
        let embedding = if tied { self.output } else { self.embedding };
        Self { embedding, ..self.for_layers(layers) }
    }

    /// The first of the matrices' types that is of no use without an importance matrix. Embedding and output have none.
    pub fn needs_importance(&self) -> Option<GgmlType> {
        let all = [self.matrices, self.kv, self.query, self.attention, self.down];
        all.into_iter().find(|kind| needs_importance(*kind))
    }

    /// Checks that every type can be written, with an importance matrix or without.
    ///
    /// # Errors
    /// The type that cannot.
    pub fn check(&self, has_importance: bool) -> Result<()> {
        let all = [self.embedding, self.output, self.early_down, self.matrices, self.kv, self.query, self.attention];
        if let Some(kind) = all.into_iter().chain([self.down]).find(|kind| !WRITABLE.contains(kind)) {
            return Err(Error::Request(RequestFault::NotWritten { kind: kind.to_string() }));
        }
        match self.needs_importance().filter(|_| !has_importance) {
            Some(kind) => Err(Error::Request(RequestFault::NeedsImatrix { kind: kind.to_string() })),
            None => Ok(()),
        }
    }

    /// What a tensor should become, and what it can become: rows that are not whole blocks of 256 take the nearest type
    /// whose blocks are smaller, and F16 if none fits.
    pub fn wanted(&self, name: &str, dims: &[usize]) -> (GgmlType, GgmlType) {
        let kind = self.asked(name, dims);
        let fitting = [kind, smaller(kind), GgmlType::F16];
        let cols = dims.last().copied().unwrap_or(1);
        (kind, fitting.into_iter().find(|kind| cols.is_multiple_of(kind.block_len())).unwrap_or(GgmlType::F32))
    }

    /// The type of the tensor of this name and shape.
    pub fn of_tensor(&self, name: &str, dims: &[usize]) -> GgmlType {
        self.wanted(name, dims).1
    }

    fn asked(&self, name: &str, dims: &[usize]) -> GgmlType {
        // A vector is a norm; the router decides which experts work, and is tiny.
        if dims.len() < 2 || name.contains("ffn_gate_inp") {
            return GgmlType::F32;
        }
        match name {
            "token_embd.weight" => self.embedding,
            "output.weight" => self.output,
            name if name.ends_with("attn_k.weight") || name.ends_with("attn_v.weight") => self.kv,
            name if name.ends_with("attn_q.weight") => self.query,
            name if name.ends_with("attn_output.weight") => self.attention,
            name if name.contains(".ffn_down") && layer(name).is_some_and(|layer| layer < self.early) => {
                self.early_down
            }
            name if name.contains(".ffn_down") => self.down,
            _ => self.matrices,
        }
    }
}

/// `general.file_type` as llama.cpp numbers it.
fn file_type(kind: GgmlType) -> Option<u32> {
    Some(match kind {
        GgmlType::F32 => 0,
        GgmlType::F16 => 1,
        GgmlType::Q4_0 => 2,
        GgmlType::Q4_1 => 3,
        GgmlType::Q8_0 => 7,
        GgmlType::Q5_0 => 8,
        GgmlType::Q5_1 => 9,
        GgmlType::Q2_K => 10,
        GgmlType::Q3_K => 11,
        GgmlType::Q4_K => 14,
        GgmlType::Q5_K => 16,
        GgmlType::Q6_K => 18,
        GgmlType::IQ2_XXS => 19,
        GgmlType::IQ2_XS => 20,
        GgmlType::IQ3_XXS => 23,
        GgmlType::IQ1_S => 24,
        GgmlType::IQ4_NL => 25,
        GgmlType::IQ3_S => 26,
        // What is called IQ2_S there is mostly IQ2_XS; this is IQ2_M.
        GgmlType::IQ2_S => 29,
        GgmlType::IQ4_XS => 30,
        GgmlType::IQ1_M => 31,
        GgmlType::BF16 => 32,
        _ => return None,
    })
}

/// The metadata that tell a file's types.
pub fn type_values(types: QuantMix) -> Vec<(String, Value)> {
    let kind = file_type(types.matrices).map(|number| ("general.file_type", number));
    let told = kind.into_iter().chain([("general.quantization_version", LAYOUT_VERSION)]);
    told.map(|(key, number)| (key.to_owned(), Value::U32(number))).collect()
}

/// Whether a key is one of [`type_values`].
pub fn tells_types(key: &str) -> bool {
    ["general.file_type", "general.quantization_version"].contains(&key)
}

/// The layer in a tensor's name.
fn layer(name: &str) -> Option<usize> {
    name.strip_prefix("blk.")?.split('.').next()?.parse().ok()
}

fn smaller(kind: GgmlType) -> GgmlType {
    use GgmlType as T;
    match kind {
        T::IQ4_XS | T::IQ3_S | T::IQ3_XXS | T::IQ2_S | T::IQ2_XS | T::IQ2_XXS | T::IQ1_M | T::IQ1_S => T::IQ4_NL,
        GgmlType::Q2_K | GgmlType::Q3_K => GgmlType::Q4_0,
        GgmlType::Q4_K => GgmlType::Q5_0,
        GgmlType::Q5_K => GgmlType::Q5_1,
        GgmlType::Q6_K => GgmlType::Q8_0,
        kind => kind,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The size of Mixtral-8x7B in a mix, in GiB.
    fn size(types: QuantMix) -> f64 {
        let (hidden, ffn, kv, layers, vocabulary) = (4096usize, 14336usize, 1024usize, 32, 32000usize);
        let mut tensors = vec![("token_embd.weight".to_owned(), vec![vocabulary, hidden])];
        tensors.push(("output.weight".to_owned(), vec![vocabulary, hidden]));
        for i in 0..layers {
            for (name, dims) in [
                ("attn_q", vec![hidden, hidden]),
                ("attn_k", vec![kv, hidden]),
                ("attn_v", vec![kv, hidden]),
                ("attn_output", vec![hidden, hidden]),
                ("ffn_gate_inp", vec![8, hidden]),
                ("ffn_gate_exps", vec![8, ffn, hidden]),
                ("ffn_up_exps", vec![8, ffn, hidden]),
                ("ffn_down_exps", vec![8, hidden, ffn]),
                ("attn_norm", vec![hidden]),
                ("ffn_norm", vec![hidden]),
            ] {
                tensors.push((format!("blk.{i}.{name}.weight"), dims));
            }
        }
        let bytes = tensors.into_iter().map(|(name, dims)| {
            let elements = dims.iter().product::<usize>() as u64;
            let kind = types.of_tensor(&name, &dims);
            kind.bytes_of(elements).expect("whole blocks")
        });
        bytes.sum::<u64>() as f64 / f64::from(1 << 30)
    }

    /// Published sizes of Chinese-Mixtral's files, which are 8x7B with a vocabulary of 32,000.
    #[test]
    fn files_are_as_large_as_the_published_ones() {
        for (kind, published) in [
            (GgmlType::F16, 87.0),
            (GgmlType::Q8_0, 46.2),
            (GgmlType::Q6_K, 35.7),
            (GgmlType::Q5_K, 30.0),
            (GgmlType::Q5_0, 30.0),
            (GgmlType::Q4_K, 24.6),
            (GgmlType::Q4_0, 24.6),
            (GgmlType::Q3_K, 19.0),
            (GgmlType::Q2_K, 16.1),
        ] {
            let ours = size(QuantMix::of(kind));
            eprintln!("{kind}: {ours:.2} GiB, published {published}");
            assert!((ours - published).abs() < 0.16, "{kind}: {ours}, published {published}");
        }
        let ours = size(QuantMix::of(GgmlType::IQ3_XXS).for_layers(32));
        assert!((ours - 17.1).abs() < 0.16, "IQ3_XXS: {ours}, published 17.1");
    }

    /// Since Chinese-Mixtral's files of these types, llama.cpp has made keys and attention's outputs more precise.
    #[test]
    fn files_of_two_bits_are_larger_than_the_published_ones_by_what_attention_gained() {
        for (kind, published, today) in [(GgmlType::IQ2_XXS, 11.4, 11.69), (GgmlType::IQ2_XS, 12.7, 12.97)] {
            let mix = QuantMix::of(kind).for_layers(32);
            assert!((size(mix) - today).abs() < 0.01, "{kind}: {}", size(mix));
            let then = QuantMix { attention: kind, ..mix };
            assert!((size(then) - published).abs() < 0.1, "{kind}: {}, published {published}", size(then));
        }
        for (kind, today) in [(GgmlType::IQ2_S, 14.43), (GgmlType::IQ1_M, 10.10), (GgmlType::IQ1_S, 9.15)] {
            let ours = size(QuantMix::of(kind).for_layers(32));
            assert!((ours - today).abs() < 0.01, "{kind}: {ours}");
        }
    }

    #[test]
    fn down_projections_of_the_first_eighth_of_the_layers_stay_more_precise() {
        let mix = QuantMix::of(GgmlType::IQ2_XXS).for_layers(16);
        let kind = |name: &str| mix.of_tensor(name, &[8, 256, 512]);
        assert_eq!(kind("blk.1.ffn_down_exps.weight"), GgmlType::Q2_K);
        assert_eq!(kind("blk.2.ffn_down_exps.weight"), GgmlType::IQ2_XXS);
        assert_eq!(kind("blk.10.ffn_down_exps.weight"), GgmlType::IQ2_XXS);
        assert_eq!(kind("blk.1.ffn_up_exps.weight"), GgmlType::IQ2_XXS);
        assert!(mix.check(false).is_err() && mix.check(true).is_ok());
        assert!(QuantMix::of(GgmlType::IQ3_S).check(false).is_ok());
        assert_eq!(mix.wanted("blk.0.attn_q.weight", &[64, 96]), (GgmlType::IQ2_XXS, GgmlType::IQ4_NL));
    }
}
