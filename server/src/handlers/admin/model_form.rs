//! Changing a model: a form that is checked on the spot.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::inspection_report::InspectionReport;
use super::model_examined::{Examined, examine};
use super::model_fields::{FormGroup, groups};
use super::model_filled::Filled;
use crate::actions::change_model::ChangeModel;
use crate::actions::inspect_model::Inspection;
use crate::domain::{Admin, ModelKind, ModelState, SettingTexts};
use crate::error::Error;
use crate::extract::CsrfForm;
use crate::handlers::{html, html_unprocessable, see_other};
use crate::i18n::error_text;
use crate::state::AppState;
use crate::store::models::{self, Model};
use crate::views::Page;

/// The page.
#[derive(Debug, Template)]
#[template(path = "admin/model_form.html")]
struct ModelFormPage {
    page: Page,
    admin: Admin,
    model: Model,
    groups: Vec<FormGroup>,
    finding: Option<InspectionReport>,
    refusal: Option<String>,
    /// The key that was typed, sealed, for the form to bring back.
    sealed_key: String,
    /// Whether the endpoint may be saved although it does not answer.
    offers_force: bool,
}

/// The form of a model.
pub async fn edit(
    request: HttpRequest,
    arena: web::Data<AppState>,
    admin: Admin,
    slug: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let model = models::by_slug(&arena.db, &slug).await?.ok_or(Error::NotFound)?;
    let texts = model.settings.texts();
    html(&ModelFormPage::of(&request, admin, model, &texts))
}

/// Checks a changed model, and saves it when asked to.
pub async fn change(
    request: HttpRequest,
    arena: web::Data<AppState>,
    admin: Admin,
    slug: web::Path<String>,
    CsrfForm(sent): CsrfForm<Vec<(String, String)>>,
) -> Result<HttpResponse, Error> {
    let model = models::by_slug(&arena.db, &slug).await?.ok_or(Error::NotFound)?;
    let filled = Filled::read(sent)?;
    let (by, key) = (admin.id, filled.key_change(&arena, admin.id));
    let Examined { texts, errors, found, to_save } = examine(&arena, by, model.kind(), &filled, Some(&model)).await?;
    let mut page = ModelFormPage::of(&request, admin, model, &texts);
    page.sealed_key = filled.sealed_key(&arena, by)?;
    if !errors.is_empty() {
        page.groups = groups(&page.page, page.model.kind(), &filled.texts, &errors);
        page.refusal = Some(page.page.t("form-mistakes"));
        return html_unprocessable(&page);
    }
    page.offers_force = found.as_ref().is_some_and(Inspection::may_be_forced);
    page.finding = found.map(|found| InspectionReport::of(&found, &arena, &page.page));
    let Some(settings) = to_save else {
        return if filled.saves() { html_unprocessable(&page) } else { html(&page) };
    };
    match (ChangeModel { by, model: &page.model, settings, key }).run(&arena).await {
        Ok(()) => Ok(see_other(&format!("/admin/models?done={}", page.model.slug))),
        Err(error @ Error::Conflict(_)) => {
            page.refusal = Some(error_text(&error, page.page.locale));
            html_unprocessable(&page)
        }
        Err(error) => Err(error),
    }
}

impl ModelFormPage {
    fn of(request: &HttpRequest, admin: Admin, model: Model, texts: &SettingTexts) -> Self {
        let page = Page::of(request);
        Self {
            groups: groups(&page, model.kind(), texts, &[]),
            page,
            admin,
            model,
            sealed_key: String::new(),
            finding: None,
            refusal: None,
            offers_force: false,
        }
    }

    fn is_local(&self) -> bool {
        self.model.kind() == ModelKind::Local
    }

    fn is_retired(&self) -> bool {
        self.model.state == ModelState::Retired
    }

    fn has_key(&self) -> bool {
        self.model.api_key_sealed.is_some()
    }
}
