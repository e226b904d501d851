//! Results as SVG pictures, with words in both languages: a picture is passed on.

mod curve;
mod heat;

pub use curve::curve;
pub use heat::heat_map;

/// What text is inside of markup.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// 1024 is 1K.
fn tokens(count: usize) -> String {
    if count >= 1024 && count.is_multiple_of(1024) { format!("{}K", count / 1024) } else { count.to_string() }
}
