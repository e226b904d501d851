//! Sizes and foreign texts as the terminal shows them.

/// A file's text must not steer the terminal.
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

pub fn bytes(n: u64) -> String {
    indicatif::BinaryBytes(n).to_string()
}
