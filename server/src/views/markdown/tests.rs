//! Markdown: what comes out is safe, stable and quick.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::{blocks, html};

mod emphasis;
mod formulas;
mod links;

#[test]
fn hostile_answers_cannot_act() {
    let corpus = [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "a <b onclick=alert(1)>b</b>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](java\nscript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](vbscript:msgbox(1))",
        "![x](javascript:alert(1))",
        "![x](https://evil.example/pixel.png)",
        "<https://ok.example\" onmouseover=\"alert(1)>",
        "[a](<https://x.example/\" onmouseover=\"alert(1)>)",
        "<svg><script>alert(1)</script></svg>",
        "<math><mtext></mtext><style><img src=x onerror=alert(1)></style></math>",
        "$\\text{<img src=x onerror=alert(1)>}$",
        "$$<script>alert(1)</script>$$",
        "```html\"><script>alert(1)</script>\n<script>alert(1)</script>\n```",
        "`<script>alert(1)</script>`",
        "| <script> | b |\n|---|---|\n| <img onerror=x> | d |",
        "<iframe src=//evil.example></iframe>",
        "<form action=/vote><button>x</button></form>",
        "<style>*{display:none}</style>",
        "<a href=\"/admin\" style=\"position:fixed\">x</a>",
        "[x](/admin/models)",
        "[x](//evil.example)",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "<!-- --!><script>alert(1)</script>",
        "\u{0}<scr\u{0}ipt>alert(1)</script>",
    ];
    for text in corpus {
        let html = html(text).to_lowercase();
        for bad in [
            "<script",
            "<img",
            "<iframe",
            "<form",
            "<svg",
            "<style",
            "<b ",
            "<a href=\"/",
            "href=\"java",
            "href=\"data",
            "href=\"vb",
        ] {
            assert!(!html.contains(bad), "{text:?} gave {html}");
        }
        // No attribute but ours: what looks like one stands in text, with its quotes escaped.
        for tag in html.split('<').skip(1).filter_map(|rest| rest.split_once('>')).map(|(tag, _)| tag) {
            let names: String = tag.split('"').step_by(2).collect();
            assert!(!names.contains(" on") && !names.contains("style"), "{text:?} gave {html}");
        }
    }
}

#[test]
fn links_go_out_with_care_and_pictures_are_links() {
    assert_eq!(
        html("[a](https://x.example/?q=1&r=2)"),
        "<p dir=\"auto\"><a href=\"https://x.example/?q=1&amp;r=2\" target=\"_blank\" rel=\"nofollow noopener noreferrer\">a</a></p>"
    );
    assert!(html("![cat](https://x.example/cat.png)").contains(">cat</a>"));
}

#[test]
fn the_usual_elements_are_there() {
    let html = html(
        "# T\n\n**b** *i* ~~s~~ `c`\n\n- [x] done\n- [ ] open\n\n| a | b |\n|:-:|--:|\n| 1 | 2 |\n\n> q\n\n---\n\n3. x\n4. y",
    );
    for part in [
        "<h3 dir=\"auto\">T</h3>",
        "<strong>b</strong>",
        "<em>i</em>",
        "<del>s</del>",
        "<code>c</code>",
        "☑ done",
        "☐ open",
        "<th class=\"center\">a</th>",
        "<td class=\"number\">2</td>",
        "<blockquote dir=\"auto\">",
        "<hr>",
        "<ol start=\"3\" dir=\"auto\">",
    ] {
        assert!(html.contains(part), "{part} is not in {html}");
    }
}

#[test]
fn code_is_coloured_by_class_and_unclosed_fences_hold() {
    let html = html("```rust\nfn main() { // hi\n    let x = \"<b>\";\n");
    assert!(html.contains("<span class=\"hl-k\">fn</span>"), "{html}");
    assert!(html.contains("hl-c") && html.contains("hl-s"), "{html}");
    assert!(html.contains("&lt;b&gt;") && !html.contains("style="), "{html}");
    assert!(super::html("```nosuchlanguage\nx\n```").contains("<code>x\n</code>"));
}

#[test]
fn mathematics_becomes_mathml_and_half_a_formula_stays_text() {
    for text in ["$x^2$", "\\(x^2\\)", "价格 $\\frac{1}{2}$"] {
        assert!(html(text).contains("<math"), "{text}: {}", html(text));
    }
    for text in ["$$\\int_0^1 x\\,dx$$", "\\[ \\sum_{i=1}^n i \\]"] {
        assert!(html(text).contains("<math display=\"block\""), "{text}: {}", html(text));
    }
    assert!(html("costs $5 and $6").contains("costs $5 and $6"));
    for half in ["$x^2", "$$\\frac{1}{", "$\\frac{1}$", "\\(x", "$\\left( x$"] {
        assert!(!html(half).is_empty());
    }
    assert!(html("`\\(x\\)`").contains("<code>\\(x\\)</code>"));
    assert!(html("$\\def\\a{\\a\\a}\\a$").contains("<code class=\"formula\">"));
}

#[test]
fn a_verse_s_lines_stay_lines() {
    assert_eq!(html("高下清风里，幽怀古道傍。\n无人知是客。").matches("<br>").count(), 1);
    assert!(!html("one paragraph\n\nand another").contains("<br>"));
    assert!(!html("```\na\nb\n```").contains("<br>"), "code has its own lines");
}

#[test]
fn chinese_text_is_kept_whole() {
    let text = "**床前明月光**，疑是地上霜。\n\n举头望明月，低头思故乡。";
    let blocks = blocks(text);
    assert_eq!(blocks.len(), 2);
    assert_eq!(blocks[0], "<p dir=\"auto\"><strong>床前明月光</strong>，疑是地上霜。</p>");
}

#[test]
fn nothing_of_an_answer_disappears() {
    assert!(html("[a]: https://x.example").contains("[a]: https://x.example"));
    assert!(html("text\n\n[a]: https://x.example\n\nmore").contains("[a]:"));
}

#[test]
fn gigantic_input_is_rendered_in_bounded_time() {
    let cases = [
        "a ".repeat(200_000),
        ">".repeat(100_000),
        "- ".repeat(50_000),
        "*".repeat(100_000),
        "[".repeat(100_000),
        "`a".repeat(50_000),
        "$".repeat(50_000),
        "$a".repeat(50_000),
        format!("```rust\n{}", "let x = 1; // y\n".repeat(20_000)),
        format!("${}$", "{".repeat(4000)),
        "| a ".repeat(20_000) + "\n" + &"|-".repeat(20_000),
        "\\(".repeat(50_000),
        "<a ".repeat(50_000),
        "![a](".repeat(30_000),
        "诗".repeat(200_000),
    ];
    for text in cases {
        let begun = Instant::now();
        let _ = html(&text);
        let spent = begun.elapsed();
        assert!(spent < Duration::from_secs(8), "{:?}… took {spent:?}", text.chars().take(8).collect::<String>());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn no_input_makes_the_renderer_panic(text in "\\PC{0,200}") {
        let _ = html(&text);
        let _ = html(&format!("${text}$"));
    }
}
