//! Names in URLs.

/// The longest slug in characters.
pub const MAX_SLUG: usize = 64;

use deunicode::deunicode_with_tofu;

/// A name for addresses made of a display name: lower-case letters, digits, dots and hyphens; Chinese in pinyin. Empty
/// when nothing is left.
pub fn slug_of(name: &str) -> String {
    let mut slug = String::new();
    for c in deunicode_with_tofu(name, "-").chars() {
        match c {
            'a'..='z' | '0'..='9' => slug.push(c),
            'A'..='Z' => slug.push(c.to_ascii_lowercase()),
            '.' | '_' if !slug.is_empty() && !slug.ends_with(['-', '.', '_']) => slug.push(c),
            _ if !slug.is_empty() && !slug.ends_with(['-', '.', '_']) => slug.push('-'),
            _ => {}
        }
        if slug.len() == 60 {
            break;
        }
    }
    slug.trim_end_matches(['-', '.', '_']).to_owned()
}

/// Whether a text can be a name in addresses.
pub fn is_slug(text: &str) -> bool {
    (1..=MAX_SLUG).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_made_of_what_addresses_can_hold() {
        assert_eq!(slug_of("Verse 14M · Q8_0"), "verse-14m-q8_0");
        assert_eq!(slug_of("Mixtral-8x7B-Instruct v0.1"), "mixtral-8x7b-instruct-v0.1");
        assert_eq!(slug_of("  模型  "), "mo-xing");
        assert_eq!(slug_of("春晓 14M"), "chun-xiao-14m");
        assert_eq!(slug_of("Größe"), "grosse");
        assert_eq!(slug_of(" · / "), "");
        for name in ["Verse 14M · Q8_0", "a/../b", "x".repeat(99).as_str()] {
            assert!(is_slug(&slug_of(name)), "{name}");
        }
        assert!(!is_slug("") && !is_slug("-a") && !is_slug("A") && !is_slug("a/b"));
    }
}
