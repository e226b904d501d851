//! Registering a model and changing one: a form that is checked on the spot.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::Utc;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::inspection_report::InspectionReport;
use super::model_fields::{FormGroup, groups};
use crate::actions::change_model::{ChangeModel, KeyChange, needs_look};
use crate::actions::inspect_model::InspectModel;
use crate::actions::register_model::RegisterModel;
use crate::domain::{FieldError, MAX_NAME, ModelKind, ModelSettings, ModelState, SettingTexts};
use crate::error::Error;
use crate::extract::{Admin, CsrfForm};
use crate::handlers::{html, see_other};
use crate::i18n::error_text;
use crate::inference_server::inspect::Depth;
use crate::state::AppState;
use crate::store::models::{self, Model};
use crate::views::Page;

/// The page.
#[derive(Debug, Template)]
#[template(path = "admin/model_form.html")]
struct FormPage {
    page: Page,
    admin: Admin,
    kind: ModelKind,
    /// The model that is changed; none while one is registered.
    model: Option<Model>,
    slug: String,
    groups: Vec<FormGroup>,
    finding: Option<InspectionReport>,
    refusal: Option<String>,
    has_key: bool,
    /// The key that was typed, sealed, for the form to bring back.
    sealed_key: String,
    /// Whether the endpoint may be saved although it does not answer.
    offers_force: bool,
    /// What the form is a copy of.
    copied: Option<String>,
}

/// The filled form, with what is not a plain field.
#[derive(Debug, Deserialize)]
pub struct Filled {
    /// The settings, among whatever else was sent.
    #[serde(flatten)]
    texts: SettingTexts,
    kind: ModelKind,
    #[serde(default)]
    slug: String,
    #[serde(default)]
    api_key: SecretString,
    /// What was typed before, as the form brings it back.
    #[serde(default)]
    sealed_key: String,
    #[serde(default)]
    remove_key: String,
    #[serde(default)]
    force: String,
    /// `check` or `save`.
    #[serde(default)]
    action: String,
    /// A model of the endpoint's list that was clicked: it is checked instead of the one in the field.
    #[serde(default)]
    pick: String,
}

impl Filled {
    /// With the model that was clicked, whose name serves until there is a better one.
    fn picked(mut self) -> Self {
        if !self.pick.is_empty() {
            self.texts.insert("remote_model".to_owned(), self.pick.clone());
            let name = self.texts.entry("display_name".to_owned()).or_default();
            if name.trim().is_empty() {
                *name = self.pick.chars().take(MAX_NAME).collect();
            }
        }
        self
    }

    /// The key that was typed, now or before the form was checked.
    fn typed_key(&self, arena: &AppState, admin: &Admin) -> Option<SecretString> {
        let key = self.api_key.expose_secret().trim();
        if !key.is_empty() {
            return Some(SecretString::from(key.to_owned()));
        }
        let before = arena.keys.unseal_from_form(&self.sealed_key, admin.id.0, Utc::now());
        before.filter(|_| self.remove_key != "yes")
    }

    fn key_change(&self, arena: &AppState, admin: &Admin) -> KeyChange {
        match self.typed_key(arena, admin) {
            Some(key) => KeyChange::Replace(key),
            None if self.remove_key == "yes" => KeyChange::Remove,
            None => KeyChange::Keep,
        }
    }
}

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
        let model = models::by_slug(&arena.db, slug).await?.ok_or(Error::NotFound)?;
        return html(&FormPage::copy_of(&request, &arena, admin, &model)?);
    }
    let kind = query.kind.unwrap_or(ModelKind::Local);
    let mut settings = ModelSettings::empty(kind);
    settings.card.family = "Mixtral".to_owned();
    html(&FormPage::of(&request, admin, kind, None, &settings.texts(), &[]))
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
    html(&FormPage::of(&request, admin, model.kind(), Some(model), &texts, &[]))
}

/// Checks a new model, and registers it when asked to.
pub async fn register(
    request: HttpRequest,
    arena: web::Data<AppState>,
    admin: Admin,
    CsrfForm(filled): CsrfForm<Filled>,
) -> Result<HttpResponse, Error> {
    let filled = filled.picked();
    let (by, key) = (admin.id, filled.typed_key(&arena, &admin));
    let (form_page, found) = match examine(&request, &arena, admin, &filled, None).await? {
        Examined::Wrong(page) => return refuse(&page),
        Examined::Looked(page, found) => (page, found),
    };
    if !found.may_save {
        return if filled.action == "save" { refuse(&form_page) } else { html(&*form_page) };
    }
    let slug = filled.slug.trim();
    let slug = (!slug.is_empty()).then(|| slug.to_owned());
    let new = RegisterModel { by: Some(by), slug, settings: found.settings, key };
    match new.run(&arena).await {
        Ok((_, slug)) => Ok(see_other(&format!("/admin/models?done={slug}"))),
        Err(error @ (Error::Invalid { .. } | Error::Conflict(_))) => {
            let refusal = Some(error_text(&error, form_page.page.locale));
            refuse(&FormPage { refusal, ..*form_page })
        }
        Err(error) => Err(error),
    }
}

/// Checks a changed model, and saves it when asked to.
pub async fn change(
    request: HttpRequest,
    arena: web::Data<AppState>,
    admin: Admin,
    slug: web::Path<String>,
    CsrfForm(filled): CsrfForm<Filled>,
) -> Result<HttpResponse, Error> {
    let model = models::by_slug(&arena.db, &slug).await?.ok_or(Error::NotFound)?;
    let (by, key) = (admin.id, filled.key_change(&arena, &admin));
    let filled = Filled { kind: model.kind(), ..filled }.picked();
    let (form_page, found) = match examine(&request, &arena, admin, &filled, Some(model.clone())).await? {
        Examined::Wrong(page) => return refuse(&page),
        Examined::Looked(page, found) => (page, found),
    };
    if !found.may_save {
        return if filled.action == "save" { refuse(&form_page) } else { html(&*form_page) };
    }
    match (ChangeModel { by, model: &model, settings: found.settings, key }).run(&arena).await {
        Ok(()) => Ok(see_other(&format!("/admin/models?done={}", model.slug))),
        Err(error @ Error::Conflict(_)) => {
            let refusal = Some(error_text(&error, form_page.page.locale));
            refuse(&FormPage { refusal, ..*form_page })
        }
        Err(error) => Err(error),
    }
}

enum Examined {
    /// The form itself has mistakes.
    Wrong(Box<FormPage>),
    /// The file or the endpoint was looked at.
    Looked(Box<FormPage>, Box<Checked>),
}

struct Checked {
    settings: ModelSettings,
    may_save: bool,
}

/// Checks the settings and, when they are good, looks at the file or the endpoint. Empty ones of the card are filled
/// with what was found.
async fn examine(
    request: &HttpRequest,
    arena: &AppState,
    admin: Admin,
    filled: &Filled,
    model: Option<Model>,
) -> Result<Examined, Error> {
    let saves = filled.action == "save";
    let (typed, key_change) = (filled.typed_key(arena, &admin), filled.key_change(arena, &admin));
    let sealed_key = match &typed {
        Some(key) => arena.keys.seal_for_form(key, admin.id.0, Utc::now())?,
        None => String::new(),
    };
    let mut texts = filled.texts.clone();
    // A check needs no name yet: the file may bring one.
    let nameless = texts.get("display_name").is_none_or(|name| name.trim().is_empty());
    if nameless && !saves {
        texts.insert("display_name".to_owned(), "…".to_owned());
    }
    let mut settings = match ModelSettings::check(filled.kind, &texts) {
        Ok(settings) => settings,
        Err(errors) => {
            let mut page = FormPage::of(request, admin, filled.kind, model, &filled.texts, &errors);
            page.slug.clone_from(&filled.slug);
            page.sealed_key = sealed_key;
            page.refusal = Some(page.page.t("form-mistakes"));
            return Ok(Examined::Wrong(Box::new(page)));
        }
    };
    if saves && model.as_ref().is_some_and(|model| !needs_look(model, &settings, &key_change)) {
        let page = FormPage::of(request, admin, filled.kind, model, &filled.texts, &[]);
        return Ok(Examined::Looked(Box::new(page), Box::new(Checked { settings, may_save: true })));
    }
    let key = key_change.key_of(arena, model.as_ref())?;
    let found = InspectModel { settings: settings.clone(), key, depth: Depth::Trial }.run(arena).await?;
    found.complete(&mut settings);
    if nameless {
        settings.general.display_name = found.name().unwrap_or_default().chars().take(MAX_NAME).collect();
    }
    let shown = settings.texts();
    let mut page = FormPage::of(request, admin, filled.kind, model, &shown, &[]);
    page.slug.clone_from(&filled.slug);
    page.sealed_key = sealed_key;
    page.offers_force = found.may_be_forced();
    page.finding = Some(InspectionReport::of(&found, arena, &page.page));
    let may_save = saves && found.may_save(filled.force == "yes");
    Ok(Examined::Looked(Box::new(page), Box::new(Checked { settings, may_save })))
}

fn refuse(page: &FormPage) -> Result<HttpResponse, Error> {
    let mut response = html(page)?;
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(response)
}

impl FormPage {
    fn of(
        request: &HttpRequest,
        admin: Admin,
        kind: ModelKind,
        model: Option<Model>,
        texts: &SettingTexts,
        errors: &[FieldError],
    ) -> Self {
        let page = Page::of(request);
        Self {
            groups: groups(&page, kind, texts, errors),
            has_key: model.as_ref().is_some_and(|model| model.api_key_sealed.is_some()),
            page,
            admin,
            kind,
            model,
            slug: String::new(),
            sealed_key: String::new(),
            finding: None,
            refusal: None,
            offers_force: false,
            copied: None,
        }
    }

    /// The form of another contestant out of the same weights. Its key comes along, sealed.
    fn copy_of(request: &HttpRequest, arena: &AppState, admin: Admin, model: &Model) -> Result<Self, Error> {
        let key = KeyChange::Keep.key_of(arena, Some(model))?;
        let sealed_key = match &key {
            Some(key) => arena.keys.seal_for_form(key, admin.id.0, Utc::now())?,
            None => String::new(),
        };
        let mut texts = model.settings.texts();
        let mut page = Self::of(request, admin, model.kind(), None, &texts, &[]);
        let name = page.page.t1("models-copy-name", "name", model.name());
        texts.insert("display_name".to_owned(), name.chars().take(MAX_NAME).collect());
        page.groups = groups(&page.page, model.kind(), &texts, &[]);
        for group in &mut page.groups {
            // What makes it another contestant is to be seen.
            group.folded &= group.fields.iter().all(|field| field.name != "system_prompt");
        }
        page.copied = Some(page.page.t1("models-duplicated", "name", model.name()));
        page.sealed_key = sealed_key;
        Ok(page)
    }

    fn is_local(&self) -> bool {
        self.kind == ModelKind::Local
    }

    fn is_retired(&self) -> bool {
        self.model.as_ref().is_some_and(|model| model.state == ModelState::Retired)
    }

    fn is_imported(&self) -> bool {
        self.model.as_ref().is_some_and(Model::is_imported)
    }

    fn action(&self) -> String {
        match &self.model {
            Some(model) => format!("/admin/models/{}", model.slug),
            None => "/admin/models".to_owned(),
        }
    }
}
