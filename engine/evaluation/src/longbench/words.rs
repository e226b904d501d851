//! Words as the metrics count them.

use jieba_rs::Jieba;

/// The words of a Chinese text, as `jieba.cut(text, cut_all=False)` gives them: with new words by its Markov model.
pub(super) fn chinese<'a>(jieba: &Jieba, text: &'a str) -> Vec<&'a str> {
    jieba.cut(text, true).into_iter().map(|token| token.word).collect()
}

/// An answer in lower case without ASCII punctuation and articles, as SQuAD's metric compares it, word by word.
pub(super) fn normalised(text: &str) -> Vec<String> {
    let text: String = text.to_lowercase().chars().filter(|c| !c.is_ascii_punctuation()).collect();
    // `\b(a|an|the)\b`: an article is a word of letters, digits and underscores; beside it may stand what is no such character.
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        out.push_str(if matches!(word, "a" | "an" | "the") { " " } else { word });
        let gap = after.find(is_word).unwrap_or(after.len());
        out.push_str(&after[..gap]);
        rest = &after[gap..];
    }
    out.split_whitespace().map(str::to_owned).collect()
}

/// What is dropped from Chinese words beside ASCII punctuation.
const PUNCTUATION: &str = "！？｡。＂＃＄％＆＇（）＊＋，－／：；＜＝＞＠［＼］＾＿｀｛｜｝～｟｠｢｣､、〃》「」『』【】〔〕〖〗〘〙〚〛〜〝〞〟〰〾〿–—‘’‛“”„‟…‧﹏.";

/// A Chinese word in lower case without punctuation and white space.
pub(super) fn normalised_chinese(word: &str) -> String {
    let is_kept = |c: &char| !c.is_ascii_punctuation() && !PUNCTUATION.contains(*c) && !c.is_whitespace();
    word.to_lowercase().chars().filter(is_kept).collect()
}
