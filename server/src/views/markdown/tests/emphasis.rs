//! Emphasis beside Chinese, Japanese and Korean.

use super::html;

#[test]
fn emphasis_ends_beside_full_width_punctuation() {
    for (text, emphasised) in [
        ("**注意：**请先保存。", "<strong>注意：</strong>请先保存。"),
        ("他说的**“重点”**很清楚。", "他说的<strong>“重点”</strong>很清楚。"),
        ("这是*强调。*的内容", "这是<em>强调。</em>的内容"),
        ("见**（附录）**和**《诗经》**的序", "见<strong>（附录）</strong>和<strong>《诗经》</strong>的序"),
        ("这是***非常！***重要", "这是<em><strong>非常！</strong></em>重要"),
        ("~~旧价：~~新价", "<del>旧价：</del>新价"),
        ("**重要。**これは**「注意」**です", "<strong>重要。</strong>これは<strong>「注意」</strong>です"),
        ("**스크립트(script)**는", "<strong>스크립트(script)</strong>는"),
        ("先**保存`a`**再试", "先<strong>保存<code>a</code></strong>再试"),
        ("**1. 准备：**先读", "<strong>1. 准备：</strong>先读"),
        ("用**$x$**表示", "<strong><math"),
        ("价格**“10%”**以上", "价格<strong>“10%”</strong>以上"),
    ] {
        assert!(html(text).contains(emphasised), "{text}: {}", html(text));
    }
}

#[test]
fn stars_that_are_no_emphasis_stay() {
    for (text, kept) in [
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("a** b**", "a** b**"),
        ("`**注意：**请`", "<code>**注意：**请</code>"),
        ("```\n**注意：**请\n```", "**注意：**请"),
        ("\\*\\*注意：\\*\\*请", "**注意：**请"),
        ("    **注意：**请", "**注意：**请"),
    ] {
        let html = html(text);
        assert!(html.contains(kept), "{text}: {html}");
    }
}

#[test]
fn letters_that_help_the_parser_are_nowhere_in_the_page() {
    let text =
        "**注意：**请 `**注意：**` [**好：**的](https://x.example/**：**a)\n\n    **注意：**请\n\n<b>**注意：**请</b>";
    let html = html(text);
    assert!(!html.contains(['\u{fdd0}', '\u{fdd1}', '\u{fdd2}']), "{html:?}");
    // Nor can a text bring its own.
    let html = super::html("a\u{fdd0}0\u{fdd1}b \u{fdd2}$x$");
    assert!(html.contains("a\u{fffd}0\u{fffd}b") && html.contains("<math"), "{html:?}");
}
