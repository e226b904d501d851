//! Prompts to begin with: of the sets that administrators keep, else what the models that play say they are good at.

use crate::domain::{MAX_PROMPT_CHARS, language_of};
use crate::i18n::Locale;
use crate::state::AppState;
use crate::store::models::Model;
use crate::store::prompt_sets;
use crate::views::{Page, built_in_samples};

/// Themes that visitors may choose from.
const MAX_THEMES: i64 = 12;
/// The longest prompt that is shown as a suggestion, in characters.
const MAX_SHOWN: i32 = 160;

/// What visitors are offered.
#[derive(Debug)]
pub struct Suggestions {
    pub prompts: Vec<String>,
    /// Themes of the prompts that there are.
    pub themes: Vec<String>,
    /// The theme that was asked for; empty where it was none of these.
    pub theme: String,
    /// Whether there are sets to draw a prompt from.
    pub has_sets: bool,
}

impl Suggestions {
    /// So many prompts: of the sets' where there are any, of a theme where one is asked for; else of the models' and the site's.
    pub async fn read(
        arena: &AppState,
        models: &[Model],
        page: &Page,
        theme: &str,
        count: usize,
    ) -> sqlx::Result<Self> {
        let themes = prompt_sets::offered_tags(&arena.db, MAX_THEMES).await?;
        let theme = themes.iter().find(|known| *known == theme).cloned().unwrap_or_default();
        let limit = i64::try_from(count).unwrap_or(i64::MAX);
        let of_sets = prompt_sets::offered(&arena.db, &theme, page.locale.as_str(), MAX_SHOWN, limit).await?;
        let has_sets = !of_sets.is_empty();
        let prompts = match has_sets {
            true => of_sets.into_iter().map(|offered| offered.prompt).collect(),
            false => sample_prompts(models, page, count),
        };
        Ok(Self { prompts, themes, theme, has_sets })
    }
}

/// A prompt of the sets that visitors are offered, at random, in the language where there is one.
pub async fn random_prompt(arena: &AppState, locale: Locale, theme: &str) -> sqlx::Result<Option<String>> {
    let longest = i32::try_from(MAX_PROMPT_CHARS).unwrap_or(i32::MAX);
    let offered = prompt_sets::offered(&arena.db, theme, locale.as_str(), longest, 1).await?;
    Ok(offered.into_iter().next().map(|offered| offered.prompt))
}

/// Of the models' own prompts so many, those in the page's language first; where the models have none, the site's.
pub fn sample_prompts(models: &[Model], page: &Page, count: usize) -> Vec<String> {
    let mut prompts: Vec<&str> = Vec::new();
    for line in interleaved(models) {
        if !prompts.contains(&line) {
            prompts.push(line);
        }
    }
    prompts.sort_by_key(|prompt| language_of(prompt) != page.locale.as_str());
    if prompts.is_empty() {
        let built_in = || built_in_samples(page.locale);
        let own = page.site.samples(page.locale.as_str()).map_or_else(built_in, str::to_owned);
        return own.lines().map(str::trim).filter(|line| !line.is_empty()).take(count).map(str::to_owned).collect();
    }
    prompts.into_iter().take(count).map(str::to_owned).collect()
}

/// The first prompt of each model, then the second of each, and so on.
fn interleaved(models: &[Model]) -> Vec<&str> {
    let of_model = |model: &Model| -> usize { model.card().sample_prompts.lines().count() };
    let most = models.iter().map(of_model).max().unwrap_or_default();
    let line = |place: usize| {
        models.iter().filter_map(move |model| {
            model.card().sample_prompts.lines().nth(place).map(str::trim).filter(|line| !line.is_empty())
        })
    };
    (0..most).flat_map(line).collect()
}
