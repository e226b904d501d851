//! Numbers and texts as the terminal shows them.

/// A file's text must not steer the terminal.
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

pub fn bytes(n: u64) -> String {
    indicatif::BinaryBytes(n).to_string()
}

pub fn millions(n: u64) -> String {
    if n >= 1_000_000_000 { format!("{:.1} B", n as f64 / 1e9) } else { format!("{:.1} M", n as f64 / 1e6) }
}
