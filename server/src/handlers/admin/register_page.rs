//! The page on which models are registered, in three steps: where they are, what was found there, how they compete. What is not
//! of the step that is shown travels along in hidden fields, so that the way back loses nothing and no server keeps anything.

use askama::Template;

use super::fields::Field;
use super::inspection_report::InspectionReport;
use super::model_fields::{FormGroup, groups};
use super::model_filled::Filled;
use super::register_looked::Summary;
use crate::actions::list_endpoint::Listing;
use crate::domain::{Admin, FieldError, Group, ModelKind, ModelSettings};
use crate::views::Page;

/// A step of the registration, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Where is it?
    Place,
    /// What we found.
    Found,
    /// How it competes.
    Competes,
}

impl Step {
    const ALL: [Self; 3] = [Self::Place, Self::Found, Self::Competes];

    /// Its name in forms and texts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Place => "place",
            Self::Found => "found",
            Self::Competes => "competes",
        }
    }

    /// The step of this name; the last one, which has a button to save, where nobody said.
    pub fn of(name: &str) -> Self {
        Self::ALL.into_iter().find(|step| step.name() == name).unwrap_or(Self::Competes)
    }

    /// Where a setting is typed.
    fn of_setting(group: Group, name: &str) -> Self {
        match group {
            Group::Endpoint if name == "remote_model" => Self::Found,
            Group::File | Group::Endpoint => Self::Place,
            Group::General | Group::Answering | Group::Card | Group::Requests => Self::Competes,
        }
    }

    /// The settings of a form of this kind, each with the step that it is typed in.
    fn of_settings(kind: ModelKind) -> impl Iterator<Item = (&'static str, Self)> {
        let all =
            Group::of(kind).iter().flat_map(|group| group.fields().into_iter().map(move |field| (*group, field.name)));
        all.map(|(group, name)| (name, Self::of_setting(group, name)))
    }

    /// Whether a setting is typed in this step.
    pub fn has(self, kind: ModelKind, name: &str) -> bool {
        Self::of_settings(kind).any(|(known, step)| known == name && step == self)
    }

    /// The first step that has one of these mistakes.
    pub fn of_mistake(kind: ModelKind, errors: &[FieldError]) -> Option<Self> {
        let steps = Self::of_settings(kind).filter(|(name, _)| errors.iter().any(|error| error.field == *name));
        steps.map(|(_, step)| step).min()
    }
}

/// A model that an endpoint lists or that somebody named.
#[derive(Debug)]
pub struct Listed {
    pub name: String,
    pub is_chosen: bool,
    /// Slugs and names of the registered models that are this one.
    pub known: Vec<(String, String)>,
}

/// One of several models, for its name on pages.
#[derive(Debug)]
pub struct Named {
    pub remote: String,
    pub name: String,
    pub error: Option<String>,
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "admin/register.html")]
pub struct RegisterPage {
    pub page: Page,
    pub admin: Admin,
    pub kind: ModelKind,
    pub step: Step,
    /// What is typed in this step.
    pub groups: Vec<FormGroup>,
    /// What travels along: name and value.
    pub hidden: Vec<(String, String)>,
    pub finding: Option<InspectionReport>,
    pub refusal: Option<String>,
    pub sealed_key: String,
    pub slug: String,
    /// Whether an endpoint may be saved although it does not answer.
    pub offers_force: bool,
    /// What the form is a copy of.
    pub copied: Option<String>,
    /// What the endpoint lists, and what was named besides.
    pub listed: Vec<Listed>,
    /// Where a base URL lists models and the given one does not.
    pub better_base: Option<String>,
    /// The models that are meant, where there are several.
    pub several: Vec<Named>,
    /// How many are looked at now.
    pub looking: usize,
    /// What became of them.
    pub summary: Option<Summary>,
}

/// Stands in the template where the results of several models go.
pub const RESULTS: &str = "<!--results-->";

impl RegisterPage {
    /// A step of the form as it is filled in.
    pub fn of(page: Page, admin: Admin, kind: ModelKind, step: Step, filled: &Filled, errors: &[FieldError]) -> Self {
        let chosen = filled.models();
        let models = if kind == ModelKind::Endpoint { chosen.clone() } else { Vec::new() };
        let mut hidden: Vec<(String, String)> = Vec::new();
        let mut shown: Vec<&str> = Vec::new();
        let mut all = groups(&page, kind, &filled.texts, errors);
        let is_here = |group: Group, field: &Field| {
            // Chosen in a list, or typed for each of several.
            let is_apart = field.name == "remote_model" || field.name == "display_name" && models.len() > 1;
            Step::of_setting(group, field.name) == step && !is_apart
        };
        for (form_group, group) in all.iter_mut().zip(Group::of(kind)) {
            form_group.fields.retain(|field| is_here(*group, field));
            shown.extend(form_group.fields.iter().map(|field| field.name));
        }
        all.retain(|group| !group.fields.is_empty());
        // Of the other kind too: whoever looks at the other and comes back has typed nothing in vain.
        for field in ModelSettings::fields() {
            let value = filled.texts.get(field.name).filter(|value| !value.is_empty());
            let is_chosen = field.name == "remote_model" && !chosen.is_empty();
            if let Some(value) = value.filter(|_| !shown.contains(&field.name) && !is_chosen) {
                hidden.push((field.name.to_owned(), value.clone()));
            }
        }
        let has_slug = step == Step::Competes && models.len() < 2;
        let names_several = step == Step::Competes && models.len() > 1;
        let mut carry = |name: String, value: &str| {
            if !value.is_empty() {
                hidden.push((name, value.to_owned()));
            }
        };
        if !has_slug {
            carry("slug".to_owned(), &filled.slug);
        }
        let unseen = filled.names.iter().filter(|(remote, _)| !names_several || !models.contains(remote));
        unseen.for_each(|(remote, name)| carry(format!("name:{remote}"), name));
        if step != Step::Found || kind != ModelKind::Endpoint {
            chosen.iter().for_each(|name| carry("chosen".to_owned(), name));
        }
        let named = |remote: String| Named { name: filled.name_of(&remote), remote, error: None };
        let several = if models.len() > 1 { models.into_iter().map(named).collect() } else { Vec::new() };
        Self {
            page,
            admin,
            kind,
            step,
            groups: all,
            hidden,
            finding: None,
            refusal: None,
            sealed_key: String::new(),
            slug: filled.slug.clone(),
            offers_force: false,
            copied: None,
            listed: Vec::new(),
            better_base: None,
            several,
            looking: 0,
            summary: None,
        }
    }

    /// With what an endpoint lists; what was chosen before and is not listed stands before it.
    pub fn with_listing(mut self, listing: &Listing, filled: &Filled) -> Self {
        let chosen = filled.models();
        let unlisted = chosen.iter().filter(|name| !listing.names.contains(name));
        let all = unlisted.chain(&listing.names);
        let known = |name: &String| {
            let known = listing.known.iter().filter(|known| known.remote_model == *name);
            known.map(|known| (known.slug.clone(), known.name.clone())).collect()
        };
        self.listed = all
            .map(|name| Listed { is_chosen: chosen.contains(name), known: known(name), name: name.clone() })
            .collect();
        self.better_base.clone_from(&listing.better_base);
        self
    }

    fn is_local(&self) -> bool {
        self.kind == ModelKind::Local
    }

    fn is_at(&self, step: &str) -> bool {
        self.step.name() == step
    }

    /// Whether there is something left to fill in: not while models are looked at, and not once all are registered.
    fn has_form(&self) -> bool {
        self.looking == 0 || self.summary.as_ref().is_some_and(|summary| !summary.left.is_empty())
    }

    fn steps(&self) -> &'static [Step] {
        &Step::ALL
    }

    /// The one model at an endpoint that is meant.
    fn remote(&self) -> Option<&str> {
        let mut chosen = self.hidden.iter().filter(|(name, _)| name == "chosen");
        chosen.next().map(|(_, name)| name.as_str()).filter(|_| self.several.is_empty())
    }
}
