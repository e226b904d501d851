//! Administration with a bearer token: the models.

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;
use actix_web::web;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::ErrorBody;
use super::models::ModelCard;
use crate::actions::change_model::{self, KeyChange};
use crate::actions::look_at_model::look;
use crate::actions::register_model::{self, Registration};
use crate::app::Arena;
use crate::domain::{ModelFields, ModelForm, ModelKind, ModelState};
use crate::error::Error;
use crate::extract::ApiAdmin;
use crate::store::models::{self, Model};

/// A model as its administrator sees it. The key is never shown.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdminModel {
    /// What everyone sees.
    #[serde(flatten)]
    pub card: ModelCard,
    /// How often it is drawn, relative to others.
    pub sampling_weight: f64,
    /// Local: the file.
    pub path: Option<String>,
    /// Local, an adapter: the file of its base, where the adapter does not say.
    pub adapter_base: Option<String>,
    /// Local: the device.
    pub device: String,
    /// Endpoint: where the OpenAI protocol begins.
    pub base_url: Option<String>,
    /// Endpoint: its name there.
    pub remote_model: Option<String>,
    /// Endpoint: the environment variable that holds the key.
    pub api_key_env: Option<String>,
    /// Whether it has a key.
    pub has_key: bool,
    /// Patience for the connection, in seconds.
    pub connect_seconds: f64,
    /// Patience for the first token, in seconds.
    pub first_token_seconds: f64,
    /// Patience from one token to the next, in seconds.
    pub between_tokens_seconds: f64,
    /// Retries before the first token.
    pub retries: i32,
}

impl AdminModel {
    fn of(model: &Model) -> Self {
        let seconds = |ms: i32| f64::from(ms) / 1000.0;
        Self {
            card: ModelCard::of(model),
            sampling_weight: model.sampling_weight,
            path: model.path.clone(),
            adapter_base: model.adapter_base.clone(),
            device: model.device.clone(),
            base_url: model.base_url.clone(),
            remote_model: model.remote_model.clone(),
            api_key_env: model.api_key_env.clone(),
            has_key: model.has_key(),
            connect_seconds: seconds(model.connect_ms),
            first_token_seconds: seconds(model.first_token_ms),
            between_tokens_seconds: seconds(model.between_tokens_ms),
            retries: model.retries,
        }
    }
}

/// All models.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdminModels {
    /// The models.
    pub models: Vec<AdminModel>,
}

/// What can be said of a model. What is left out stays as it is, or is by default in a registration.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelChange {
    /// Its name on pages.
    #[schema(min_length = 1, max_length = 120)]
    display_name: Option<String>,
    /// Enabled, disabled, or retired for good.
    state: Option<ModelState>,
    /// How often it is drawn, relative to others; 0 for never.
    #[schema(minimum = 0, maximum = 1000)]
    sampling_weight: Option<f64>,
    /// Local: the file or folder.
    path: Option<String>,
    /// Local, an adapter: the file of its base, where the adapter does not say; empty for what it says.
    adapter_base: Option<String>,
    /// Local: `cpu`, `cuda:N` or `auto`.
    device: Option<String>,
    /// The longest conversation in tokens.
    #[schema(minimum = 1, maximum = 16777216)]
    context_length: Option<i64>,
    /// Endpoint: where the OpenAI protocol begins.
    base_url: Option<String>,
    /// Endpoint: its name there.
    remote_model: Option<String>,
    /// Endpoint: the environment variable that holds the key.
    api_key_env: Option<String>,
    /// Endpoint: the key; empty takes it away. It is stored encrypted and never shown again.
    #[schema(value_type = Option<String>, write_only)]
    api_key: Option<SecretString>,
    /// Patience for the connection, in seconds.
    connect_seconds: Option<f64>,
    /// Patience for the first token, in seconds.
    first_token_seconds: Option<f64>,
    /// Patience from one token to the next, in seconds.
    between_tokens_seconds: Option<f64>,
    /// Retries before the first token.
    #[schema(minimum = 0, maximum = 10)]
    retries: Option<u8>,
    /// The family, such as Mixtral.
    family: Option<String>,
    /// The model it was made from.
    base_model: Option<String>,
    /// The quantisation, such as Q4_K.
    quantisation: Option<String>,
    /// The licence of the weights.
    licence: Option<String>,
    /// Where to read more.
    link: Option<String>,
    /// Description in English.
    description_en: Option<String>,
    /// Description in Chinese.
    description_zh: Option<String>,
    /// Save an endpoint although it does not answer now.
    #[serde(default)]
    anyway: bool,
}

impl ModelChange {
    /// The form with what was said put over what is there, checked as the page's form is.
    fn over(&self, form: ModelForm, kind: ModelKind) -> Result<ModelFields, Error> {
        let text = |new: &Option<String>, old: String| new.clone().unwrap_or(old);
        let number = |new: Option<f64>, old: String| new.map_or(old, |number| number.to_string());
        let form = ModelForm {
            display_name: text(&self.display_name, form.display_name),
            sampling_weight: number(self.sampling_weight, form.sampling_weight),
            path: text(&self.path, form.path),
            adapter_base: text(&self.adapter_base, form.adapter_base),
            device: text(&self.device, form.device),
            context_length: self.context_length.map_or(form.context_length, |n| n.to_string()),
            base_url: text(&self.base_url, form.base_url),
            remote_model: text(&self.remote_model, form.remote_model),
            api_key_env: text(&self.api_key_env, form.api_key_env),
            connect_seconds: number(self.connect_seconds, form.connect_seconds),
            first_token_seconds: number(self.first_token_seconds, form.first_token_seconds),
            between_tokens_seconds: number(self.between_tokens_seconds, form.between_tokens_seconds),
            retries: self.retries.map_or(form.retries, |n| n.to_string()),
            family: text(&self.family, form.family),
            base_model: text(&self.base_model, form.base_model),
            quantisation: text(&self.quantisation, form.quantisation),
            licence: text(&self.licence, form.licence),
            link: text(&self.link, form.link),
            description_en: text(&self.description_en, form.description_en),
            description_zh: text(&self.description_zh, form.description_zh),
            ..form
        };
        form.check(kind).map_err(|errors| {
            let fields: Vec<&str> = errors.iter().map(|error| error.field).collect();
            Error::invalid("api-fields", fields.join(", "))
        })
    }

    fn key_change(&self) -> KeyChange {
        use secrecy::ExposeSecret;
        match &self.api_key {
            None => KeyChange::Keep,
            Some(key) if key.expose_secret().trim().is_empty() => KeyChange::Remove,
            Some(key) => KeyChange::Replace(key.clone()),
        }
    }
}

/// A model to register.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewModel {
    /// A local file, or an endpoint.
    kind: ModelKind,
    /// Its name in addresses; by default made of the display name.
    #[schema(pattern = "^[a-z0-9][a-z0-9._-]{0,63}$")]
    slug: Option<String>,
    /// Everything else. `display_name` is needed, and `path`, or `base_url` and `remote_model`.
    model: ModelChange,
}

/// All models.
#[utoipa::path(
    get, path = "/api/v1/admin/models", operation_id = "adminListModels", tag = "admin",
    responses((status = 200, body = AdminModels)), security(("admin" = []))
)]
pub async fn list_models(_admin: ApiAdmin, arena: web::Data<Arena>) -> Result<HttpResponse, Error> {
    let models = models::list(&arena.db).await?;
    Ok(HttpResponse::Ok().json(AdminModels { models: models.iter().map(AdminModel::of).collect() }))
}

/// One model.
#[utoipa::path(
    get, path = "/api/v1/admin/models/{slug}", operation_id = "adminReadModel", tag = "admin",
    params(("slug" = String, Path, description = "Its name in addresses.")),
    responses((status = 200, body = AdminModel), (status = 404, body = ErrorBody)), security(("admin" = []))
)]
pub async fn read_model(
    _admin: ApiAdmin,
    arena: web::Data<Arena>,
    slug: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let model = models::by_slug(&arena.db, &slug).await?.ok_or(Error::NotFound)?;
    Ok(HttpResponse::Ok().json(AdminModel::of(&model)))
}

/// Registers a model. The file's header is read, or the endpoint is spoken to, before anything is saved.
#[utoipa::path(
    post, path = "/api/v1/admin/models", operation_id = "adminRegisterModel", tag = "admin", request_body = NewModel,
    responses((status = 201, body = AdminModel, headers(("Location" = String, description = "Where it is."))),
              (status = 409, body = ErrorBody)),
    security(("admin" = []))
)]
pub async fn register_model(
    admin: ApiAdmin,
    arena: web::Data<Arena>,
    new: web::Json<NewModel>,
) -> Result<HttpResponse, Error> {
    let NewModel { kind, slug, model: said } = new.into_inner();
    let mut fields = said.over(ModelForm::of(&ModelFields::default()), kind)?;
    let key = match said.key_change() {
        KeyChange::Replace(key) => Some(key),
        KeyChange::Keep | KeyChange::Remove => None,
    };
    examine(&arena, kind, &mut fields, key.clone(), said.anyway).await?;
    let new = Registration { kind, slug, fields, key };
    let (id, slug) = register_model::register(&arena, Some(admin.id), new).await?;
    let model = models::by_id(&arena.db, id).await?.ok_or(Error::NotFound)?;
    if let Some(state) = said.state.filter(|state| *state != ModelState::Enabled) {
        change_model::set_state(&arena, Some(admin.id), &model, state).await?;
    }
    arena.workers.nudge();
    let model = models::by_id(&arena.db, id).await?.ok_or(Error::NotFound)?;
    let place = format!("/api/v1/admin/models/{slug}");
    Ok(HttpResponse::Created().insert_header((LOCATION, place)).json(AdminModel::of(&model)))
}

/// Looks at the file or the endpoint, and fills in what it tells of itself.
async fn examine(
    arena: &Arena,
    kind: ModelKind,
    fields: &mut ModelFields,
    key: Option<SecretString>,
    anyway: bool,
) -> Result<(), Error> {
    let found = look(arena, kind, fields, key).await?;
    // An endpoint may be down when it is registered; a file must be there.
    let may_be_down = anyway && kind == ModelKind::Endpoint;
    if !found.is_good() && !may_be_down {
        return Err(Error::invalid("api-model-unusable", if kind == ModelKind::Local { "path" } else { "base_url" }));
    }
    found.complete(fields);
    Ok(())
}

/// Changes a model: what is said of it, its key, or whether it is drawn. No restart is needed.
#[utoipa::path(
    patch, path = "/api/v1/admin/models/{slug}", operation_id = "adminChangeModel", tag = "admin",
    request_body = ModelChange, params(("slug" = String, Path, description = "Its name in addresses.")),
    responses((status = 200, body = AdminModel), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)),
    security(("admin" = []))
)]
pub async fn change_model(
    admin: ApiAdmin,
    arena: web::Data<Arena>,
    slug: web::Path<String>,
    said: web::Json<ModelChange>,
) -> Result<HttpResponse, Error> {
    let model = models::by_slug(&arena.db, &slug).await?.ok_or(Error::NotFound)?;
    let old = model.fields();
    let mut fields = said.over(ModelForm::of(&old), model.kind)?;
    let source = |fields: &ModelFields| {
        (fields.path.clone(), fields.base_url.clone(), fields.remote_model.clone(), fields.api_key_env.clone())
    };
    let key = said.key_change();
    if source(&old) != source(&fields) || matches!(key, KeyChange::Replace(_)) {
        let key = match (&key, &model.api_key_sealed) {
            (KeyChange::Replace(key), _) => Some(key.clone()),
            (KeyChange::Keep, Some(sealed)) => Some(arena.keys.unseal(sealed.as_bytes())?),
            _ => None,
        };
        examine(&arena, model.kind, &mut fields, key, said.anyway).await?;
    }
    if old != fields || !matches!(key, KeyChange::Keep) {
        change_model::change(&arena, Some(admin.id), &model, &fields, key).await?;
    }
    if let Some(state) = said.state {
        change_model::set_state(&arena, Some(admin.id), &model, state).await?;
    }
    arena.workers.nudge();
    let model = models::by_id(&arena.db, model.id).await?.ok_or(Error::NotFound)?;
    Ok(HttpResponse::Ok().json(AdminModel::of(&model)))
}
