//! Types in the names of GGUF files: `Q4_K_M` of `model-q4_k_m-00001-of-00003.gguf`.

/// A path without `.gguf` and without the number of a shard, and how many shards there are.
pub fn stem(path: &str) -> Option<(&str, Option<Shard>)> {
    let at = path.len().checked_sub(".gguf".len())?;
    let (stem, ending) = path.split_at_checked(at)?;
    ending.eq_ignore_ascii_case(".gguf").then(|| shard(stem).map_or((stem, None), |(stem, shard)| (stem, Some(shard))))
}

/// The place of a file among its shards, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    pub number: u32,
    pub of: u32,
}

/// `model-00002-of-00003` is the second of three shards of `model`.
pub fn shard(stem: &str) -> Option<(&str, Shard)> {
    let (rest, of) = stem.rsplit_once("-of-")?;
    let (rest, number) = rest.rsplit_once('-')?;
    let read = |digits: &str| (digits.len() == 5).then(|| digits.parse().ok()).flatten();
    Some((rest, Shard { number: read(number)?, of: read(of)? }))
}

/// The type that a path without ending names, in capitals: the last one, so that a file's own name stands before its folder's.
pub fn label(stem: &str) -> Option<String> {
    stem.rsplit(['-', '.', '/', ' ']).find_map(|piece| {
        // `model_q4_k`: the name may be joined to the type.
        let starts = std::iter::once(0).chain(piece.match_indices('_').map(|(at, _)| at + 1));
        starts.map(|at| &piece[at..]).find_map(type_name)
    })
}

/// A type's name in capitals, if this is one. `FP16` is an earlier name of `F16`.
pub fn type_name(text: &str) -> Option<String> {
    let name = text.to_ascii_uppercase();
    let name = match name.as_str() {
        "FP16" => "F16".to_owned(),
        "FP32" => "F32".to_owned(),
        _ => name,
    };
    let mut parts = name.split('_');
    let first = parts.next()?;
    let is_short = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
    let is_numbered = |start: &str| {
        let bits = first.strip_prefix(start).filter(|bits| (1..=2).contains(&bits.len()));
        bits.is_some_and(|bits| bits.bytes().all(|b| b.is_ascii_digit()))
    };
    let is_type = match first {
        "BF16" | "F16" | "F32" => parts.next().is_none(),
        "MXFP4" | "NVFP4" => parts.all(|part| part == "MOE"),
        _ => ["Q", "IQ", "TQ"].into_iter().any(is_numbered) && parts.all(is_short),
    };
    is_type.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_found_in_the_names_that_people_give() {
        for (path, expected) in [
            ("ggml-model-q4_k.gguf", Some("Q4_K")),
            ("mixtral-8x7b-instruct-v0.1.Q4_K_M.gguf", Some("Q4_K_M")),
            ("chinese_mixtral_iq2_xxs.gguf", Some("IQ2_XXS")),
            ("Q8_0/model-Q8_0-00001-of-00002.gguf", Some("Q8_0")),
            ("Q3_K_S/model-00001-of-00002.gguf", Some("Q3_K_S")),
            ("model-UD-Q4_K_XL.gguf", Some("Q4_K_XL")),
            ("model.fp16.gguf", Some("F16")),
            ("model-BF16.GGUF", Some("BF16")),
            ("gpt-mxfp4_moe.gguf", Some("MXFP4_MOE")),
            ("poet-14m-q8_0.gguf", Some("Q8_0")),
            ("phi-4-q4.gguf", Some("Q4")),
            ("mixtral-8x7b.gguf", None),
            ("qwen-q.gguf", None),
        ] {
            let (stem, _) = stem(path).expect("a GGUF file");
            assert_eq!(label(stem).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn shards_are_told_from_names() {
        assert_eq!(stem("a-00002-of-00003.gguf"), Some(("a", Some(Shard { number: 2, of: 3 }))));
        assert_eq!(stem("a-2-of-3.gguf"), Some(("a-2-of-3", None)));
        assert_eq!(stem("a.safetensors"), None);
        assert_eq!(stem("模型"), None);
    }
}
