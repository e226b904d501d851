//! A text that grows ends as the same text does that was there at once, and costs no more than a multiple of it.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::views::markdown::testing::EditedBlocks;

/// A growing text and its reader.
#[derive(Default)]
struct Told {
    growing: Growing,
    reader: EditedBlocks,
    bytes: usize,
}

impl Told {
    fn take(&mut self, edit: Option<Edit>) {
        if let Some(edit) = edit {
            let json = edit.json();
            self.bytes += json.to_string().len();
            self.reader.take_json(&json);
        }
        assert_eq!(self.reader.blocks, self.growing.blocks());
    }

    fn grow(&mut self, text: &str) {
        let edit = self.growing.grow(text);
        self.take(edit);
    }

    fn finish(&mut self, text: &str) {
        let edit = self.growing.finish(text);
        self.take(edit);
        assert_eq!(self.reader.blocks, blocks(text));
    }

    /// Grows by pieces of so many characters.
    fn grow_by(&mut self, text: &str, chars: usize) {
        let ends: Vec<usize> = text.char_indices().map(|(at, c)| at + c.len_utf8()).collect();
        for end in ends.chunks(chars).filter_map(|ends| ends.last()) {
            self.grow(&text[..*end]);
        }
    }
}

const PIECES: &[&str] = &[
    "word ",
    "诗人 ",
    "🦉",
    "\u{a0}",
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    "\t",
    "    ",
    "  ",
    "# ",
    "**",
    "*",
    "~~",
    "`",
    "``",
    "```",
    "```rust\n",
    "```html\n",
    " ```js x\n",
    "   ~~~~py\n",
    "~~~",
    "fn main() { // \"x\"\n",
    "/* a\n",
    "b */ let 'x' = 1;\n",
    "<b>&amp;'\"\n",
    "- ",
    "\n- ",
    "\n  - ",
    "\n1. ",
    "\n\n2. ",
    "> ",
    "\n> ```\n> x\n",
    "| a | b |\n",
    "|---|:-:|\n",
    "\n---\n",
    "===\n",
    "$x^2$",
    "$$",
    "\\frac{1}{2}",
    "\\(",
    "\\)",
    "\\[",
    "\\]",
    "[a](https://x.example/?<q>&\"r)",
    "![a](",
    "[a]: https://x.example\n",
    "<pre>",
    "</p>",
    "<!-- ",
    "-->\n",
    "<script>",
    "- [x] ",
    "\\",
    "&lt;",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn edits_end_at_the_html_of_the_whole_text(
        pieces in proptest::collection::vec(select(PIECES), 0..80),
        repeated in 1_usize..8,
        steps in proptest::collection::vec(1_usize..120, 1..12),
    ) {
        let text = pieces.concat().repeat(repeated);
        let ends: Vec<usize> = text.char_indices().map(|(at, c)| at + c.len_utf8()).collect();
        let (mut told, mut at) = (Told::default(), 0);
        for step in steps.iter().cycle() {
            at += step;
            let Some(end) = ends.get(at) else { break };
            told.grow(&text[..*end]);
        }
        told.finish(&text);
    }

    /// Character by character, and no block changes that was called settled.
    #[test]
    fn settled_blocks_never_change(text in "([-*+#>`~|=$.)(\\[\\]!_<1a诗 ]|\n|\n\n|    |```|- |1\\. |\\| a |<pre|\\*\\*\\*|---){0,40}") {
        let mut told = Told::default();
        let mut settled: Vec<String> = Vec::new();
        for end in text.char_indices().map(|(at, c)| at + c.len_utf8()) {
            told.grow(&text[..end]);
            prop_assert_eq!(&told.reader.blocks[..settled.len()], &settled[..]);
            settled = told.reader.blocks[..told.growing.settled].to_vec();
        }
        told.finish(&text);
        prop_assert_eq!(&told.reader.blocks[..settled.len()], &settled[..]);
    }
}

/// Prose of so many bytes as models write it.
fn prose(bytes: usize) -> String {
    let paragraph = "The **moon** rises over the `river`, and [the poet](https://x.example) counts *three* cups.\n\
        - one of wine, which is \\(x^2\\) deep\n- one of shade\n\n床前明月光，疑是地上霜。举头望明月，低头思故乡。\n\n";
    paragraph.repeat(bytes / paragraph.len() + 1)
}

/// Fenced code of so many bytes.
fn code(bytes: usize) -> String {
    let lines = "/// Adds `a` to \"b\".\nfn add(a: u32, b: u32) -> u32 {\n    let sum = a + b; // both\n    sum\n}\n\n";
    format!("```rust\n{}```\n", lines.repeat(bytes / lines.len()))
}

/// One list of so many bytes, with emphasis and code in its items.
fn list(bytes: usize) -> String {
    let items = "1. **First** comes `this`:\n   ```js\n   let x = 1;\n   ```\n2. Then *that*, and more of it\n";
    items.repeat(bytes / items.len())
}

#[test]
fn what_is_sent_is_at_most_three_times_the_final_html() {
    for (name, text) in [("prose", prose(16_000)), ("code", code(16_000)), ("list", list(16_000))] {
        for chars in [12, 40] {
            let mut told = Told::default();
            told.grow_by(&text, chars);
            told.finish(&text);
            let html: usize = told.reader.blocks.iter().map(String::len).sum();
            assert!(told.bytes <= 3 * html, "{name} by {chars}: {} bytes for {html}", told.bytes);
        }
    }
}

#[test]
fn all_of_a_text_shows_at_each_step() {
    let shown = |html: &str| html.matches("word").count();
    for text in ["word ".repeat(900), format!("```rust\n{}", "let word = 1;\n".repeat(200)), "- word\n".repeat(300)] {
        let mut told = Told::default();
        for (at, _) in text.match_indices(' ') {
            told.grow(&text[..at]);
            assert_eq!(shown(&told.reader.blocks.concat()), shown(&text[..at]), "{at}");
        }
    }
}

#[test]
fn code_is_coloured_as_soon_as_its_line_is_complete() {
    let mut told = Told::default();
    told.grow("```rust\nlet x");
    assert!(told.reader.blocks[0].ends_with("<code>let x</code></pre></div>"), "{:?}", told.reader.blocks);
    told.grow("```rust\nlet x = 1;\nfn");
    assert!(told.reader.blocks[0].contains("<span class=\"hl-k\">let</span>"), "{:?}", told.reader.blocks);
    assert!(told.reader.blocks[0].ends_with("\nfn</code></pre></div>"), "{:?}", told.reader.blocks);
}

#[test]
fn a_text_that_is_too_long_to_be_rendered_ends_as_plain_text() {
    let text = format!("**a**\n\n{}", "word ".repeat(MAX_BYTES / 5));
    let mut told = Told::default();
    told.grow_by(&text, 4000);
    told.finish(&text);
}
