//! Mathematics, and money that is none.

use super::{blocks, html};

fn formulas(text: &str) -> usize {
    html(text).matches("<math").count()
}

#[test]
fn lines_of_a_formula_are_no_list() {
    for text in [
        "$$\na\n+ b\n- c\n$$",
        "\\[\na\n- b\n= c\n\\]",
        "Sum:\n\n$$\nx = 1\n+ 2\n+ 3\n$$\n\nDone.",
        "$$\n= a\n> b\n$$",
        "- item\n\n  $$\n  a\n  + b\n  $$",
        "> $$\n> a\n> + b\n> $$",
        "\\begin{align}\na &= b \\\\\n&+ c\n\\end{align}",
        "\\begin{equation*}\na\n+ b\n\\end{equation*}",
        "$$x\n=== y^2\n- z_1$$",
    ] {
        let html = html(text);
        assert_eq!((html.matches("<math").count(), html.matches("<li>").count() > 1), (1, false), "{text}: {html}");
    }
}

#[test]
fn a_formula_s_marks_mean_nothing_to_markdown() {
    for text in
        ["$a_1 * b_2 * c_3$", "| a | b |\n|---|---|\n| $|x|$ | y |", "$\\{ x \\}$", "$x<y$", "**$a*b*c$**", "$[a](b)$"]
    {
        let html = html(text);
        assert!(html.contains("<math") && !html.contains("<em>") && !html.contains("<a "), "{text}: {html}");
    }
    assert!(html("| a | b |\n|---|---|\n| $|x|$ | y |").contains("<td>y</td>"));
}

#[test]
fn amounts_of_money_are_text() {
    for text in [
        "Prices: $5-$10, or $20/$30.",
        "价格为$100（约700元）和$200。",
        "costs $5 and $6",
        "from US$5 to US$10",
        "It is $20K, not $30K.",
        "$5 or 10$ more",
        "Pay $1,000/$2,000 today",
        "$5, €6, $7",
        "从$100涨到$200，又跌回$150。",
        "我有100$，他有$200和50$。",
        "echo $HOME:$PATH and $USER",
        "- A: $5\n- B: $6\n- C: $7",
        "| a | b |\n|---|---|\n| $5 | $6 |",
        "(was $15, now $9)",
        "\\$5 and \\$6",
        "`$x$`",
        "I have $$ and you have $$",
    ] {
        assert_eq!(formulas(text), 0, "{text}: {}", html(text));
        let dollars = text.matches('$').count();
        assert_eq!(html(text).matches('$').count(), dollars, "{text}: {}", html(text));
    }
}

#[test]
fn mathematics_beside_money_is_mathematics() {
    for (text, count) in [
        ("costs $5, and $x^2$ is a square", 1),
        ("公式$x$是变量，价格$5", 1),
        ("Let $n$ be 3 and $m=4$.", 2),
        ("$2x+3y$", 1),
        ("$5$", 1),
        ("$-1$、$\\pi$", 2),
        ("设$a=1$，$b=2$，则$a+b=3$。", 3),
        ("$O(n \\log n)$", 1),
        ("$$E=mc^2$$", 1),
        ("so \\(a\\) and \\[b\\]", 2),
        ("$3 \\text{ apples}$", 1),
    ] {
        assert_eq!(formulas(text), count, "{text}: {}", html(text));
    }
}

#[test]
fn boxes_tags_and_chemistry_are_drawn() {
    let boxed = html("$$\\boxed{x = \\frac{1}{2}}$$");
    assert!(boxed.contains("<mrow class=\"boxed\">") && boxed.contains("<mfrac>"), "{boxed}");
    let tagged = html("$$a = b \\tag{1}$$");
    assert!(tagged.contains("(1)") && tagged.contains("<math"), "{tagged}");
    assert!(html("$$a \\tag*{A}$$").contains("<math"));
    for (text, parts) in [
        ("$\\ce{H2O}$", vec!["<msub>", "<mn>2</mn>"]),
        ("$\\ce{2H2 + O2 -> 2H2O}$", vec!["⟶", "<mo>+</mo>"]),
        ("$\\ce{SO4^2-}$", vec!["<msubsup>"]),
        ("$\\ce{Na+}$", vec!["<msup>"]),
        ("$\\ce{CaCO3 ->[\\Delta] CaO + CO2 ^}$", vec!["Δ", "↑"]),
        ("$\\ce{N2 + 3H2 <=> 2NH3}$", vec!["⇌"]),
        ("$\\ce{^{227}_{90}Th+}$", vec!["227", "90"]),
        ("$\\ce{CuSO4.5H2O}$", vec!["<mn>5</mn>"]),
        ("$\\ce{Fe^{3+}}$", vec!["<msup>"]),
        ("$\\ce{AgCl v}$", vec!["↓"]),
        ("$\\ce{1/2 O2}$", vec!["<mfrac>"]),
    ] {
        let html = html(text);
        assert!(html.contains("<math") && !html.contains("\\ce"), "{text}: {html}");
        for part in parts {
            assert!(html.contains(part), "{text}: {part} in {html}");
        }
    }
    for text in
        ["$\\boxed{x$", "$\\ce{$", "$\\tag$", "$\\ce{\\诗}$", "$\\boxed{\\boxed{x}}$", "$\u{e0f0}x$", "$\\ce{->[}$"]
    {
        assert!(!html(text).is_empty(), "{text}");
    }
}

#[test]
fn a_long_formula_scrolls_by_itself() {
    let sum = (1..30).map(|n| format!("a_{{{n}}}")).collect::<Vec<_>>().join("+");
    assert!(html(&format!("Then ${sum}$.")).contains("<span class=\"long\" tabindex=\"0\"><math"));
    assert!(html(&format!("$${sum}$$")).contains("<span class=\"long display\" tabindex=\"0\"><math"));
    assert!(!html("$a+b$").contains("class=\"long\""));
}

#[test]
fn a_growing_formula_never_becomes_a_list() {
    let text = "Then\n\n$$\na\n- b\n+ c\n$$\n\nand so on.";
    for end in text.char_indices().map(|(at, c)| at + c.len_utf8()) {
        let so_far = blocks(&text[..end]).concat();
        assert!(!so_far.contains("<li>"), "{so_far}");
    }
    // What was never a formula is a list again.
    assert_eq!(html("$$\n\n- a\n- b").matches("<li>").count(), 2);
}
