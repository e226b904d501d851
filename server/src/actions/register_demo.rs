//! The demo models of a fresh installation.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::inspect_model::{InspectModel, Inspection};
use super::register_model::RegisterModel;
use crate::domain::{Card, LocalSource, ModelSettings, ModelSource, slug_of};
use crate::error::Error;
use crate::inference_server::inspect::{Depth, is_adapter};
use crate::state::AppState;
use crate::store::models;

/// What `cards.json` says of the files whose name begins with its key.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct DemoCard {
    display_name: String,
    /// What its answers are sampled with.
    temperature: Option<f64>,
    #[serde(flatten)]
    card: Card,
}

/// Registers the GGUF files and the adapters of the demo folder when the database holds no model at all. Gives how many.
pub async fn register_demo(arena: &AppState) -> Result<usize, Error> {
    let Some(folder) = arena.config.demo_models.clone() else { return Ok(0) };
    if models::count(&arena.db).await? > 0 {
        return Ok(0);
    }
    let read = tokio::task::spawn_blocking(move || (files(&folder), cards(&folder))).await;
    let (files, cards) = read.map_err(|cause| Error::Internal(cause.into()))?;
    let mut registered = 0;
    for file in files {
        let source = LocalSource { path: file.to_string_lossy().into_owned(), ..LocalSource::default() };
        let mut settings = ModelSettings::new(ModelSource::Local(source));
        // Their workers try them out when they load them; a fresh arena should be ready soon.
        let look = InspectModel { settings: settings.clone(), key: None, depth: Depth::Header };
        let found = look.run(arena).await?;
        if let Inspection::Local(facts) = &found
            && let Err(error) = facts.as_ref()
        {
            tracing::warn!(file = %file.display(), %error, "a demo model is left out");
            continue;
        }
        // An adapter's folder is named as it is, dots and all.
        let stem = if file.is_dir() { file.file_name() } else { file.file_stem() };
        let stem = stem.map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        fill(&mut settings, &stem, &cards);
        found.complete(&mut settings);
        let new = RegisterModel { by: None, slug: Some(slug_of(&stem)), settings, key: None };
        match new.run(arena).await {
            Ok(_) => registered += 1,
            // Another server that starts at the same moment was faster.
            Err(Error::Conflict(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(registered)
}

/// The card's words, and a name made of the file's: `poet-14m-q8_0` is “Poet 14M · Q8_0”.
fn fill(settings: &mut ModelSettings, stem: &str, cards: &BTreeMap<String, DemoCard>) {
    let (name, quantisation) = match stem.rsplit_once('-') {
        Some((name, last)) if is_quantisation(last) => (name, last.to_uppercase()),
        _ => (stem, String::new()),
    };
    let card = cards.iter().rev().find(|(key, _)| name.starts_with(key.as_str())).map(|(_, card)| card.clone());
    let card = card.unwrap_or_default();
    let name = if card.display_name.is_empty() { name } else { &card.display_name };
    settings.general.display_name =
        if quantisation.is_empty() { name.to_owned() } else { format!("{name} · {quantisation}") };
    settings.answering.temperature = card.temperature;
    settings.card = Card { quantisation, ..card.card };
}

/// `q4_K`, `iq2_xxs`, `f16`, `bf16`.
fn is_quantisation(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let rest = ["bf", "iq", "tq", "mxfp", "q", "f"].iter().find_map(|start| text.strip_prefix(start));
    rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_model = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "gguf") || is_adapter(path);
    let mut files: Vec<_> = entries.filter(is_model).collect();
    files.sort();
    files.iter().map(|path| path.canonicalize().unwrap_or_else(|_| path.clone())).collect()
}

fn cards(folder: &Path) -> BTreeMap<String, DemoCard> {
    let Ok(text) = std::fs::read(folder.join("cards.json")) else { return BTreeMap::new() };
    serde_json::from_slice(&text).unwrap_or_else(|error| {
        tracing::warn!(%error, "cards.json of the demo models cannot be read");
        BTreeMap::new()
    })
}

#[cfg(test)]
mod tests {
    use sqlx::PgPool;

    use super::*;
    use crate::domain::{ModelKind, ModelState};
    use crate::inference_server::inspect::tests::put_adapter;
    use crate::keys::Keys;
    use crate::testing::config;

    #[sqlx::test(migrations = "../migrations")]
    async fn a_fresh_arena_has_its_demo_models_once(db: PgPool) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/models");
        let config = crate::config::Config { demo_models: Some(folder), ..config(&[]) };
        let keys = Keys::from_secret(&"0123456789abcdef0123456789abcdef".into()).expect("a good secret");
        let arena = AppState::new(config, crate::database::Pools::one(db.clone()), keys).expect("an arena");
        let count = register_demo(&arena).await.expect("registers");
        assert!(count >= 3, "{count}");
        assert_eq!(register_demo(&arena).await.expect("asks"), 0, "only when there is no model at all");
        let poet = models::by_slug(&db, "poet-14m-q4_k").await.expect("reads").expect("is there");
        assert_eq!(poet.name(), "Poet 14M · Q4_K");
        assert_eq!(poet.state, ModelState::Enabled);
        let lexicon = models::by_slug(&db, "lexicon-10m-q2_k").await.expect("reads").expect("is there");
        assert_eq!((lexicon.settings.answering.temperature, lexicon.card().languages.as_str()), (Some(0.2), "en"));
        let card = poet.settings.card;
        assert!(card.parameters.is_some() && card.active_parameters < card.parameters);
        assert!(card.description_zh.contains("专家") && card.description_en.contains("experts"));
    }

    #[sqlx::test(migrations = "../migrations")]
    async fn an_adapter_in_the_demo_folder_is_a_model_beside_its_base(db: PgPool) {
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/models");
        let folder = tempfile::tempdir().expect("folder");
        let put = |name: &str| std::fs::copy(shipped.join(name), folder.path().join(name)).expect("copies");
        put("poet-14m-q2_K.gguf");
        let cards = r#"{"ci-14m": {"display_name": "Ci 14M", "description_zh": "词"}}"#;
        std::fs::write(folder.path().join("cards.json"), cards).expect("written");
        put_adapter(&folder.path().join("ci-14m-lora"), "../poet-14m-q2_K.gguf");
        put_adapter(&folder.path().join("lost"), "nowhere.gguf");
        std::fs::create_dir(folder.path().join("notes")).expect("made");

        let demo_models = Some(folder.path().to_owned());
        let config = crate::config::Config { demo_models, ..config(&[]) };
        let keys = Keys::from_secret(&"0123456789abcdef0123456789abcdef".into()).expect("a good secret");
        let arena = AppState::new(config, crate::database::Pools::one(db.clone()), keys).expect("an arena");
        assert_eq!(register_demo(&arena).await.expect("registers"), 2, "the one without a base is left out");
        let ci = models::by_slug(&db, "ci-14m-lora").await.expect("reads").expect("is there");
        assert_eq!((ci.name(), ci.settings.card.description_zh.as_str()), ("Ci 14M", "词"));
        let source = ci.settings.source.local().expect("a local model");
        assert!(source.path.ends_with("ci-14m-lora"), "the folder is what the worker loads");
        assert!(!ci.settings.card.base_model.is_empty() && ci.settings.card.parameters.is_some());
    }

    #[test]
    fn names_are_made_of_files() {
        let name = |stem: &str| {
            let mut settings = ModelSettings::empty(ModelKind::Local);
            fill(&mut settings, stem, &BTreeMap::new());
            (settings.general.display_name, settings.card.quantisation)
        };
        assert_eq!(name("poet-14m-q8_0"), ("poet-14m · Q8_0".into(), "Q8_0".into()));
        assert_eq!(name("mixtral-8x7b-iq2_xxs"), ("mixtral-8x7b · IQ2_XXS".into(), "IQ2_XXS".into()));
        assert_eq!(name("some-model"), ("some-model".into(), String::new()));
    }
}
