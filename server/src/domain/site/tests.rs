//! What the site's settings hold.

use std::num::NonZeroU32;
use std::time::Duration;

use super::*;
use crate::domain::SettingTexts;

fn texts(pairs: &[(&str, &str)]) -> SettingTexts {
    pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

fn started() -> SiteRules {
    SiteRules { keep_days: NonZeroU32::new(30), ..SiteRules::default() }
}

#[test]
fn only_what_is_not_by_default_is_stored_and_it_reads_back_the_same() {
    assert!(SiteSettings::default().changed().is_empty());
    let typed = texts(&[
        ("name_zh", " 诗歌竞技场 "),
        ("terms_en", "# Terms\r\n\r\nBe kind."),
        ("access", "code"),
        ("access_code", "spring-2026"),
        ("consent", "yes"),
        ("voter_per_minute", "5"),
    ]);
    let settings = SiteSettings::check(&typed).expect("good settings");
    let stored = settings.changed();
    assert_eq!(stored.len(), 6, "{stored:?}");
    assert_eq!(stored["terms_en"], "# Terms\n\nBe kind.");
    assert_eq!(SiteSettings::check(&stored).expect("reads back"), settings);
}

#[test]
fn every_mistake_is_named_with_its_field() {
    let typed = texts(&[("name_en", "a\nb"), ("access", "maybe"), ("keep_days", "soon"), ("even_share", "1.5")]);
    let errors = SiteSettings::check(&typed).expect_err("four mistakes");
    let named: Vec<_> = errors.iter().map(|error| (error.field, error.code)).collect();
    let wanted = [
        ("name_en", "field-line"),
        ("access", "field-choice"),
        ("keep_days", "field-number"),
        ("even_share", "field-number"),
    ];
    assert_eq!(named, wanted);
}

#[test]
fn an_arena_cannot_be_closed_without_a_code_or_with_one_that_is_soon_guessed() {
    for typed in [&[("access", "code")][..], &[("access", "code"), ("access_code", "12345")], &[("access_code", "a")]] {
        let errors = SiteSettings::check(&texts(typed)).expect_err("no good code");
        assert_eq!((errors.len(), errors[0].field, errors[0].code), (1, "access_code", "field-code"));
    }
    assert!(SiteSettings::check(&texts(&[("access", "code"), ("access_code", "123456")])).is_ok());
}

#[test]
fn limits_are_those_of_the_start_until_an_administrator_says_otherwise() {
    let started = started();
    assert_eq!(started.with(&SiteSettings::default()), started);
    let typed =
        texts(&[("vote_undo_seconds", "0"), ("keep_days", "0"), ("min_votes", "3"), ("new_model_boost", "1.5")]);
    let said = started.with(&SiteSettings::check(&typed).expect("good settings"));
    assert_eq!((said.vote_undo, said.keep_days, said.min_votes), (Duration::ZERO, None, 3));
    assert_eq!((said.pairs.new_boost, said.pairs.even_share), (1.5, 0.1));
    assert_eq!(said.voter_per_minute, started.voter_per_minute);
}

#[test]
fn every_limit_can_be_told_as_it_would_be_typed() {
    for field in SiteGroup::Limits.fields() {
        let text = started().text(field.name).unwrap_or_else(|| panic!("{} has no text", field.name));
        let settings = SiteSettings::check(&texts(&[(field.name, &text)])).expect("a text that can be typed");
        assert_eq!(started().with(&settings), started(), "{}", field.name);
    }
}

#[test]
fn agreement_ends_when_a_text_changes_that_was_agreed_to() {
    let with = |name: &str, text: &str| SiteSettings::check(&texts(&[(name, text)])).unwrap().agreement();
    let built_in = SiteSettings::default().agreement();
    assert_eq!(with("about_en", "x"), built_in);
    assert_ne!(with("terms_en", "x"), built_in);
    assert_ne!(with("terms_en", "x"), with("terms_zh", "x"));
    assert_ne!(with("privacy_zh", "x"), with("terms_zh", "x"));
}

#[test]
fn a_name_in_one_language_serves_both() {
    let settings = SiteSettings::check(&texts(&[("name_zh", "诗歌竞技场")])).unwrap();
    assert_eq!((settings.name("en"), settings.name("zh")), (Some("诗歌竞技场"), Some("诗歌竞技场")));
    assert_eq!(SiteSettings::default().name("zh"), None);
}
