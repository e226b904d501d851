//! What administrators write of the site, as pages show it: their text, else the one that is built in.

use super::{Page, markdown};
use crate::domain::{HelpTopic, SiteRules, SiteText};
use crate::i18n::Locale;

/// The built-in text, in Markdown.
pub const fn built_in(text: SiteText, locale: Locale) -> &'static str {
    match (text, locale) {
        (SiteText::About, Locale::En) => include_str!("../../../templates/texts/en/about.md"),
        (SiteText::About, Locale::Zh) => include_str!("../../../templates/texts/zh/about.md"),
        (SiteText::Terms, Locale::En) => include_str!("../../../templates/texts/en/terms.md"),
        (SiteText::Terms, Locale::Zh) => include_str!("../../../templates/texts/zh/terms.md"),
        (SiteText::Privacy, Locale::En) => include_str!("../../../templates/texts/en/privacy.md"),
        (SiteText::Privacy, Locale::Zh) => include_str!("../../../templates/texts/zh/privacy.md"),
    }
}

/// The built-in prompts, one a line.
pub fn built_in_samples(locale: Locale) -> String {
    let lines: Vec<String> = (1..).map_while(|number| locale.find(&format!("sample-{number}"))).collect();
    lines.join("\n")
}

/// A page of text as safe HTML. `{name}`, `{contact}` and `{retention}` stand for what the settings say.
pub fn text_html(page: &Page, text: SiteText, rules: &SiteRules) -> String {
    let locale = page.locale;
    let source = match page.site.text(text, locale.as_str()) {
        "" => built_in(text, locale),
        own => own,
    };
    let contact = match page.site.identity.contact.as_str() {
        "" => locale.text("text-contact-none"),
        contact => locale.text_with("text-contact", &[("contact", contact)]),
    };
    let retention = match rules.keep_days {
        Some(days) => locale.text_with("text-kept-days", &[("days", &days.to_string())]),
        None => locale.text("text-kept"),
    };
    let source =
        source.replace("{name}", &page.site_name()).replace("{contact}", &contact).replace("{retention}", &retention);
    lifted(&markdown::html(&source))
}

/// The text of a page of help, in Markdown. Tests run the commands in it.
pub const fn guide(topic: HelpTopic, locale: Locale) -> &'static str {
    match (topic, locale) {
        (HelpTopic::Arena, Locale::En) => include_str!("../../../templates/help/en/arena.md"),
        (HelpTopic::Arena, Locale::Zh) => include_str!("../../../templates/help/zh/arena.md"),
        (HelpTopic::Models, Locale::En) => include_str!("../../../templates/help/en/models.md"),
        (HelpTopic::Models, Locale::Zh) => include_str!("../../../templates/help/zh/models.md"),
        (HelpTopic::Engine, Locale::En) => include_str!("../../../templates/help/en/engine.md"),
        (HelpTopic::Engine, Locale::Zh) => include_str!("../../../templates/help/zh/engine.md"),
        (HelpTopic::Deploy, Locale::En) => include_str!("../../../templates/help/en/deploy.md"),
        (HelpTopic::Deploy, Locale::Zh) => include_str!("../../../templates/help/zh/deploy.md"),
    }
}

/// The same as safe HTML.
pub fn guide_html(topic: HelpTopic, locale: Locale) -> String {
    lifted(&markdown::html(guide(topic, locale)))
}

/// Headings brought up, so that the highest comes directly below the page's own. In sanitised HTML only a tag begins with `<h`.
fn lifted(html: &str) -> String {
    let Some(highest) = (3..=6).find(|level| html.contains(&format!("<h{level}"))) else { return html.to_owned() };
    (highest..=6).fold(html.to_owned(), |html, level| {
        let to = level - highest + 2;
        html.replace(&format!("<h{level}"), &format!("<h{to}")).replace(&format!("</h{level}>"), &format!("</h{to}>"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_begin_below_the_page_s_own_and_keep_their_order() {
        assert_eq!(lifted("<h4 dir=\"auto\">A</h4><p>x</p><h5>B</h5>"), "<h2 dir=\"auto\">A</h2><p>x</p><h3>B</h3>");
        assert_eq!(lifted("<h3>A</h3><h6>B</h6>"), "<h2>A</h2><h5>B</h5>");
        assert_eq!(lifted("<p>&lt;h4&gt;</p>"), "<p>&lt;h4&gt;</p>");
    }

    #[test]
    fn built_in_texts_name_only_what_is_filled_in() {
        let name = regex::Regex::new(r"\{[^}]*\}").expect("a regular expression");
        for text in SiteText::ALL {
            for locale in [Locale::En, Locale::Zh] {
                let source = built_in(*text, locale);
                assert!(source.contains("{name}") && source.contains("{contact}"), "{text} {locale:?}");
                for found in name.find_iter(source) {
                    assert!(["{name}", "{contact}", "{retention}"].contains(&found.as_str()), "{}", found.as_str());
                }
            }
        }
    }

    /// The blocks of code of a text, each with its language.
    fn blocks(text: &str) -> Vec<&str> {
        text.split("```").skip(1).step_by(2).collect()
    }

    #[test]
    fn both_languages_of_a_guide_have_the_same_commands_and_sections() {
        for topic in HelpTopic::ALL {
            let (english, chinese) = (guide(*topic, Locale::En), guide(*topic, Locale::Zh));
            assert_eq!(blocks(english), blocks(chinese), "{topic}");
            let count = |text: &str, mark| text.lines().filter(|line| line.starts_with(mark)).count();
            for mark in ["## ", "- ", "1. ", "2. ", "3. ", "4. ", "**"] {
                assert_eq!(count(english, mark), count(chinese, mark), "{topic}: {mark}");
            }
        }
    }
}
