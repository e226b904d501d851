//! The guides: their links lead somewhere, and the README is short enough to be read.

use std::collections::BTreeSet;

use super::{Complaint, File};

/// The most bytes of the README in one language.
const MOST: usize = 12 * 1024;
/// Where the second language begins.
const SECOND: &str = "\n# 中文\n";

/// A README is short in each language.
pub fn is_short(readme: &File) -> Vec<Complaint> {
    let Some((english, chinese)) = readme.text.split_once(SECOND) else {
        return vec![Complaint { place: readme.path.clone(), what: "has no part in Chinese".into() }];
    };
    let long = |(language, text): (&str, &str)| {
        let what =
            format!("has {} bytes in {language}, more than {MOST}: move what few need to the guides", text.len());
        (text.len() > MOST).then(|| Complaint { place: readme.path.clone(), what })
    };
    [("English", english), ("Chinese", chinese)].into_iter().filter_map(long).collect()
}

/// Links inside the repository name a file that is there, and a heading that it has; links that begin with `/`, in pages of the
/// site, one of its pages.
pub fn links_lead_somewhere(guides: &[File], exists: impl Fn(&str) -> bool) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for guide in guides {
        for target in links(&guide.text).filter(|target| !target.contains("://")) {
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let path = match path {
                "" => guide.path.clone(),
                page if page.starts_with('/') => page.to_owned(),
                path => joined(&guide.path, path),
            };
            let has_anchor = || match guides.iter().find(|other| other.path == path) {
                Some(other) => anchors(&other.text).contains(anchor),
                None => false,
            };
            if !exists(&path) || (!anchor.is_empty() && !has_anchor()) {
                let what = format!("the link to {target} leads nowhere");
                complaints.push(Complaint { place: guide.path.clone(), what });
            }
        }
    }
    complaints
}

/// What links and pictures point to.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target)
}

/// A path beside a file, without dots.
fn joined(beside: &str, path: &str) -> String {
    let mut parts: Vec<&str> = beside.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            ".." => {
                parts.pop();
            }
            "." => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The anchors of a text's headings, as GitHub makes them: of equal ones, later ones are numbered.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for heading in text.lines().filter(|line| line.starts_with('#')) {
        let heading = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        let anchor: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
        let taken = (0_usize..).map(|again| if again == 0 { anchor.clone() } else { format!("{anchor}-{again}") });
        let free = taken.into_iter().find(|anchor| !found.contains(anchor));
        found.extend(free);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_readme_is_found_in_either_language() {
        let readme = |english: usize, chinese: usize| {
            File::sample("README.md", &format!("{}{SECOND}{}", "x".repeat(english), "x".repeat(chinese)))
        };
        assert!(is_short(&readme(MOST, MOST)).is_empty());
        assert_eq!(is_short(&readme(MOST + 1, 1)).len(), 1);
        assert_eq!(is_short(&readme(1, MOST + 1)).len(), 1);
        assert_eq!(is_short(&File::sample("README.md", "English alone")).len(), 1);
    }

    #[test]
    fn a_link_that_leads_nowhere_is_found() {
        let guide = |text: &str| File::sample("server/A.md", text);
        let other = File::sample("README.md", "# Top\n## What it survived\n## 名称、文本\n## Top\n");
        let wrong = |text: &str| links_lead_somewhere(&[guide(text), other.clone()], |path| path == "README.md").len();
        let good = "[a](../README.md#what-it-survived) [b](../README.md#名称文本) [c](https://x.org/#y) [d](../README.md#top-1)";
        assert_eq!(wrong(good), 0);
        assert_eq!(wrong("[a](../README.md#nowhere)"), 1);
        assert_eq!(wrong("[a](README.md) ![b](../static/c.png)"), 2);
        let page = |text: &str| links_lead_somewhere(&[guide(text)], |path| path == "/help").len();
        assert_eq!((page("[a](/help)"), page("[a](/halp)")), (0, 1));
    }
}
