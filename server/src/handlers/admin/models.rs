//! The candidates as administrators see them: how each is doing, whether it is drawn, and how often.

use std::collections::HashMap;

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::list::{List, ListQuery, ROWS};
use super::model_health::ModelHealth;
use crate::actions::change_model::{RetryModel, SetModelState, SetWeights};
use crate::domain::{General, ModelKind, ModelState, SettingTexts};
use crate::error::Error;
use crate::extract::{Admin, CsrfForm};
use crate::handlers::{NoFields, html, html_error, see_other};
use crate::state::AppState;
use crate::store::models::{self, Model};
use crate::views::{Page, state_key};

/// The fields of the list's form that hold weights begin so, followed by the slug.
const WEIGHT: &str = "weight:";

/// The list.
#[derive(Debug, Template)]
#[template(path = "admin/models.html")]
struct ModelsPage {
    page: Page,
    admin: Admin,
    list: List,
    rows: Vec<Row>,
    /// How many there are in all, and how many the filters find.
    all: usize,
    found: usize,
    /// What was just done.
    done: Option<String>,
    refusal: Option<String>,
}

/// A candidate.
#[derive(Debug)]
struct Row {
    model: Model,
    condition: ModelHealth,
    /// Its weight as it stands in the field.
    weight: String,
    error: Option<String>,
}

impl Row {
    fn is_retired(&self) -> bool {
        self.model.state == ModelState::Retired
    }
}

/// What the filter of states calls models that are only names in imported votes.
const IMPORTED: &str = "imported";

/// What was typed and is not kept yet, by slug, with what is wrong with it.
type Typed = HashMap<String, (String, Option<String>)>;

impl ModelsPage {
    async fn read(
        request: &HttpRequest,
        arena: &AppState,
        admin: Admin,
        query: &ListQuery,
        typed: &Typed,
    ) -> Result<Self, Error> {
        let page = Page::of(request);
        let all = models::list(&arena.db).await?;
        let count = all.len();
        let has_imported = all.iter().any(Model::is_imported);
        let wanted = query.get("q").trim().to_lowercase();
        let matches = |model: &Model| {
            let place = match (model.settings.source.local(), model.settings.source.endpoint()) {
                (Some(local), _) => local.path.clone(),
                (_, Some(endpoint)) => format!("{} {}", endpoint.address.base_url, endpoint.address.remote_model),
                (None, None) => String::new(),
            };
            let text = format!("{} {} {place} {}", model.name(), model.slug, model.card().quantisation).to_lowercase();
            let state = if model.is_imported() { IMPORTED } else { model.state.as_str() };
            (query.get("state").is_empty() || state == query.get("state"))
                && (query.get("kind").is_empty() || model.kind().as_str() == query.get("kind"))
                && wanted.split_whitespace().all(|word| text.contains(word))
        };
        let mut found: Vec<Model> = all.into_iter().filter(matches).collect();
        match query.get("sort") {
            "name" => found.sort_by_key(|model| model.name().to_lowercase()),
            "weight" => {
                found.sort_by(|a, b| b.settings.general.sampling_weight.total_cmp(&a.settings.general.sampling_weight))
            }
            "newest" => found.sort_by_key(|model| std::cmp::Reverse(model.created_at)),
            // As they come: those that are drawn first.
            _ => {}
        }
        let (count_found, from) = (found.len(), usize::try_from(query.number("from").unwrap_or(0)).unwrap_or(0));
        let locale = page.locale;
        let state = |state: &ModelState| (state.to_string(), page.t(state_key(state)));
        let imported = has_imported.then(|| (IMPORTED.to_owned(), page.t("models-state-imported")));
        let kind = |kind: &ModelKind| (kind.to_string(), page.tn("models-kind-", kind));
        let sort = ["name", "weight", "newest"].map(|sort| (sort.to_owned(), page.tn("models-sort-", sort)));
        let mut list = List::new("/admin/models", query, "from")
            .text(locale, query, "q", "search")
            .choice(locale, query, "state", "list-all", ModelState::ALL.iter().map(state).chain(imported))
            .choice(locale, query, "kind", "list-all", ModelKind::ALL.iter().map(kind))
            .choice(locale, query, "sort", "models-sort-state", sort);
        let mut part: Vec<Model> = found.into_iter().skip(from).take(ROWS + 1).collect();
        list.cut(query, "from", &mut part, |_| (from + ROWS).to_string().into());
        let snapshot = arena.workers.state();
        let row = |model: Model| {
            let condition = ModelHealth::of(arena, &snapshot, &model, &page);
            let (weight, error) = typed
                .get(&model.slug)
                .cloned()
                .unwrap_or_else(|| (model.settings.general.sampling_weight.to_string(), None));
            Row { model, condition, weight, error }
        };
        let rows = part.into_iter().map(row).collect();
        Ok(Self { rows, page, admin, list, all: count, found: count_found, done: None, refusal: None })
    }
}

/// What to confirm after a form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Done {
    /// The slug of a model that was saved.
    done: String,
    /// How many were changed at once.
    changed: String,
}

/// All candidates.
pub async fn page(
    request: HttpRequest,
    arena: web::Data<AppState>,
    admin: Admin,
    query: web::Query<Done>,
) -> Result<HttpResponse, Error> {
    let mut page = ModelsPage::read(&request, &arena, admin, &ListQuery::of(&request), &Typed::default()).await?;
    let saved = models::by_slug(&arena.db, &query.done).await?;
    let changed: Option<u32> = query.changed.parse().ok();
    page.done = match (saved, changed) {
        (Some(model), _) => Some(page.page.t1("models-saved", "name", model.name())),
        (None, Some(count)) => Some(page.page.t1("models-changed", "n", count)),
        (None, None) => None,
    };
    html(&page)
}

/// Changes the weights of the list, or the state of those that are ticked.
pub async fn change_several(
    request: HttpRequest,
    arena: web::Data<AppState>,
    admin: Admin,
    // Names are repeated, and others are made of slugs.
    CsrfForm(form): CsrfForm<Vec<(String, String)>>,
) -> Result<HttpResponse, Error> {
    let of = |wanted: &str| form.iter().find(|(name, _)| name == wanted).map_or("", |(_, text)| text.as_str());
    let query = ListQuery::parse(of("list"));
    let changed = match of("act") {
        "weights" => {
            let mut weights = Vec::new();
            let mut typed = Typed::default();
            for (slug, text) in form.iter().filter_map(|(name, text)| Some((name.strip_prefix(WEIGHT)?, text))) {
                let (weight, error) = weight_of(text);
                weights.push((slug.to_owned(), weight));
                typed.insert(slug.to_owned(), (text.clone(), error));
            }
            if typed.values().any(|(_, error)| error.is_some()) {
                let page = Page::of(&request);
                for (_, error) in typed.values_mut() {
                    *error = error.take().map(|range| page.t1("error-field-number", "detail", range));
                }
                let mut page = ModelsPage::read(&request, &arena, admin, &query, &typed).await?;
                page.refusal = Some(page.page.t("form-mistakes"));
                return html_error(&page, &Error::invalid("form", ""));
            }
            SetWeights { by: admin.id, weights: &weights }.run(&arena).await?
        }
        state => {
            let state: ModelState = state.parse().map_err(|_| Error::invalid("form", "act"))?;
            if state == ModelState::Retired {
                // For good, and so one at a time, with a question before.
                return Err(Error::invalid("form", "act"));
            }
            let mut count = 0;
            for (_, slug) in form.iter().filter(|(name, _)| name == "model") {
                SetModelState { by: admin.id, slug, state }.run(&arena).await?;
                count += 1;
            }
            count
        }
    };
    Ok(see_other(&query.address("/admin/models", &[("done", ""), ("changed", &changed.to_string())])))
}

/// A weight as it was typed, by the rule of the setting; and the range where it is none.
fn weight_of(text: &str) -> (f64, Option<String>) {
    let texts: SettingTexts = [("sampling_weight", text), ("display_name", "…")]
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .into();
    match General::checked(&texts) {
        Ok(general) => (general.sampling_weight, None),
        Err(errors) => (0.0, errors.into_iter().next().map(|error| error.detail)),
    }
}

/// The state that a model should have.
#[derive(Debug, Deserialize)]
pub struct NewState {
    state: ModelState,
}

/// Enables, disables or retires.
pub async fn set_state(
    arena: web::Data<AppState>,
    admin: Admin,
    slug: web::Path<String>,
    CsrfForm(form): CsrfForm<NewState>,
) -> Result<HttpResponse, Error> {
    SetModelState { by: admin.id, slug: &slug, state: form.state }.run(&arena).await?;
    Ok(see_other("/admin/models"))
}

/// Loads a model again that could not be loaded, and forgets what it did wrong.
pub async fn retry(
    arena: web::Data<AppState>,
    _: Admin,
    slug: web::Path<String>,
    _: CsrfForm<NoFields>,
) -> Result<HttpResponse, Error> {
    RetryModel { slug: &slug }.run(&arena).await?;
    Ok(see_other("/admin/models"))
}
