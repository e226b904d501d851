//! Rust source as its tokens without tests: string literals, and the calls whose first argument is one.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;

/// What a source says in string literals.
#[derive(Debug, Default)]
pub struct Literals {
    /// Every string literal.
    pub all: Vec<String>,
    /// A name right before brackets that begin with a literal: `t("key")`, `Invalid { code: "key" }`, with the names
    /// before it: `Error::invalid` has `Error` and `invalid`, `page.t` has `page` and `t`.
    pub calls: Vec<(Vec<String>, String)>,
    /// Literals that a match arm answers: `=> "code"`.
    pub arms: Vec<String>,
}

/// The literals of a source outside of comments and test modules. A source that does not parse has none; the compiler
/// complains of it first.
pub fn literals(text: &str) -> Literals {
    let mut found = Literals::default();
    if let Ok(file) = syn::parse_file(text) {
        for item in without_tests(file.items) {
            walk(item.to_token_stream(), &mut found);
        }
    }
    found
}

fn without_tests(items: Vec<syn::Item>) -> Vec<syn::Item> {
    let kept = items.into_iter().filter(|item| !is_test(item));
    kept.map(|item| match item {
        syn::Item::Mod(mut module) => {
            module.content = module.content.map(|(brace, items)| (brace, without_tests(items)));
            syn::Item::Mod(module)
        }
        other => other,
    })
    .collect()
}

fn is_test(item: &syn::Item) -> bool {
    // An item's first tokens are its attributes.
    item.to_token_stream().to_string().replace(' ', "").starts_with("#[cfg(test)]")
}

fn walk(tokens: TokenStream, found: &mut Literals) {
    // The names before here, joined by `.` or `::`, and whether the last token was one of the joints.
    let mut names: Vec<String> = Vec::new();
    let mut is_joined = false;
    let mut arrow = "";
    for token in tokens {
        let mut next_arrow = "";
        match token {
            TokenTree::Ident(ident) => {
                if !is_joined {
                    names.clear();
                }
                names.push(ident.to_string());
                is_joined = false;
            }
            TokenTree::Punct(punct) => match punct.as_char() {
                '.' | ':' => is_joined = true,
                '=' => {
                    next_arrow = "=";
                    names.clear();
                }
                '>' if arrow == "=" => next_arrow = "=>",
                _ => {
                    names.clear();
                    is_joined = false;
                }
            },
            TokenTree::Group(group) => {
                if group.delimiter() != Delimiter::Bracket
                    && !names.is_empty()
                    && let Some(first) = first_literal(group.stream())
                {
                    found.calls.push((std::mem::take(&mut names), first));
                }
                walk(group.stream(), found);
                // What follows a call's brackets belongs to it: `self.page.t(…)`, `locale(…).text(…)`.
                is_joined = false;
                names.clear();
            }
            TokenTree::Literal(literal) => {
                if let Some(text) = string(&literal) {
                    if arrow == "=>" {
                        found.arms.push(text.clone());
                    }
                    found.all.push(text);
                }
                names.clear();
                is_joined = false;
            }
        }
        arrow = next_arrow;
    }
}

/// The literal that a group begins with, after `&` or a field's name.
fn first_literal(tokens: TokenStream) -> Option<String> {
    for token in tokens.into_iter().take(3) {
        match token {
            TokenTree::Literal(literal) => return string(&literal),
            TokenTree::Punct(punct) if matches!(punct.as_char(), '&' | ':') => {}
            TokenTree::Ident(_) => {}
            _ => return None,
        }
    }
    None
}

fn string(literal: &proc_macro2::Literal) -> Option<String> {
    match syn::parse_str::<syn::Lit>(&literal.to_string()) {
        Ok(syn::Lit::Str(text)) => Some(text.value()),
        _ => None,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_found_and_comments_and_tests_are_not() {
        let text = "fn f() { a(\"one\"); /* \"no\" */ vec![b(\"th\\\"ree\", '\"')] } // \"two\"\n#[cfg(test)]\nmod t { fn g() { \"four\" } }";
        assert_eq!(literals(text).all, ["one", "th\"ree"]);
    }

    #[test]
    fn calls_are_known_by_the_names_before_them() {
        let text =
            "fn f() { self.page.t(&\"a\"); Error::invalid(\"b\", x); Error::Invalid { code: \"c\" }; t2(n, \"d\"); }";
        let calls: Vec<(String, String)> = literals(text).calls.into_iter().map(|(n, l)| (n.join("."), l)).collect();
        let pairs = [("self.page.t", "a"), ("Error.invalid", "b"), ("Error.Invalid", "c")];
        assert_eq!(calls, pairs.map(|(a, b)| (a.to_owned(), b.to_owned())));
    }

    #[test]
    fn what_a_match_arm_answers_is_told_apart() {
        let found = literals("fn f() -> &'static str { match x { A => \"one\", B => g(\"two\") } }");
        assert_eq!((found.arms, found.all), (vec!["one".to_owned()], vec!["one".to_owned(), "two".to_owned()]));
    }
}
