//! Whether a tokenizer in GGUF's form is the one of its `tokenizer.json`. Merges by score and merges by rank agree for
//! every vocabulary that SentencePiece made, and for others perhaps not.

use std::path::Path;

use mixtral_engine::error::{ConversionFault, Error, Place, Result};
use mixtral_engine::text::{Encoding, Tokenizer};

/// Texts that show where two tokenizers part: spaces, lines, scripts, what has no piece, control tokens within. (None begins
/// with a begin token: ours is not doubled then, as llama.cpp's is not.)
const TEXTS: [&str; 18] = [
    "",
    " ",
    "Hello world",
    "  two  spaces, and trailing  ",
    "a\tb\nnew line\r\n\r\n   indented",
    "[INST] What is a mixture of experts? [/INST] It routes each token to two of them.</s>",
    "[INST] 你好！[/INST] 你好，有什么可以帮你？</s><s>[INST] 再见",
    "春眠不觉晓，处处闻啼鸟。夜来风雨声，花落知多少。",
    "混合专家模型 mixed 文本 text，全角　空格",
    "emoji 😀👩‍👩‍👧 and 𠮷野家",
    "naïve café Ünïcödé, Ελληνικά, кириллица, العربية",
    "1234567 3.14 ９ 1e-5 0x0A",
    "fn main() {\n    println!(\"{}\", x);\n}",
    "aaaaaaaaaaaaaaa abababababa",
    "don't we'll I'M they've",
    "<0x0A> <unk> ▁ ▁▁",
    "https://example.org/a?b=c&d=%20",
    "The quick brown fox jumps over the lazy dog; THE QUICK BROWN FOX!",
];

/// The first of some texts that the file's tokenizer, as the crate `tokenizers` reads it, and ours cut differently. A
/// `tokenizer.model` needs no such look: its scores are what ours merges by.
///
/// # Errors
/// The file cannot be read.
pub fn differs(path: &Path, ours: &Tokenizer) -> Result<Option<&'static str>> {
    if path.extension().is_none_or(|ending| ending != "json") {
        return Ok(None);
    }
    let fault = |error: tokenizers::Error| {
        Error::file(path, Place::Whole, ConversionFault::Tokenizer { why: error.to_string() })
    };
    let theirs = tokenizers::Tokenizer::from_file(path).map_err(fault)?;
    for text in TEXTS {
        let expected = theirs.encode(text, true).map_err(fault)?;
        if ours.encode(text, Encoding { add_special: true, parse_special: true }) != expected.get_ids() {
            return Ok(Some(text));
        }
    }
    Ok(None)
}
