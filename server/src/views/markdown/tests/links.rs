//! Addresses in texts, directions, sizes.

use super::{blocks, html};

fn links(text: &str) -> Vec<String> {
    let html = html(text);
    html.split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .map(|link| link.replace("&amp;", "&"))
        .collect()
}

#[test]
fn addresses_in_a_text_are_links() {
    for (text, expected) in [
        ("See https://x.example/a_b_c?q=1&r=2.", vec!["https://x.example/a_b_c?q=1&r=2"]),
        ("访问https://x.example/a，再看www.y.example。", vec!["https://x.example/a", "https://www.y.example"]),
        ("访问https://x.example查看", vec!["https://x.example"]),
        ("(https://x.example/a_(b))", vec!["https://x.example/a_(b)"]),
        ("https://zh.wikipedia.org/wiki/诗", vec!["https://zh.wikipedia.org/wiki/诗"]),
        ("**https://x.example**", vec!["https://x.example"]),
        ("HTTP://X.example/", vec!["HTTP://X.example/"]),
        ("[https://x.example](https://y.example)", vec!["https://y.example"]),
        ("<https://x.example/$a$>", vec!["https://x.example/$a$"]),
        ("[a](https://x.example/?p=$5$)", vec!["https://x.example/?p=$5$"]),
        ("`https://x.example`", vec![]),
        ("javascript://x.example", vec![]),
        ("mailhttps://x.example", vec![]),
        ("https:// and www. alone, https://user@evil.example", vec![]),
        ("```\nhttps://x.example\n```", vec![]),
    ] {
        assert_eq!(links(text), expected, "{text}: {}", html(text));
    }
}

#[test]
fn a_link_finds_its_address_in_another_block() {
    let text = "See [the site][1] and [Docs].\n\nMore.\n\n[1]: https://x.example\n[docs]: https://y.example \"title\"";
    assert_eq!(links(text), ["https://x.example", "https://y.example"]);
    assert_eq!(blocks(text).len(), 2, "what defines them has done its work: {:?}", blocks(text));
    // What nobody refers to is shown.
    assert!(html("Text.\n\n[1]: https://x.example").contains("[1]:"));
    assert!(html("[a][b]").contains("[a][b]"));
    assert!(links("[x][1]\n\n[1]: javascript:alert(1)").is_empty());
}

#[test]
fn each_block_takes_the_direction_of_its_letters() {
    let html = html("# שלום\n\nمرحبا\n\n- a\n\n> b\n\n| a |\n|---|\n| b |");
    for begin in [
        "<h3 dir=\"auto\">",
        "<p dir=\"auto\">",
        "<ul dir=\"auto\">",
        "<blockquote dir=\"auto\">",
        "<table dir=\"auto\">",
    ] {
        assert!(html.contains(begin), "{begin} in {html}");
    }
}

#[test]
fn a_wide_table_of_short_rows_stays_small() {
    let text = format!("{}\n{}\n{}", "| a ".repeat(1000) + "|", "|---".repeat(1000) + "|", "| b |\n".repeat(1000));
    let html = html(&text);
    // The parser ends a table that is padded too much; what follows is text.
    assert!(html.matches("<td>b</td>").count() + html.matches("| b |").count() >= 1000, "no text is lost");
    assert!(html.len() < 20 * text.len(), "{} bytes for {}", html.len(), text.len());
}
