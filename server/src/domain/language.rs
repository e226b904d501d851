//! The language of a prompt, and those that a model speaks, as ISO 639-1.

use whatlang::{Lang, detect};

/// The language of a text: `zh`, `en`, `ja`, …; `und` where it cannot be told.
///
/// Scripts decide first, because detectors by trigrams guess on short texts: kana is Japanese, hangul Korean, and Han
/// characters are Chinese when there are at least as many of them as of words in Latin letters (so that a Chinese
/// question about an English text is Chinese, and an English one about two characters is English). An unreliable guess
/// on plain ASCII counts as English, the language of most such texts.
pub fn language_of(text: &str) -> &'static str {
    // The beginning tells; a long paste would only cost time.
    let text: String = text.chars().take(4000).collect();
    let count = |is: fn(char) -> bool| text.chars().filter(|c| is(*c)).count();
    let (han, kana, hangul) = (count(is_han), count(is_kana), count(is_hangul));
    let words = text.split(|c: char| !c.is_alphabetic() || is_han(c) || is_kana(c) || is_hangul(c));
    let latin_words = words.filter(|word| word.chars().any(|c| c.is_ascii_alphabetic())).count();
    if kana + hangul + han >= latin_words.max(1) {
        // A Chinese text may quote some kana: Japanese has at least one for every four Han characters.
        return match (kana, hangul) {
            (kana, hangul) if kana >= hangul && kana * 4 >= han.max(1) => "ja",
            (_, hangul) if hangul * 4 >= han.max(1) => "ko",
            _ => "zh",
        };
    }
    // The few characters of another script are what the text is about.
    let text: String = text.chars().filter(|c| !is_han(*c) && !is_kana(*c) && !is_hangul(*c)).collect();
    let guess = detect(&text);
    match guess {
        Some(info) if info.is_reliable() => code(info.lang()),
        _ if text.is_ascii() && text.bytes().any(|b| b.is_ascii_alphabetic()) => "en",
        Some(info) if info.confidence() > 0.5 => code(info.lang()),
        _ => "und",
    }
}

/// The languages in a list such as `zh, en-GB`, each once, in their order.
///
/// # Errors
/// The first that is no code of two letters, with or without a region.
pub fn language_codes(text: &str) -> Result<Vec<String>, String> {
    let mut found: Vec<String> = Vec::new();
    for said in text.split([',', ';', '，', '、', ' ']).map(str::trim).filter(|said| !said.is_empty()) {
        let code = said.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        if code.len() != 2 || !code.bytes().all(|b| b.is_ascii_lowercase()) {
            return Err(said.to_owned());
        }
        if !found.contains(&code) {
            found.push(code);
        }
    }
    Ok(found)
}

/// Whether a model whose languages are listed so speaks one. Who lists none may speak any, and what language a text is in that
/// cannot be told (`und`) anybody may.
pub fn speaks(list: &str, language: &str) -> bool {
    language == "und" || list.is_empty() || list.split(", ").any(|code| code == language)
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

fn is_kana(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{309f}' | '\u{30a1}'..='\u{30fa}' | '\u{31f0}'..='\u{31ff}' | '\u{ff66}'..='\u{ff9d}')
}

fn is_hangul(c: char) -> bool {
    matches!(c, '\u{ac00}'..='\u{d7a3}' | '\u{1100}'..='\u{11ff}' | '\u{3131}'..='\u{318e}')
}

/// The two letters for the languages that people write to arenas in; the others are not told apart.
const fn code(language: Lang) -> &'static str {
    match language {
        Lang::Cmn => "zh",
        Lang::Eng => "en",
        Lang::Jpn => "ja",
        Lang::Kor => "ko",
        Lang::Rus => "ru",
        Lang::Fra => "fr",
        Lang::Deu => "de",
        Lang::Spa => "es",
        Lang::Por => "pt",
        Lang::Ita => "it",
        Lang::Nld => "nl",
        Lang::Pol => "pl",
        Lang::Ukr => "uk",
        Lang::Tur => "tr",
        Lang::Vie => "vi",
        Lang::Ara => "ar",
        Lang::Pes => "fa",
        Lang::Heb => "he",
        Lang::Hin => "hi",
        Lang::Tha => "th",
        Lang::Ind => "id",
        Lang::Ces => "cs",
        Lang::Ell => "el",
        Lang::Swe => "sv",
        Lang::Dan => "da",
        Lang::Fin => "fi",
        Lang::Hun => "hu",
        Lang::Ron => "ro",
        _ => "und",
    }
}

#[cfg(test)]
mod tests {
    use super::{language_codes, language_of, speaks};

    #[test]
    fn short_and_mixed_texts_are_told_apart() {
        for (text, language) in [
            ("写一首五言绝句", "zh"),
            ("你好", "zh"),
            ("诗", "zh"),
            ("翻译成中文：The quick brown fox jumps", "zh"),
            ("请解释 Rust 的 borrow checker", "zh"),
            ("What does 你好 mean in English?", "en"),
            ("hi", "en"),
            ("Write a haiku about rain", "en"),
            ("こんにちは", "ja"),
            ("俳句を一つ書いてください", "ja"),
            ("안녕하세요", "ko"),
            ("日语的“の”是什么意思，应该怎么用，请举例说明", "zh"),
            ("Écris un poème sur la mer et les étoiles, s'il te plaît", "fr"),
            ("Напиши стихотворение о море и звёздах", "ru"),
            ("12345 + 678", "und"),
            ("", "und"),
            ("?!", "und"),
        ] {
            assert_eq!(language_of(text), language, "{text}");
        }
    }

    #[test]
    fn a_list_of_languages_is_read_as_people_write_it() {
        let codes = |text| language_codes(text).map(|codes| codes.join(", "));
        assert_eq!(codes("zh-CN，en、ZH  fr_CA"), Ok("zh, en, fr".to_owned()));
        assert_eq!(codes(" "), Ok(String::new()));
        assert_eq!(codes("zh, Chinese"), Err("Chinese".to_owned()));
        assert_eq!(codes("中文"), Err("中文".to_owned()));
    }

    #[test]
    fn whoever_lists_no_language_may_speak_any() {
        assert!(speaks("", "zh") && speaks("zh, en", "en") && speaks("en", "und"));
        assert!(!speaks("zh", "en") && !speaks("zh", "z"));
    }
}
