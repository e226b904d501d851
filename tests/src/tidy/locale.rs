//! Texts: the same keys and arguments in both languages, every used key there, every key used, and a text for every error.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

use super::source::{is_test_path, literals};
use super::{Complaint, File};

/// A language's texts: key → (file, arguments).
type Texts = BTreeMap<String, (String, BTreeSet<String>)>;

fn complaint(place: &str, what: impl Into<String>) -> Complaint {
    Complaint { place: place.to_owned(), what: what.into() }
}

fn read(files: &[File], language: &str, complaints: &mut Vec<Complaint>) -> Texts {
    let key = Regex::new(r"^([a-zA-Z][\w-]*)\s*=").expect("a regular expression");
    let argument = Regex::new(r"\$([a-zA-Z][\w-]*)").expect("a regular expression");
    let mut texts = Texts::new();
    let folder = format!("templates/locales/{language}/");
    for file in files.iter().filter(|file| file.path.starts_with(&folder)) {
        let name = file.path.strip_prefix(&folder).unwrap_or_default();
        let mut current = None;
        for line in file.text.lines().filter(|line| !line.starts_with('#')) {
            if let Some(found) = key.captures(line) {
                let key = found[1].to_owned();
                if texts.insert(key.clone(), (name.to_owned(), BTreeSet::new())).is_some() {
                    complaints.push(complaint(&file.path, format!("{key} is defined twice")));
                }
                if line.split_once('=').is_some_and(|(_, rest)| rest.trim() == "\"\"") {
                    complaints.push(complaint(&file.path, format!("{key} is empty")));
                }
                current = Some(key);
            }
            let arguments = argument.captures_iter(line).map(|found| found[1].to_owned());
            if let Some((_, known)) = current.as_ref().and_then(|key| texts.get_mut(key)) {
                known.extend(arguments);
            }
        }
    }
    texts
}

/// What the code says about texts.
#[derive(Debug, Default)]
struct Uses {
    /// Keys named whole where a text is asked for, with the place.
    named: Vec<(String, String)>,
    /// Every string literal of code and templates.
    literals: BTreeSet<String>,
    /// Starts and ends of keys that are put together: `status-{}` is (`status-`, ``).
    patterns: BTreeSet<(String, String)>,
    /// Error codes, with the place.
    errors: Vec<(String, String)>,
    /// What the audit log records, such as `model.register`, with the place.
    actions: Vec<(String, String)>,
}

fn collect(sources: &[File]) -> Uses {
    let mut uses = Uses::default();
    for file in sources.iter().filter(|file| !is_test_path(&file.path)) {
        if file.path.ends_with(".rs") { of_rust(file, &mut uses) } else { of_template(file, &mut uses) }
    }
    uses
}

fn of_rust(file: &File, uses: &mut Uses) {
    let action = Regex::new(r"^(?:session|admin|token|model|battle|votes?|voter|identity|site|prompts)\.[a-z-]+$")
        .expect("a regular expression");
    let found = literals(&file.text);
    for (names, literal) in found.calls {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        match names.as_slice() {
            [_, .., "t" | "t1" | "t2" | "t3" | "t1_html"]
            | [.., "locale", "text" | "text_with"]
            | [.., "Message", "new"] => {
                uses.named.push((literal, file.path.clone()));
            }
            [.., "Error", "invalid" | "Conflict" | "NoModels" | "Invalid"] => {
                uses.errors.push((literal, file.path.clone()));
            }
            _ => {}
        }
    }
    // A bare `=> "code"` names an error only where the codes are listed.
    if ["server/src/error.rs", "server/src/domain/battle/refusal.rs"].contains(&file.path.as_str()) {
        let is_code = |code: &String| !code.is_empty() && code.bytes().all(is_of_key);
        uses.errors.extend(found.arms.into_iter().filter(is_code).map(|code| (code, file.path.clone())));
    }
    for literal in found.all {
        if file.path.starts_with("server/src/actions/") && action.is_match(&literal) {
            uses.actions.push((literal.clone(), file.path.clone()));
        }
        uses.literal(literal);
    }
}

fn of_template(file: &File, uses: &mut Uses) {
    let asked = Regex::new(r#"\.t[123]?(?:_html)?\(\s*&?"([a-z][\w-]*)""#).expect("a regular expression");
    let literal = Regex::new(r#""([a-z][a-zA-Z0-9_-]*(?:\{[^}"]*\}[a-z0-9-]*)?)""#).expect("a regular expression");
    let joined = Regex::new(r#""([a-z][a-z0-9-]*-)"\s*~"#).expect("a regular expression");
    uses.named.extend(asked.captures_iter(&file.text).map(|found| (found[1].to_owned(), file.path.clone())));
    uses.patterns.extend(joined.captures_iter(&file.text).map(|found| (found[1].to_owned(), String::new())));
    for found in literal.captures_iter(&file.text) {
        uses.literal(found[1].to_owned());
    }
}

fn is_of_key(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
}

impl Uses {
    fn literal(&mut self, literal: String) {
        // `status-{}` and `status-{}-{}`, or a beginning that something is put after: `tn("reason-", reason)`.
        let mut rest = literal.as_str();
        while let Some(shorter) = rest.strip_suffix('}').and_then(|text| text.rfind("-{").map(|at| &rest[..at])) {
            if !shorter.contains('{') {
                break;
            }
            rest = shorter;
        }
        let (start, end) = match (rest.find('{'), rest.find('}')) {
            (Some(open), Some(close)) if open < close => (&rest[..open], &rest[close + 1..]),
            _ => (rest, ""),
        };
        if start.len() > 1 && start.ends_with('-') && start.bytes().chain(end.bytes()).all(is_of_key) {
            self.patterns.insert((start.to_owned(), end.to_owned()));
        }
        self.literals.insert(literal);
    }
}

/// Complaints about the texts: `locales` are the `.ftl` files, `sources` the Rust files of the server and the templates.
pub fn check(locales: &[File], sources: &[File]) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    let en = read(locales, "en", &mut complaints);
    let zh = read(locales, "zh", &mut complaints);
    for (one, other, name, folder) in [(&en, &zh, "Chinese", "zh"), (&zh, &en, "English", "en")] {
        for (key, (file, arguments)) in one {
            let place = format!("templates/locales/{folder}/{file}");
            match other.get(key) {
                None => complaints.push(complaint(&place, format!("{key} has no {name} text"))),
                Some((there, _)) if there != file => {
                    complaints.push(complaint(&place, format!("{key} stands in {there}")))
                }
                Some((_, theirs)) if folder == "zh" && theirs != arguments => {
                    complaints
                        .push(complaint(&place, format!("{key} takes {theirs:?} here and {arguments:?} in English")));
                }
                Some(_) => {}
            }
        }
    }
    let uses = collect(sources);
    for (key, place) in &uses.named {
        if !en.contains_key(key) {
            complaints.push(complaint(place, format!("there is no text {key}")));
        }
    }
    for (code, place) in &uses.errors {
        if !en.contains_key(&format!("error-{code}")) {
            complaints.push(complaint(place, format!("the error {code} has no text error-{code}")));
        }
    }
    for (action, place) in &uses.actions {
        let key = format!("audit-action-{}", action.replace('.', "-"));
        if !en.contains_key(&key) {
            complaints.push(complaint(place, format!("the action {action} has no text {key}")));
        }
    }
    for (key, (file, _)) in &en {
        let used = match key.strip_prefix("error-") {
            // Every error's text is put together from its code, so the code itself must stand somewhere.
            Some(code) => uses.literals.contains(key) || uses.literals.contains(code),
            None if key.starts_with("audit-action-") => {
                uses.actions.iter().any(|(action, _)| key["audit-action-".len()..] == action.replace('.', "-"))
            }
            None => {
                uses.literals.contains(key)
                    || uses.patterns.iter().any(|(start, end)| {
                        start != "error-" && key.starts_with(start.as_str()) && key.ends_with(end.as_str())
                    })
            }
        };
        if !used {
            complaints.push(complaint(&format!("templates/locales/en/{file}"), format!("{key} is used nowhere")));
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(en: &str, zh: &str, code: &str) -> Vec<String> {
        let locales = [File::sample("templates/locales/en/a.ftl", en), File::sample("templates/locales/zh/a.ftl", zh)];
        let code = if code.starts_with("fn ") { code.to_owned() } else { format!("fn f() {{ {code}\n }}") };
        let sources = [File::sample("server/src/a.rs", &code)];
        check(&locales, &sources).into_iter().map(|c| c.what).collect()
    }

    #[test]
    fn complete_texts_pass() {
        let en = "a = Hi { $name }\nstatus-on = On\nerror-bad = Bad\n";
        let zh = "a = 你好 { $name }\nstatus-on = 开\nerror-bad = 坏\n";
        let code = "fn f() { page.t1(\"a\", \"name\", x); p.t(&format!(\"status-{}\", s)); Error::Conflict(\"bad\"); }";
        assert_eq!(said(en, zh, code), Vec::<String>::new());
    }

    #[test]
    fn each_lack_is_found() {
        assert_eq!(said("a = A\n", "", "p.t(\"a\")"), ["a has no Chinese text"]);
        assert_eq!(said("", "a = A\n", ""), ["a has no English text"]);
        assert_eq!(said("a = A\na = B\n", "a = A\n", "p.t(\"a\")"), ["a is defined twice"]);
        assert_eq!(said("a = { $x }\n", "a = A\n", "p.t(\"a\")").len(), 1);
        assert_eq!(said("a = A\n", "a = A\n", ""), ["a is used nowhere"]);
        assert_eq!(said("", "", "page.t(\"gone\")"), ["there is no text gone"]);
        assert_eq!(said("", "", "Message::new(\"gone\")"), ["there is no text gone"]);
        assert_eq!(said("", "", "// page.t(\"gone\")"), Vec::<String>::new());
        assert_eq!(said("", "", "Error::invalid(\"gone\", \"\")"), ["the error gone has no text error-gone"]);
        assert_eq!(said("error-old = A\n", "error-old = A\n", ""), ["error-old is used nowhere"]);
    }

    #[test]
    fn keys_in_attributes_of_templates_are_found() {
        let locales = ["en", "zh"].map(|l| File::sample(&format!("templates/locales/{l}/a.ftl"), "a-b = A\n"));
        let template = File::sample("templates/a.html", "<nav aria-label=\"{{ page.t(\"a-b\") }}\" class=\"a\">");
        assert_eq!(check(&locales, &[template]), []);
    }

    #[test]
    fn what_the_audit_log_records_has_a_text() {
        let found = |texts: &str| {
            let locales = ["en", "zh"].map(|l| File::sample(&format!("templates/locales/{l}/a.ftl"), texts));
            let source = File::sample("server/src/actions/a.rs", "fn f() { record(db, \"model.eat\") }");
            check(&locales, &[source]).into_iter().map(|c| c.what).collect::<Vec<_>>()
        };
        assert_eq!(found("audit-action-model-eat = Ate\n"), Vec::<String>::new());
        assert_eq!(found(""), ["the action model.eat has no text audit-action-model-eat"]);
        let old = "audit-action-model-eat = Ate\naudit-action-model-sip = Sipped\n";
        assert_eq!(found(old), ["audit-action-model-sip is used nowhere"]);
    }

    #[test]
    fn what_only_a_test_names_is_not_used() {
        let code = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() { t(\"a\"); }\n}\n";
        assert_eq!(said("a = A\n", "a = A\n", code), ["a is used nowhere"]);
    }
}
