//! The patterns by which byte-level tokenizers cut text into words before they merge. A GGUF names
//! its pattern in `tokenizer.ggml.pre`; a name that is not here is refused, since a wrong pattern
//! would give wrong tokens without anyone noticing.

/// Names and patterns, as llama.cpp's `llama-vocab.cpp` pairs them.
const PATTERNS: [(&[&str], &str); 4] = [
    (
        &["gpt-2", "phi-2", "jina-es", "jina-de", "mpt", "olmo"],
        r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    ),
    (
        &["llama3", "llama-v3", "llama-bpe", "dbrx", "smaug-bpe", "falcon3", "pixtral"],
        r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    ),
    (
        &["qwen2", "deepseek-r1-qwen", "stablelm2", "hunyuan", "megrez"],
        r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    ),
    (
        &["tekken"],
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    ),
];

/// Every name, for the message that refuses another.
pub const KNOWN: &str = "gpt-2, phi-2, jina-es, jina-de, mpt, olmo, llama3, llama-v3, llama-bpe, dbrx, smaug-bpe, falcon3, pixtral, qwen2, deepseek-r1-qwen, stablelm2, hunyuan, megrez, tekken";

/// The pattern of a name.
pub fn pattern(name: &str) -> Option<&'static str> {
    PATTERNS.iter().find(|(names, _)| names.contains(&name)).map(|(_, pattern)| *pattern)
}

/// The first name of a pattern, as a `tokenizer.json` has it: there the endings of words are of any case by a flag.
pub fn name_of(pattern: &str) -> Option<&'static str> {
    let spelt_out = "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])";
    let pattern = pattern.replacen("(?i:'s|'t|'re|'ve|'m|'ll|'d)", spelt_out, 1);
    PATTERNS.iter().find(|(_, known)| *known == pattern).map(|(names, _)| names[0])
}

/// Whether a whole word that is a token is taken without merging, as Llama 3 and Tekken do.
pub fn takes_whole_words(name: &str) -> bool {
    matches!(name, "llama3" | "llama-v3" | "llama-bpe" | "falcon3" | "pixtral" | "tekken")
}

/// Whether such a vocabulary starts text with its begin token where the file does not say.
pub fn adds_bos(name: &str) -> bool {
    matches!(name, "llama3" | "llama-v3" | "llama-bpe" | "falcon3" | "pixtral" | "tekken")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles_and_every_name_is_listed() {
        for (names, pattern) in PATTERNS {
            fancy_regex::Regex::new(pattern).expect("compiles");
            for name in names {
                assert!(KNOWN.split(", ").any(|k| k == *name), "{name}");
            }
        }
    }
}
