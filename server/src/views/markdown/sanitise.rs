//! The last wall: only known elements and attributes pass, whatever the writer made.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};

/// The rules are data that never changes.
static RULES: LazyLock<Builder<'static>> = LazyLock::new(rules);

const HTML: &[&str] = &[
    "p",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
    "ul",
    "ol",
    "li",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "em",
    "strong",
    "del",
    "a",
    "code",
    "pre",
    "span",
    "div",
    "hr",
    "br",
];
/// MathML Core without anything that links, embeds or acts.
const MATHML: &[&str] = &[
    "math",
    "mrow",
    "mi",
    "mn",
    "mo",
    "ms",
    "mspace",
    "mtext",
    "menclose",
    "merror",
    "mfrac",
    "mpadded",
    "mphantom",
    "mroot",
    "msqrt",
    "mstyle",
    "mmultiscripts",
    "mover",
    "mprescripts",
    "msub",
    "msubsup",
    "msup",
    "munder",
    "munderover",
    "mtable",
    "mtr",
    "mtd",
    "none",
];
const MATHML_ATTRIBUTES: &[&str] = &[
    "display",
    "displaystyle",
    "scriptlevel",
    "mathvariant",
    "stretchy",
    "form",
    "fence",
    "separator",
    "lspace",
    "rspace",
    "minsize",
    "maxsize",
    "symmetric",
    "movablelimits",
    "largeop",
    "accent",
    "accentunder",
    "linethickness",
    "width",
    "height",
    "depth",
    "notation",
    "columnalign",
    "rowspacing",
    "columnspacing",
    "columnlines",
    "rowlines",
];

/// Keeps what the rules allow.
pub(super) fn clean(html: &str) -> String {
    RULES.clean(html).to_string()
}

fn rules() -> Builder<'static> {
    let set = |names: &[&'static str]| names.iter().copied().collect::<HashSet<_>>();
    let mut attributes =
        HashMap::from([("a", set(&["href"])), ("pre", set(&["tabindex"])), ("span", set(&["tabindex"]))]);
    for name in ["p", "h3", "h4", "h5", "h6", "blockquote", "ul", "table"] {
        attributes.insert(name, set(&["dir"]));
    }
    attributes.insert("ol", set(&["start", "dir"]));
    for name in MATHML {
        attributes.insert(name, set(MATHML_ATTRIBUTES));
    }
    let classes = HashMap::from([
        ("p", set(&["plain"])),
        ("th", set(&["center", "number"])),
        ("td", set(&["center", "number"])),
        ("code", set(&["formula", "display"])),
        ("mrow", set(&["boxed"])),
        ("div", set(&["scroll", "code", "code-name"])),
        ("span", set(&["long", "display", "hl-c", "hl-s", "hl-n", "hl-f", "hl-t", "hl-k", "hl-o", "hl-d", "hl-i"])),
    ]);
    let mut rules = Builder::empty();
    rules
        .tags(HTML.iter().chain(MATHML).copied().collect())
        .clean_content_tags(set(&["script", "style"]))
        .tag_attributes(attributes)
        .allowed_classes(classes)
        .url_schemes(set(&["http", "https", "mailto"]))
        // An answer has no business with pages of this site.
        .url_relative(UrlRelative::Deny)
        .link_rel(Some("nofollow noopener noreferrer"))
        .set_tag_attribute_value("a", "target", "_blank");
    rules
}
