//! Rust source with its comments, strings or tests blanked out, so that a rule looks only at what it means to look at.

/// Source with the comments blanked; lines keep their numbers.
pub fn without_comments(text: &str) -> String {
    blank(text, false)
}

/// Source with comments and the insides of strings blanked; lines keep their numbers.
pub fn without_comments_and_strings(text: &str) -> String {
    blank(text, true)
}

fn blank(text: &str, strings_too: bool) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let hide = |out: &mut String, c: char| out.push(if c == '\n' { '\n' } else { ' ' });
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        let next = chars.get(at + 1).copied();
        let before_is_word = at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_');
        match (c, next) {
            ('/', Some('/')) => {
                while let Some(&c) = chars.get(at).filter(|c| **c != '\n') {
                    hide(&mut out, c);
                    at += 1;
                }
            }
            ('/', Some('*')) => {
                let mut depth = 0;
                loop {
                    match (chars.get(at), chars.get(at + 1)) {
                        (Some('/'), Some('*')) => depth += 1,
                        (Some('*'), Some('/')) => depth -= 1,
                        (None, _) => break,
                        (Some(&c), _) => {
                            hide(&mut out, c);
                            at += 1;
                            continue;
                        }
                    }
                    out.push_str("  ");
                    at += 2;
                    if depth == 0 {
                        break;
                    }
                }
            }
            ('r', Some('"' | '#')) if !before_is_word && raw_hashes(&chars[at + 1..]).is_some() => {
                let hashes = raw_hashes(&chars[at + 1..]).unwrap_or(0);
                let end: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
                let start = at + hashes + 2;
                out.extend(&chars[at..start]);
                at = start;
                while at < chars.len() && !chars[at..].starts_with(&end) {
                    if strings_too {
                        hide(&mut out, chars[at])
                    } else {
                        out.push(chars[at])
                    }
                    at += 1;
                }
                out.extend(chars[at..].iter().take(end.len()));
                at += end.len();
            }
            ('"', _) => {
                out.push('"');
                at += 1;
                while let Some(&c) = chars.get(at).filter(|c| **c != '"') {
                    let step = if c == '\\' { 2 } else { 1 };
                    for &c in chars[at..].iter().take(step) {
                        if strings_too { hide(&mut out, c) } else { out.push(c) }
                    }
                    at += step;
                }
                if at < chars.len() {
                    out.push('"');
                }
                at += 1;
            }
            // A character, not a lifetime: 'x', '\n', '"'.
            ('\'', Some(inner)) if inner == '\\' || chars.get(at + 2) == Some(&'\'') => {
                out.push('\'');
                at += 1;
                if inner == '\\' {
                    out.push_str("  ");
                    at += 2;
                }
                while let Some(&c) = chars.get(at).filter(|c| **c != '\'') {
                    hide(&mut out, c);
                    at += 1;
                }
                out.push('\'');
                at += 1;
            }
            _ => {
                out.push(c);
                at += 1;
            }
        }
    }
    out
}

fn raw_hashes(after_r: &[char]) -> Option<usize> {
    let hashes = after_r.iter().take_while(|c| **c == '#').count();
    (after_r.get(hashes) == Some(&'"')).then_some(hashes)
}

/// Blanks modules and functions under `#[cfg(test)]`. Expects source without comments and strings.
pub fn without_tests(code: &str) -> String {
    let mut out = code.to_owned();
    let mut from = 0;
    while let Some(start) = out[from..].find("#[cfg(test)]").map(|at| at + from) {
        let body = out[start..].find(['{', ';']).map(|at| at + start);
        let end = match body {
            Some(at) if out.as_bytes()[at] == b'{' => closing_brace(&out, at),
            Some(at) => at + 1,
            None => out.len(),
        };
        let blanked: String = out[start..end]
            .chars()
            .map(|c| if c == '\n' { "\n".to_owned() } else { " ".repeat(c.len_utf8()) })
            .collect();
        out.replace_range(start..end, &blanked);
        from = end;
    }
    out
}

fn closing_brace(code: &str, open: usize) -> usize {
    let mut depth = 0;
    for (at, c) in code[open..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return open + at + 1;
        }
    }
    code.len()
}

/// Whether a path is test code by its place.
pub fn is_test_path(path: &str) -> bool {
    path.starts_with("tests/")
        || path.contains("/tests/")
        || path.contains("/testing/")
        || path.contains("/benches/")
        || path.ends_with("/tests.rs")
        || path.ends_with("/testing.rs")
}

/// The string literals of a source: their text as written between the quotes.
pub fn strings(text: &str) -> Vec<String> {
    let code = without_comments(text);
    let mut found = Vec::new();
    let mut chars = code.chars().peekable();
    let mut before = ' ';
    while let Some(c) = chars.next() {
        if c == '"' && before != '\'' {
            let mut string = String::new();
            while let Some(c) = chars.next() {
                match c {
                    '"' => break,
                    '\\' => {
                        string.push('\\');
                        string.extend(chars.next());
                    }
                    other => string.push(other),
                }
            }
            found.push(string);
            before = '"';
        } else {
            before = c;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_strings_are_blanked_and_lines_stay() {
        let text = "let a = \"x // y\"; // unsafe\nlet b = '\"'; /* a /* b */ */ let c = r#\"q\"uote\"#;\nlet d: &'static str;";
        let code = without_comments(text);
        assert!(code.contains("x // y") && !code.contains("unsafe") && code.contains("q\"uote"));
        let bare = without_comments_and_strings(text);
        assert!(!bare.contains("x //") && !bare.contains("quote") && !bare.contains("uote"));
        assert!(bare.contains("let c") && bare.contains("let d: &'static str;"));
        assert_eq!(bare.lines().count(), 3);
    }

    #[test]
    fn tests_are_blanked_with_nested_braces() {
        let code =
            "fn a() {}\n#[cfg(test)]\nmod tests { fn b() { c } }\nfn d() {}\n#[cfg(test)]\nmod other;\nfn e() {}";
        let left = without_tests(code);
        assert!(left.contains("fn a") && left.contains("fn d") && left.contains("fn e"));
        assert!(!left.contains("fn b") && !left.contains("other"));
    }

    #[test]
    fn string_literals_are_found_and_comments_are_not() {
        assert_eq!(strings("a(\"one\"); // \"two\"\nb(\"th\\\"ree\", '\"')"), ["one", "th\\\"ree"]);
    }
}
