//! What is no answer.

use super::*;

#[test]
fn what_shows_nothing_is_no_answer() {
    for (text, is_empty) in [
        ("", true),
        ("\n", true),
        (" \t\r\n", true),
        ("\u{3000}", true),
        ("\u{feff}\u{200b}\u{2060} \u{ad}\0", true),
        ("\u{e0020}\u{fff9}\u{1d159}", true),
        // Markdown for nothing.
        ("&nbsp;", true),
        ("&#8203;\n\n&emsp;&zwnj;", true),
        ("#", true),
        ("# \n\n## &nbsp;", true),
        ("[](https://example.org)", true),
        ("[a]: https://example.org", true),
        ("。", false),
        ("\n0", false),
        ("&amp;", false),
        ("# 1", false),
        ("[a](b)", false),
        ("![](https://example.org/a.png)", false),
        ("<br>", false),
        ("---", false),
        ("```\n```", false),
        ("#hashtag", false),
    ] {
        assert_eq!(is_empty_answer(text), is_empty, "{text:?}");
    }
}
