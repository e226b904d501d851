//! Prompts to begin with: what the models that play say they are good at.

use crate::domain::language_of;
use crate::store::models::Model;
use crate::views::{Page, built_in_samples};

/// Of the models' own prompts so many are offered, those in the page's language first; where the models have none, the site's.
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
