//! Registering models in steps: where they are, what was found there, how they compete.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::inspection_report::InspectionReport;
use super::model_examined::{Examined, examine};
use super::model_filled::Filled;
use super::register_page::{RegisterPage, Step};
use super::register_several;
use crate::actions::change_model::KeyChange;
use crate::actions::inspect_model::{InspectModel, Inspection};
use crate::actions::list_endpoint::{ListEndpoint, Listing};
use crate::actions::register_model::RegisterModel;
use crate::domain::{Admin, FieldError, MAX_NAME, ModelKind, ModelSettings, ModelSource};
use crate::error::Error;
use crate::extract::CsrfForm;
use crate::handlers::{html, html_unprocessable, see_other};
use crate::i18n::error_text;
use crate::inference_server::inspect::Depth;
use crate::state::AppState;
use crate::store::models;
use crate::views::Page;

/// Which kind of model to register.
#[derive(Debug, Deserialize)]
pub struct Kind {
    kind: Option<ModelKind>,
    /// The slug of a model to begin with a copy of.
    copy: Option<String>,
}

/// An empty form, or a copy of a model.
pub async fn new(
    request: HttpRequest,
    arena: web::Data<AppState>,
    admin: Admin,
    query: web::Query<Kind>,
) -> Result<HttpResponse, Error> {
    if let Some(slug) = &query.copy {
        return copy(&request, &arena, admin, slug).await;
    }
    let kind = query.kind.unwrap_or(ModelKind::Local);
    let mut settings = ModelSettings::empty(kind);
    settings.card.family = "Mixtral".to_owned();
    let filled = Filled::of_texts(settings.texts());
    html(&RegisterPage::of(Page::of(&request), admin, kind, Step::Place, &filled, &[]))
}

/// The form of another contestant out of the same weights: where they are is known. Its key comes along, sealed.
async fn copy(request: &HttpRequest, arena: &AppState, admin: Admin, slug: &str) -> Result<HttpResponse, Error> {
    let model = models::by_slug(&arena.db, slug).await?.ok_or(Error::NotFound)?;
    let sealed_key = match KeyChange::Keep.key_of(arena, Some(&model))? {
        Some(key) => arena.keys.seal_for_form(&key, admin.id.0, chrono::Utc::now())?,
        None => String::new(),
    };
    let mut texts = model.settings.texts();
    let frame = Page::of(request);
    let name = frame.t1("models-copy-name", "name", model.name());
    texts.insert("display_name".to_owned(), name.chars().take(MAX_NAME).collect());
    let filled = Filled::of_texts(texts);
    let mut page = RegisterPage::of(frame, admin, model.kind(), Step::Competes, &filled, &[]);
    for group in &mut page.groups {
        // What makes it another contestant is to be seen.
        group.folded &= group.fields.iter().all(|field| field.name != "system_prompt");
    }
    page.copied = Some(page.page.t1("models-duplicated", "name", model.name()));
    page.sealed_key = sealed_key;
    html(&page)
}

/// Goes from step to step, checks, and registers when asked to.
pub async fn register(
    request: HttpRequest,
    arena: web::Data<AppState>,
    admin: Admin,
    CsrfForm(sent): CsrfForm<Vec<(String, String)>>,
) -> Result<HttpResponse, Error> {
    let mut filled = Filled::read(sent)?;
    let here = Step::of(&filled.step);
    if filled.action.is_empty() {
        // The key Enter: what the step's main button does.
        filled.action = ["look", "competes", "check"][here as usize].to_owned();
    }
    if let Ok(kind) = filled.action.parse() {
        filled.kind = Some(kind);
        filled.action = "place".to_owned();
    }
    if let Some(base) = filled.action.strip_prefix("base:") {
        filled.texts.insert("base_url".to_owned(), base.to_owned());
        filled.action = "look".to_owned();
    }
    let kind = filled.kind.ok_or_else(|| Error::invalid("form", "kind"))?;
    // What was never shown, as after a change of the kind, is as in an empty form.
    for (name, text) in ModelSettings::empty(kind).texts() {
        filled.texts.entry(name).or_insert(text);
    }
    let models = if kind == ModelKind::Endpoint { filled.models() } else { Vec::new() };
    let frame = Page::of(&request);
    let asked = Asked { frame, arena: arena.clone(), admin, kind };
    match filled.action.as_str() {
        "place" => asked.show(Step::Place, &filled, &[]),
        "look" | "found" => asked.look(&filled, None).await,
        _ if kind == ModelKind::Endpoint && models.is_empty() => asked.look(&filled, Some("register-choose")).await,
        _ if models.len() > register_several::MOST => asked.look(&filled, Some("register-too-many")).await,
        "competes" => match models.as_slice() {
            [one] => asked.show(Step::Competes, &filled.of_one(one), &[]),
            _ => asked.show(Step::Competes, &filled, &[]),
        },
        _ => match models.as_slice() {
            [_, _, ..] => register_several::run(asked.frame, arena, asked.admin, filled).await,
            [one] => asked.one(filled.of_one(one)).await,
            [] => asked.one(filled).await,
        },
    }
}

/// Who asks for what.
struct Asked {
    frame: Page,
    arena: web::Data<AppState>,
    admin: Admin,
    kind: ModelKind,
}

impl Asked {
    fn page(&self, step: Step, filled: &Filled, errors: &[FieldError]) -> Result<RegisterPage, Error> {
        let mut page = RegisterPage::of(self.frame.clone(), self.admin.clone(), self.kind, step, filled, errors);
        page.sealed_key = filled.sealed_key(&self.arena, self.admin.id)?;
        Ok(page)
    }

    /// A step as it is filled in, with what is wrong in it.
    fn show(&self, step: Step, filled: &Filled, errors: &[FieldError]) -> Result<HttpResponse, Error> {
        let mut page = self.page(step, filled, errors)?;
        if errors.is_empty() {
            return html(&page);
        }
        page.refusal = Some(page.page.t("form-mistakes"));
        html_unprocessable(&page)
    }

    /// Looks at the place alone, and shows what was found there.
    async fn look(self, filled: &Filled, refusal: Option<&str>) -> Result<HttpResponse, Error> {
        // What is wrong further on is told there.
        let mut place = ModelSettings::empty(self.kind).texts();
        let own = filled.texts.iter().filter(|(name, _)| Step::Place.has(self.kind, name));
        place.extend(own.map(|(name, value)| (name.clone(), value.clone())));
        for later in ["display_name", "remote_model"] {
            place.insert(later.to_owned(), "…".to_owned());
        }
        let mut settings = match ModelSettings::check(self.kind, &place) {
            Ok(settings) => settings,
            Err(errors) => return self.show(Step::Place, filled, &errors),
        };
        let key = filled.typed_key(&self.arena, self.admin.id);
        match &settings.source {
            ModelSource::Endpoint(source) => {
                let listing = ListEndpoint { source: source.clone(), key }.run(&self.arena).await?;
                self.listed(filled, &listing, refusal)
            }
            ModelSource::Local(_) => {
                let look = InspectModel { settings: settings.clone(), key: None, depth: Depth::Trial };
                let found = look.run(&self.arena).await?;
                self.inspected(filled, &found, &mut settings)
            }
        }
    }

    fn listed(&self, filled: &Filled, listing: &Listing, refusal: Option<&str>) -> Result<HttpResponse, Error> {
        let step = if listing.may_go_on() { Step::Found } else { Step::Place };
        let mut page = self.page(step, filled, &[])?;
        page.finding = Some(InspectionReport::of_listing(listing, &self.arena, &page.page));
        page = page.with_listing(listing, filled);
        page.refusal = refusal.map(|key| page.page.t1(key, "most", register_several::MOST));
        if page.refusal.is_some() || step == Step::Place { html_unprocessable(&page) } else { html(&page) }
    }

    fn inspected(
        &self,
        filled: &Filled,
        found: &Inspection,
        settings: &mut ModelSettings,
    ) -> Result<HttpResponse, Error> {
        if !found.is_good() {
            let mut page = self.page(Step::Place, filled, &[])?;
            page.finding = Some(InspectionReport::of(found, &self.arena, &page.page));
            return html_unprocessable(&page);
        }
        // What was found goes into fields that were left empty; what was typed stays, right or wrong.
        found.complete(settings);
        settings.general.display_name = found.name().unwrap_or_default().chars().take(MAX_NAME).collect();
        let mut texts = filled.texts.clone();
        for (name, value) in settings.texts() {
            let is_place = ["path", "adapter_base"].contains(&name.as_str());
            let kept = texts.entry(name).or_default();
            if is_place || kept.trim().is_empty() {
                *kept = value;
            }
        }
        let mut page = self.page(Step::Found, &filled.with_texts(texts), &[])?;
        page.finding = Some(InspectionReport::of(found, &self.arena, &page.page));
        html(&page)
    }

    /// Checks one model, and registers it when asked to.
    async fn one(self, filled: Filled) -> Result<HttpResponse, Error> {
        let key = filled.typed_key(&self.arena, self.admin.id);
        let Examined { texts, errors, found, to_save } =
            examine(&self.arena, self.admin.id, self.kind, &filled, None).await?;
        match Step::of_mistake(self.kind, &errors) {
            Some(Step::Found) => return self.look(&filled, Some("register-bad-name")).await,
            Some(step) => return self.show(step, &filled, &errors),
            None => {}
        }
        // What is wrong with a file or an address is mended where they are typed.
        let is_hopeless = found.as_ref().is_some_and(|found| !found.is_good() && !found.may_be_forced());
        let step = if is_hopeless { Step::Place } else { Step::Competes };
        let mut page = self.page(step, &filled.with_texts(texts), &[])?;
        page.offers_force = found.as_ref().is_some_and(Inspection::may_be_forced);
        page.finding = found.map(|found| InspectionReport::of(&found, &self.arena, &page.page));
        let Some(settings) = to_save else {
            return if filled.saves() { html_unprocessable(&page) } else { html(&page) };
        };
        let slug = Some(filled.slug.trim().to_owned()).filter(|slug| !slug.is_empty());
        match (RegisterModel { by: Some(self.admin.id), slug, settings, key }).run(&self.arena).await {
            Ok((_, slug)) => Ok(see_other(&format!("/admin/models?done={slug}"))),
            Err(error @ (Error::Invalid { .. } | Error::Conflict(_))) => {
                page.refusal = Some(error_text(&error, page.page.locale));
                html_unprocessable(&page)
            }
            Err(error) => Err(error),
        }
    }
}
