//! Prompts to begin with: what the models that play say they are good at.

use crate::domain::language_of;
use crate::i18n::Locale;
use crate::store::models::Model;

/// Of the models' own prompts so many are offered, those in the page's language first; general ones where the models have
/// none.
pub fn sample_prompts(models: &[Model], locale: Locale, count: usize) -> Vec<String> {
    let mut prompts: Vec<&str> = Vec::new();
    for line in interleaved(models) {
        if !prompts.contains(&line) {
            prompts.push(line);
        }
    }
    prompts.sort_by_key(|prompt| language_of(prompt) != locale.as_str());
    if prompts.is_empty() {
        return (1..=count).map_while(|number| locale.find(&format!("sample-{number}"))).collect();
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
