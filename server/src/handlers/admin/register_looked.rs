//! What became of the models of an endpoint that were registered in one act: one part of the page for each, and what to say of
//! all of them.

use askama::Template;

use super::inspection_report::InspectionReport;
use crate::actions::inspect_model::Inspection;
use crate::actions::register_listed::{Listed, Looked};
use crate::i18n::error_text;
use crate::state::AppState;
use crate::views::Page;

/// What became of one of them.
#[derive(Debug, Template)]
#[template(path = "admin/register_looked.html")]
pub struct LookedPart<'a> {
    pub page: &'a Page,
    /// How many are done, this one among them, and how many there are.
    pub done: usize,
    pub all: usize,
    pub looked: &'a Looked,
    pub finding: Option<InspectionReport>,
}

impl<'a> LookedPart<'a> {
    /// The part about a model.
    pub fn of(page: &'a Page, arena: &AppState, looked: &'a Looked, (done, all): (usize, usize)) -> Self {
        let finding = looked.found.as_ref().map(|found| InspectionReport::of(found, arena, page));
        Self { page, done, all, looked, finding }
    }

    /// Its name at the endpoint.
    fn remote(&self) -> &str {
        self.looked.settings.source.endpoint().map_or("", |source| &source.address.remote_model)
    }

    fn verdict(&self) -> String {
        self.page.t(match &self.looked.became {
            Listed::Registered(_) => "register-became-registered",
            Listed::Answers => "register-became-answers",
            Listed::Known(_) => "register-became-known",
            Listed::Refused | Listed::Failed(_) => "register-became-refused",
        })
    }

    /// The model that it is now, or was before.
    fn slug(&self) -> Option<&str> {
        match &self.looked.became {
            Listed::Registered(slug) | Listed::Known(slug) => Some(slug),
            Listed::Answers | Listed::Refused | Listed::Failed(_) => None,
        }
    }

    /// Why it is not registered.
    fn why(&self) -> String {
        match &self.looked.became {
            Listed::Failed(error) => error_text(error, self.page.locale),
            _ => self.finding.as_ref().map(|finding| finding.detail.clone()).unwrap_or_default(),
        }
    }

    fn is_good(&self) -> bool {
        !matches!(self.looked.became, Listed::Refused | Listed::Failed(_))
    }
}

/// What to say of all of them.
#[derive(Debug, Clone)]
pub struct Summary {
    pub text: String,
    /// Those that are to be tried again, by their names at the endpoint.
    pub left: Vec<String>,
    /// Whether one of them may be saved although it does not answer.
    pub may_be_forced: bool,
    pub is_good: bool,
}

impl Summary {
    /// Of what became of each; `saves` is whether they were to be registered.
    pub fn of(page: &Page, all: &[(String, Looked)], saves: bool) -> Self {
        let is_left = |looked: &Looked| !matches!(looked.became, Listed::Registered(_) | Listed::Known(_));
        let left: Vec<&(String, Looked)> = all.iter().filter(|(_, looked)| is_left(looked)).collect();
        let count = |is: fn(&Listed) -> bool| all.iter().filter(|(_, looked)| is(&looked.became)).count();
        let good = match saves {
            true => count(|one| matches!(one, Listed::Registered(_))),
            false => count(|one| matches!(one, Listed::Answers)),
        };
        let key = match (saves, left.is_empty()) {
            (false, _) => "register-answered",
            (true, true) => "register-registered",
            (true, false) => "register-registered-some",
        };
        let text = page.t2(key, "n", good, "all", all.len());
        let force = |looked: &Looked| looked.found.as_ref().is_some_and(Inspection::may_be_forced);
        Self {
            text,
            may_be_forced: left.iter().any(|(_, looked)| force(looked)),
            is_good: all.iter().all(|(_, looked)| !matches!(looked.became, Listed::Refused | Listed::Failed(_))),
            left: left.into_iter().map(|(name, _)| name.clone()).collect(),
        }
    }
}
