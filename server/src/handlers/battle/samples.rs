//! Prompts to begin with: of the sets that administrators keep, else what the models that play say they are good at.

use crate::domain::language_of;
use crate::i18n::Locale;
use crate::state::AppState;
use crate::store::models::Model;
use crate::store::prompt_draws::{self, Languages};
use crate::views::{Page, built_in_samples};

/// Themes that visitors may choose from.
const MAX_THEMES: i64 = 12;

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
        let themes = prompt_draws::themes(&arena.db, MAX_THEMES).await?;
        let theme = themes.iter().find(|known| *known == theme).cloned().unwrap_or_default();
        let mut prompts = Vec::new();
        for languages in Languages::own_first(page.locale.as_str()) {
            let missing = i64::try_from(count.saturating_sub(prompts.len())).unwrap_or(i64::MAX);
            if missing > 0 {
                prompts.extend(prompt_draws::suggested(&arena.db, languages, &theme, missing).await?);
            }
        }
        let has_sets = !prompts.is_empty();
        if !has_sets {
            prompts = sample_prompts(models, page, count);
        }
        Ok(Self { prompts, themes, theme, has_sets })
    }
}

/// A prompt of the sets that visitors are offered, at random, in the language where there is one.
pub async fn random_prompt(arena: &AppState, locale: Locale, theme: &str) -> sqlx::Result<Option<String>> {
    for languages in Languages::own_first(locale.as_str()) {
        if let Some(prompt) = prompt_draws::one(&arena.db, languages, theme).await? {
            return Ok(Some(prompt));
        }
    }
    Ok(None)
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
