//! What the models are made of, and what each part is worth: see `arena_rating::fit_factors`.

use std::collections::HashMap;

use arena_rating::{Effect, FactorFit, Pairs, Voters, fit_factors};
use sha2::{Digest, Sha256};

use crate::domain::ModelId;
use crate::store::models::Model;

/// Counted votes.
pub struct Counted {
    /// The models, by number.
    pub models: Vec<ModelId>,
    pub pairs: Pairs,
    pub voters: Voters,
}

/// What models differ by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactorKind {
    Base,
    Quantisation,
    Adapter,
    Template,
    /// Twice as many parameters.
    Size,
}

impl FactorKind {
    /// In the order of pages.
    pub const ALL: [Self; 5] = [Self::Quantisation, Self::Base, Self::Adapter, Self::Template, Self::Size];

    /// Its name in addresses and in the keys of its texts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Quantisation => "quantisation",
            Self::Adapter => "adapter",
            Self::Template => "template",
            Self::Size => "size",
        }
    }
}

/// One of the ways in which models can be made.
#[derive(Debug, Clone, PartialEq)]
pub struct Level {
    /// As the models' cards say it; empty where they say nothing.
    pub name: String,
    /// The models that votes compare.
    pub models: usize,
    /// Their votes.
    pub votes: u64,
    column: usize,
}

/// What the rated models differ by in one respect.
#[derive(Debug, Clone, PartialEq)]
pub struct Factor {
    pub kind: FactorKind,
    /// At least two, or one column of numbers.
    pub levels: Vec<Level>,
}

/// All of it, and the fit.
#[derive(Debug, Clone, Default)]
pub struct Factors {
    /// Those in which rated models differ.
    pub factors: Vec<Factor>,
    /// How many models were compared.
    pub models: usize,
    columns: usize,
    fit: Option<FactorFit>,
    levels: HashMap<(ModelId, &'static str), String>,
}

impl Factors {
    /// Fits the effects to the votes.
    #[must_use]
    pub fn fit(counted: &Counted, models: &[Model]) -> Self {
        let of_id: HashMap<ModelId, &Model> = models.iter().map(|model| (model.id, model)).collect();
        let rated = arena_rating::fit(&counted.pairs, arena_rating::Scale::default());
        let Some(group) = rated.groups.first() else { return Self::default() };
        let cards: Vec<Option<&Model>> = counted.models.iter().map(|id| of_id.get(id).copied()).collect();
        let mut found = Self { models: group.members.len(), ..Self::default() };
        let mut makings = vec![Vec::new(); counted.models.len()];
        for kind in FactorKind::ALL {
            if kind == FactorKind::Size {
                found.add_size(&cards, &group.members, &mut makings);
                continue;
            }
            let level = |model: &Model| level_of(kind, model);
            let mut levels: Vec<Level> = Vec::new();
            for &member in &group.members {
                let name = cards[member].map(level).unwrap_or_default();
                let votes = counted.pairs.total(member).battles();
                match levels.iter_mut().find(|level| level.name == name) {
                    Some(level) => {
                        level.models += 1;
                        level.votes += votes;
                    }
                    None => levels.push(Level { name, models: 1, votes, column: 0 }),
                }
            }
            for (model, id) in cards.iter().zip(&counted.models) {
                found.levels.insert((*id, kind.as_str()), model.map(level).unwrap_or_default());
            }
            if levels.len() < 2 {
                continue;
            }
            sort(kind, &mut levels);
            for level in &mut levels {
                level.column = found.columns;
                found.columns += 1;
                for (row, model) in makings.iter_mut().zip(&cards) {
                    let name = model.map(|model| level_of(kind, model)).unwrap_or_default();
                    row.push(f64::from(u8::from(name == level.name)));
                }
            }
            found.factors.push(Factor { kind, levels });
        }
        found.fit = fit_factors(&counted.pairs, Some(&counted.voters), &makings);
        found
    }

    /// A column of binary logarithms, where every rated model says its size and they differ.
    fn add_size(&mut self, cards: &[Option<&Model>], members: &[usize], makings: &mut [Vec<f64>]) {
        let size = |at: usize| cards[at].and_then(|model| model.card().parameters).filter(|size| *size > 0);
        let sizes: Vec<i64> = members.iter().filter_map(|&member| size(member)).collect();
        if sizes.len() < members.len() || sizes.iter().all(|size| *size == sizes[0]) {
            return;
        }
        let column = self.columns;
        self.columns += 1;
        for (at, row) in makings.iter_mut().enumerate() {
            row.push(size(at).map_or(0.0, |size| (size as f64).log2()));
        }
        let level = Level { name: String::new(), models: members.len(), votes: 0, column };
        self.factors.push(Factor { kind: FactorKind::Size, levels: vec![level] });
    }

    /// One level of a factor against another, in units of strength; nothing where no votes tell it.
    #[must_use]
    pub fn against(&self, level: &Level, other: &Level) -> Option<Effect> {
        let mut combination = vec![0.0; self.columns];
        combination[level.column] += 1.0;
        combination[other.column] -= 1.0;
        self.fit.as_ref()?.effect(&combination)
    }

    /// What one unit of a quantity is worth.
    #[must_use]
    pub fn unit(&self, level: &Level) -> Option<Effect> {
        let mut combination = vec![0.0; self.columns];
        combination[level.column] = 1.0;
        self.fit.as_ref()?.effect(&combination)
    }

    /// In what respect rated models differ, if they do.
    #[must_use]
    pub fn of(&self, kind: FactorKind) -> Option<&Factor> {
        self.factors.iter().find(|factor| factor.kind == kind)
    }

    /// The level of one model.
    #[must_use]
    pub fn level(&self, kind: FactorKind, model: ModelId) -> Option<&Level> {
        let name = self.levels.get(&(model, kind.as_str()))?;
        self.of(kind)?.levels.iter().find(|level| level.name == *name)
    }

    /// How many people's votes were compared, where it is known.
    #[must_use]
    pub fn voters(&self) -> Option<arena_rating::Clusters> {
        self.fit.as_ref()?.voters
    }
}

fn level_of(kind: FactorKind, model: &Model) -> String {
    let card = model.card();
    match kind {
        FactorKind::Base if card.base_model.trim().is_empty() => stem(model.name(), &card.quantisation),
        FactorKind::Base => card.base_model.trim().to_owned(),
        FactorKind::Quantisation => card.quantisation.trim().to_uppercase(),
        FactorKind::Adapter => card.adapter.trim().to_owned(),
        FactorKind::Template => template_level(card.chat_template.trim(), model.settings.answering.own_template()),
        FactorKind::Size => String::new(),
    }
}

/// What the card calls the chat template. One that the contestant brings itself is told by its text, whatever the card says.
fn template_level(said: &str, own: Option<&str>) -> String {
    let Some(source) = own else { return said.to_owned() };
    let hash: String = Sha256::digest(source).iter().take(3).map(|byte| format!("{byte:02x}")).collect();
    if said.is_empty() { format!("#{hash}") } else { format!("{said} #{hash}") }
}

/// A model's name without its quantisation: `Poet 14M · Q4_K` is of the same base as `Poet 14M · Q8_0`.
fn stem(name: &str, quantisation: &str) -> String {
    let quantisation = quantisation.trim();
    let at = name.to_lowercase().rfind(&quantisation.to_lowercase()).filter(|_| !quantisation.is_empty());
    let before = at.and_then(|at| name.get(..at)).unwrap_or(name);
    let stem = before.trim_end_matches(|c: char| c.is_whitespace() || "·-_([,.".contains(c));
    if stem.is_empty() { name.to_owned() } else { stem.to_owned() }
}

/// The most precise quantisation first, otherwise the one with the most votes; what is not stated last.
fn sort(kind: FactorKind, levels: &mut [Level]) {
    levels.sort_by(|one, other| {
        let bits = |level: &Level| if kind == FactorKind::Quantisation { bits(&level.name) } else { 0 };
        (bits(other), other.votes).cmp(&(bits(one), one.votes)).then_with(|| one.name.cmp(&other.name))
    });
}

/// The bits of a quantisation by its name: 16 of `BF16`, 4 of `IQ4_XS`; 0 where none are named.
fn bits(name: &str) -> u32 {
    let digits: String = name.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_without_its_quantisation_is_its_base() {
        assert_eq!(stem("Poet 14M · Q4_K", "Q4_K"), "Poet 14M");
        assert_eq!(stem("chinese-mixtral-q4_k", "Q4_K"), "chinese-mixtral");
        assert_eq!(stem("Q4_K", "Q4_K"), "Q4_K");
        assert_eq!(stem("gpt", ""), "gpt");
        assert_eq!(stem("诗人 (Q8_0)", "Q8_0"), "诗人");
    }

    #[test]
    fn two_templates_are_two_levels_whatever_the_card_calls_them() {
        assert_eq!(template_level("chatml", None), "chatml");
        let (one, other) = (template_level("chatml", Some("{{ a }}")), template_level("chatml", Some("{{ b }}")));
        assert!(one.starts_with("chatml #") && one != other, "{one} {other}");
        assert_eq!(template_level("", Some("{{ a }}")), one.trim_start_matches("chatml "));
    }

    #[test]
    fn quantisations_stand_from_the_most_precise_on() {
        let mut levels: Vec<Level> = ["Q4_K", "", "F16", "IQ2_XXS", "Q8_0"]
            .map(|name| Level { name: name.into(), models: 1, votes: 1, column: 0 })
            .into();
        sort(FactorKind::Quantisation, &mut levels);
        let names: Vec<&str> = levels.iter().map(|level| level.name.as_str()).collect();
        assert_eq!(names, ["F16", "Q8_0", "Q4_K", "IQ2_XXS", ""]);
    }
}
