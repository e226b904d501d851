//! Templates hold no inline script or style (the CSP would refuse them) and print unescaped only what was made safe.

use regex::Regex;

use super::{Complaint, File};

const RULES: &[(&str, &str)] = &[
    (r"(?i)<style\b", "an inline style sheet: the CSP refuses it; put it into static/css"),
    (r#"(?i)\sstyle\s*="#, "a style attribute: the CSP refuses it; use a class, or an SVG attribute"),
    (r#"(?i)\son[a-z]+\s*="#, "an inline event handler: the CSP refuses it; use a module in static/js"),
    (r"(?i)javascript:", "a javascript: address: the CSP refuses it"),
    (
        r#"(?i)(?:src|href)\s*=\s*"(?:https?:)?//[^"]*\.(?:js|mjs|css|woff2?)\b"#,
        "a script or style of another site: the CSP refuses it",
    ),
];

/// Other values that views make and escape: a block of sanitised Markdown, a template inside another.
const SAFE: &[&str] = &["block", "status"];

/// Complaints about the templates.
pub fn check(templates: &[File]) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    let script = Regex::new(r"(?i)<script\b[^>]*>").expect("a regular expression");
    let unescaped = Regex::new(r"\{\{-?\s*([^}]*?)\s*\|\s*safe\b").expect("a regular expression");
    let rules: Vec<(Regex, &str)> =
        RULES.iter().map(|(pattern, what)| (Regex::new(pattern).expect("a regular expression"), *what)).collect();
    for file in templates {
        for (number, line) in file.text.lines().enumerate() {
            let mut complain = |what: &str| {
                complaints.push(Complaint { place: format!("{}:{}", file.path, number + 1), what: what.to_owned() });
            };
            for tag in script.find_iter(line) {
                if !tag.as_str().contains("src=") {
                    complain("an inline script: the CSP refuses it; put it into static/js");
                }
            }
            for (rule, what) in &rules {
                if rule.is_match(line) {
                    complain(what);
                }
            }
            for value in unescaped.captures_iter(line) {
                let name = value[1].trim_end_matches("()").rsplit(['.', '(']).next().unwrap_or("").to_owned();
                let is_made_safe = ["html", "svg", "mathml"].iter().any(|ending| name.ends_with(ending));
                if !is_made_safe && !SAFE.contains(&name.as_str()) {
                    complain(
                        "printed unescaped: only values whose name ends in html or svg, made and sanitised by views, may be",
                    );
                }
            }
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_inline_thing_is_found() {
        for bad in [
            "<script>alert(1)</script>",
            "<style>p{}</style>",
            "<p style=\"color:red\">",
            "<a onclick=\"x()\">",
            "<a href=\"javascript:x\">",
            "<script src=\"https://cdn.example/a.js\"></script>",
            "{{ reply.content|safe }}",
        ] {
            assert_eq!(check(&[File::sample("templates/a.html", bad)]).len(), 1, "{bad}");
        }
        for good in [
            "<script type=\"module\" src=\"{{ page.asset(\"js/battle.js\") }}\"></script>",
            "<p class=\"style\">",
            "{{ reply.html|safe }}",
            "<a href=\"https://example.org/a\">",
        ] {
            assert!(check(&[File::sample("templates/a.html", good)]).is_empty(), "{good}");
        }
    }
}
