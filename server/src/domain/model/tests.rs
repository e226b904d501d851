//! A model's description, from what people type to what is stored.

use std::collections::BTreeSet;

use super::*;
use crate::domain::{Device, DevicePreference, SettingTexts};

fn texts(pairs: &[(&str, &str)]) -> SettingTexts {
    pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

fn endpoint(more: &[(&str, &str)]) -> SettingTexts {
    let mut all =
        texts(&[("display_name", "A model"), ("base_url", "https://api.example.org/v1"), ("remote_model", "m")]);
    all.extend(texts(more));
    all
}

fn wrong(texts: &SettingTexts, kind: ModelKind) -> Vec<&'static str> {
    ModelSettings::check(kind, texts).err().unwrap_or_default().iter().map(|error| error.field).collect()
}

#[test]
fn an_empty_form_names_everything_that_is_missing_at_once() {
    assert_eq!(wrong(&texts(&[]), ModelKind::Local), ["display_name", "path"]);
    assert_eq!(wrong(&texts(&[]), ModelKind::Endpoint), ["display_name", "base_url", "remote_model"]);
}

#[test]
fn a_form_shows_what_was_saved() {
    let settings = ModelSettings::check(ModelKind::Endpoint, &endpoint(&[])).expect("good");
    assert_eq!(ModelSettings::check(ModelKind::Endpoint, &settings.texts()), Ok(settings.clone()));
    let source = settings.source.endpoint().expect("an endpoint");
    assert_eq!(source.requests.first_token_seconds, 120.0);
    let local = texts(&[("display_name", "L"), ("path", "/l.gguf"), ("device", "cuda:1"), ("parameters", "46.7B")]);
    let settings = ModelSettings::check(ModelKind::Local, &local).expect("good");
    assert_eq!(settings.source.local().map(|local| local.device), Some(DevicePreference::On(Device::Cuda(1))));
    assert_eq!(ModelSettings::check(ModelKind::Local, &settings.texts()), Ok(settings));
}

#[test]
fn numbers_are_taken_as_people_write_them() {
    let good = endpoint(&[("parameters", "46.7B"), ("context_length", "32,768")]);
    let card = ModelSettings::check(ModelKind::Endpoint, &good).expect("good").card;
    assert_eq!((card.parameters, card.context_length), (Some(46_700_000_000), Some(32_768)));
    let chinese = endpoint(&[("parameters", "467 亿"), ("active_parameters", "1370万")]);
    let card = ModelSettings::check(ModelKind::Endpoint, &chinese).expect("good").card;
    assert_eq!((card.parameters, card.active_parameters), (Some(46_700_000_000), Some(13_700_000)));
    let bad = endpoint(&[
        ("sampling_weight", "-1"),
        ("retries", "many"),
        ("context_length", "0"),
        ("connect_seconds", "NaN"),
    ]);
    let fields = ["sampling_weight", "context_length", "connect_seconds", "retries"];
    assert_eq!(wrong(&bad, ModelKind::Endpoint), fields);
    assert_eq!(wrong(&endpoint(&[("retries", "2.5")]), ModelKind::Endpoint), ["retries"]);
}

#[test]
fn secrets_of_the_service_cannot_be_named_as_keys_and_links_are_web_addresses() {
    for name in ["DATABASE_URL", "ARENA_SECRET", "lower_key", "A B_KEY", "../X_KEY"] {
        assert_eq!(wrong(&endpoint(&[("api_key_env", name)]), ModelKind::Endpoint), ["api_key_env"]);
    }
    assert!(wrong(&endpoint(&[("api_key_env", "OPENAI_API_KEY")]), ModelKind::Endpoint).is_empty());
    for link in ["javascript:alert(1)", "ftp://x/", "https://u:p@x/", "x"] {
        assert_eq!(wrong(&endpoint(&[("link", link)]), ModelKind::Endpoint), ["link"], "{link}");
    }
    for base in ["file:///etc/passwd", "https://x/v1?key=1", "h:1"] {
        assert_eq!(wrong(&endpoint(&[("base_url", base)]), ModelKind::Endpoint), ["base_url"]);
    }
}

/// The form, the API and the database go by the same names: those of the structs.
#[test]
fn every_setting_has_one_name() {
    for kind in ModelKind::ALL {
        let settings = ModelSettings::empty(*kind);
        let json = serde_json::to_value(&settings).expect("JSON");
        let stored: BTreeSet<&str> = json.as_object().expect("flat").keys().map(String::as_str).collect();
        let fields = Group::of(*kind).iter().flat_map(|group| group.fields());
        let typed: BTreeSet<&str> = fields.map(|field| field.name).chain(["kind"]).collect();
        let texts = settings.texts();
        let shown: BTreeSet<&str> = texts.keys().map(String::as_str).chain(["kind"]).collect();
        assert_eq!((&stored, &shown), (&typed, &typed));
        assert_eq!(serde_json::from_value::<ModelSettings>(json).expect("reads its own JSON"), settings);
    }
}

#[test]
fn a_chat_template_makes_another_contestant_and_without_one_it_is_the_same_as_ever() {
    let mut model = ModelSettings::empty(ModelKind::Local);
    if let ModelSource::Local(local) = &mut model.source {
        local.path = "/models/a.gguf".to_owned();
    }
    // As answers that were generated before there were such templates are filed.
    assert_eq!(model.contestant_hash(), "56c2747c42495278285da78e76115d5b");
    let before = model.contestant_hash();
    model.answering.chat_template_jinja = "{{ messages[0].content }}".to_owned();
    let own = model.contestant_hash();
    model.answering.chat_template_jinja.push('\n');
    assert!(own != before && model.contestant_hash() != own);
}

#[test]
fn white_space_at_the_ends_of_a_chat_template_is_kept_and_that_of_other_texts_is_not() {
    let texts = texts(&[
        ("display_name", " x "),
        ("path", "/a.gguf"),
        ("chat_template_jinja", " {{ m }}\r\n\n"),
        ("system_prompt", " y "),
    ]);
    let answering = ModelSettings::check(ModelKind::Local, &texts).expect("good settings").answering;
    assert_eq!((answering.chat_template_jinja.as_str(), answering.system_prompt.as_str()), (" {{ m }}\n\n", "y"));
}
