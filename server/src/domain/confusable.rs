//! Names that a person could not tell apart.

use unicode_normalization::UnicodeNormalization;
use unicode_security::skeleton as confusable_skeleton;

/// What two names have in common exactly when they look alike: the skeleton of Unicode's technical standard 39, over
/// compatibility forms, without invisible characters, every run of white space one space. Not for showing.
pub fn skeleton(name: &str) -> String {
    let visible: String = name.nfkc().filter(|c| !is_invisible(*c)).collect();
    let joined = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    confusable_skeleton(&joined).collect()
}

/// Whether a character shows nothing, changes the direction of what follows, or may show anything: controls, format
/// characters, variation selectors, fillers, tags, private use.
pub fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{E000}'..='\u{F8FF}'
            | '\u{1D173}'..='\u{1D17A}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{E0000}'..='\u{10FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_alike_have_one_skeleton() {
        for (one, other) in [
            ("Mixtral 8x7B", "Міхtrаl 8x7B"),
            ("Mixtral 8x7B", "Mixtral\u{200B} 8x7B"),
            ("Mixtral 8x7B", "Mixtral\u{A0}8x7B"),
            ("Mixtral 8x7B", "Ｍｉｘｔｒａｌ 8x7B"),
            ("Mixtral 8x7B", "Mixtral  8x7B "),
            ("Mixtral 8x7B", "\u{202D}Mixtral 8x7B"),
            ("llama", "Ilama"),
            ("Poet 10M", "Poet lOM"),
            ("café", "cafe\u{301}"),
        ] {
            assert_eq!(skeleton(one), skeleton(other), "{one} and {other}");
        }
        for (one, other) in
            [("Poet 14M · Q4_K", "Poet 14M · Q8_0"), ("诗人", "词人"), ("Verse", "verse"), ("a b", "ab")]
        {
            assert_ne!(skeleton(one), skeleton(other), "{one} and {other}");
        }
    }

    #[test]
    fn what_is_seen_is_not_invisible() {
        for name in ["Poet 14M · Q4_K", "诗人　（大）", "Größe–É", "مدل", "नमूना", "🦙"] {
            assert!(!name.chars().any(is_invisible), "{name}");
        }
    }
}
