//! Administration with a bearer token: the models of an endpoint, several at once.

use actix_web::web;
use actix_web::{HttpRequest, HttpResponse, post};
use futures_util::{StreamExt, stream};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::body::ErrorBody;
use super::model_schema::ModelChange;
use crate::actions::change_model::KeyChange;
use crate::actions::list_endpoint::ListEndpoint;
use crate::actions::register_listed::{LOOKS_AT_ONCE, Listed, Looked, MAX_LISTED, RegisterListed};
use crate::domain::{MAX_NAME, ModelKind, ModelSettings, ModelSource};
use crate::error::Error;
use crate::extract::ApiAdmin;
use crate::handlers::admin::inspection_report::InspectionReport;
use crate::i18n::error_text;
use crate::state::AppState;
use crate::views::Page;

/// An endpoint whose models are asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndpointToList {
    /// Where the OpenAI protocol begins, usually ending in `/v1`.
    base_url: String,
    /// The key.
    #[schema(value_type = Option<String>)]
    api_key: Option<SecretString>,
    /// The environment variable that holds the key.
    api_key_env: Option<String>,
}

/// A model of an endpoint.
#[derive(Debug, Serialize, ToSchema)]
pub struct EndpointModel {
    /// The name that the endpoint knows it by.
    remote_model: String,
    /// The registered models that are this one, by their names in URLs.
    registered: Vec<String>,
}

/// The models of an endpoint.
#[derive(Debug, Serialize, ToSchema)]
pub struct EndpointModels {
    /// In the order of the endpoint.
    models: Vec<EndpointModel>,
}

/// Several models of one endpoint to register.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SeveralModels {
    /// The names that the endpoint knows them by, at most 100.
    #[schema(max_items = 100, min_items = 1)]
    remote_models: Vec<String>,
    /// What all of them share; `base_url` is needed. Each is called as the endpoint calls it.
    model: ModelChange,
}

/// What became of a model.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ListedStatus {
    /// It is registered now.
    Registered,
    /// The same contestant was registered before.
    Known,
    /// It did not answer as it should, or its name does not do.
    Refused,
}

/// What became of one of the models.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListedResult {
    /// The name that the endpoint knows it by.
    remote_model: String,
    /// What became of it.
    status: ListedStatus,
    /// Its name in URLs, if it is registered.
    slug: Option<String>,
    /// Why it is not.
    detail: Option<String>,
}

/// What became of all of them.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListedResults {
    /// In the order of the request.
    results: Vec<ListedResult>,
}

/// The models that an endpoint lists, and which of them are registered.
#[utoipa::path(
    operation_id = "adminListEndpointModels", tag = "admin", request_body = EndpointToList,
    responses((status = 200, body = EndpointModels), (status = 422, body = ErrorBody)), security(("admin" = []))
)]
#[post("/admin/endpoint-models")]
pub async fn list(
    request: HttpRequest,
    _admin: ApiAdmin,
    arena: web::Data<AppState>,
    asked: web::Json<EndpointToList>,
) -> Result<HttpResponse, Error> {
    let EndpointToList { base_url, api_key, api_key_env } = asked.into_inner();
    let mut texts = ModelSettings::empty(ModelKind::Endpoint).texts();
    let named = [("base_url", base_url), ("api_key_env", api_key_env.unwrap_or_default())];
    let named = named.into_iter().chain(["remote_model", "display_name"].map(|name| (name, "…".to_owned())));
    texts.extend(named.map(|(name, text)| (name.to_owned(), text)));
    let settings = ModelSettings::check(ModelKind::Endpoint, &texts).map_err(|errors| {
        let fields: Vec<&str> = errors.iter().map(|error| error.field).collect();
        Error::invalid("api-fields", fields.join(", "))
    })?;
    let ModelSource::Endpoint(source) = settings.source else { return Err(Error::invalid("api-fields", "kind")) };
    let listing = ListEndpoint { source, key: api_key }.run(&arena).await?;
    if listing.error.is_some() || listing.no_key.is_some() {
        let why = InspectionReport::of_listing(&listing, &arena, &Page::of(&request)).detail;
        return Err(Error::invalid("api-model-unusable", format!("base_url: {}", why.trim_end_matches(['.', '。']))));
    }
    let registered = |name: &str| {
        let known = listing.known.iter().filter(|known| known.remote_model == name);
        known.map(|known| known.slug.clone()).collect()
    };
    let models = listing.names.iter();
    let models =
        models.map(|name| EndpointModel { registered: registered(name), remote_model: name.clone() }).collect();
    Ok(HttpResponse::Ok().json(EndpointModels { models }))
}

/// Registers several models of one endpoint. Each is asked as battles ask it; what became of each is told when all are done.
#[utoipa::path(
    operation_id = "adminRegisterSeveralModels", tag = "admin", request_body = SeveralModels,
    responses((status = 200, body = ListedResults), (status = 422, body = ErrorBody)), security(("admin" = []))
)]
#[post("/admin/endpoint-models/register")]
pub async fn register(
    request: HttpRequest,
    admin: ApiAdmin,
    arena: web::Data<AppState>,
    asked: web::Json<SeveralModels>,
) -> Result<HttpResponse, Error> {
    let SeveralModels { mut remote_models, model: mut said } = asked.into_inner();
    let mut seen = std::collections::BTreeSet::new();
    remote_models.retain(|name| seen.insert(name.clone()));
    if remote_models.is_empty() || remote_models.len() > MAX_LISTED {
        return Err(Error::invalid("api-fields", "remote_models"));
    }
    let key = match said.key_change() {
        KeyChange::Replace(key) => Some(key),
        KeyChange::Keep | KeyChange::Remove => None,
    };
    // All are checked before any is asked.
    let mut all = Vec::with_capacity(remote_models.len());
    for name in &remote_models {
        said.settings.insert("remote_model".to_owned(), Value::from(name.as_str()));
        let shown: String = name.chars().take(MAX_NAME).collect();
        said.settings.insert("display_name".to_owned(), Value::from(shown));
        all.push(said.over(&ModelSettings::empty(ModelKind::Endpoint))?);
    }
    let (arena, by, force) = (arena.into_inner(), admin.id, said.force);
    let page = Page::of(&request);
    let looks = stream::iter(all.into_iter().map(|settings| {
        let one = RegisterListed { by, settings, key: key.clone(), saves: true, force };
        let (arena, page) = (&arena, &page);
        async move { result(one.run(arena).await, arena, page) }
    }));
    let results = looks.buffered(LOOKS_AT_ONCE).collect().await;
    Ok(HttpResponse::Ok().json(ListedResults { results }))
}

fn result(looked: Looked, arena: &AppState, page: &Page) -> ListedResult {
    let Looked { settings, found, became } = looked;
    let remote_model = settings.source.endpoint().map(|source| source.address.remote_model.clone()).unwrap_or_default();
    let (status, slug, detail) = match became {
        Listed::Registered(slug) => (ListedStatus::Registered, Some(slug), None),
        Listed::Known(slug) => (ListedStatus::Known, Some(slug), None),
        Listed::Failed(error) => (ListedStatus::Refused, None, Some(error_text(&error, page.locale))),
        Listed::Refused | Listed::Answers => {
            let why = found.map(|found| InspectionReport::of(&found, arena, page));
            let why = why.map(|report| if report.detail.is_empty() { report.verdict } else { report.detail });
            (ListedStatus::Refused, None, why)
        }
    };
    ListedResult { remote_model, status, slug, detail }
}
