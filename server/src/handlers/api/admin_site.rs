//! Administration with a bearer token: what is said of the whole site.
#![expect(unused_qualifications, reason = "utoipa's macro repeats the parameter's type with its path")]

use std::borrow::Cow;

use actix_web::web;
use actix_web::{HttpResponse, get, patch, post};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::body::ErrorBody;
use super::setting_schema::{Null, schema_of, sent_texts};
use crate::actions::change_site::ChangeSite;
use crate::actions::end_sessions::EndSessions;
use crate::domain::{SITE_SECRETS, SettingTexts, SiteSettings};
use crate::error::Error;
use crate::extract::ApiAdmin;
use crate::state::AppState;

/// What administrators say of the site.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdminSite {
    /// The number of the last change.
    pub revision: i64,
    /// The settings by name, as they are typed into the form. An empty text stands for the default.
    pub settings: SettingTexts,
    /// Settings that are never shown and have a value.
    pub secrets: Vec<String>,
}

impl AdminSite {
    fn of(arena: &AppState) -> Self {
        let (revision, mut settings) = (arena.site.revision(), arena.site.settings().show());
        let has = |name: &&str| settings.get(*name).is_some_and(|text| !text.is_empty());
        let secrets = SITE_SECRETS.iter().copied().filter(has).map(str::to_owned).collect();
        settings.retain(|name, _| !SITE_SECRETS.contains(&name.as_str()));
        Self { revision, settings, secrets }
    }
}

/// What is to be said otherwise.
#[derive(Debug, Deserialize)]
pub struct SiteChange {
    /// The number of the change that the settings were read after.
    revision: i64,
    #[serde(flatten)]
    settings: Map<String, Value>,
}

impl ToSchema for SiteChange {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("SiteChange")
    }
}

/// Made of the settings, so that the API takes what the form takes.
impl PartialSchema for SiteChange {
    fn schema() -> RefOr<Schema> {
        let text = "What is to be said of the site. What is left out stays as it is; `null` and an empty text stand for the \
                    default.";
        let mut object = ObjectBuilder::new().description(Some(text));
        for field in SiteSettings::fields() {
            object = object.property(field.name, schema_of(&field));
        }
        let revision = ObjectBuilder::new()
            .description(Some("The number of the change that the settings were read after: a later one is a conflict."))
            .schema_type(Type::Integer);
        object.property("revision", revision).required("revision").into()
    }
}

/// What is said of the site, and the number of the last change.
#[utoipa::path(
    operation_id = "adminReadSite", tag = "admin",
    responses((status = 200, body = AdminSite)), security(("admin" = []))
)]
#[get("/admin/site")]
pub async fn read(_admin: ApiAdmin, arena: web::Data<AppState>) -> Result<HttpResponse, Error> {
    Ok(HttpResponse::Ok().json(AdminSite::of(&arena)))
}

/// Changes settings of the site: in force here at once, at other servers within seconds.
#[utoipa::path(
    operation_id = "adminChangeSite", tag = "admin", request_body = SiteChange,
    responses((status = 200, body = AdminSite), (status = 409, body = ErrorBody)), security(("admin" = []))
)]
#[patch("/admin/site")]
pub async fn change(
    admin: ApiAdmin,
    arena: web::Data<AppState>,
    said: web::Json<SiteChange>,
) -> Result<HttpResponse, Error> {
    let sent = sent_texts(&SiteSettings::fields(), &said.settings, Null::ByDefault)?;
    let mut texts = arena.site.settings().show();
    texts.extend(sent);
    let settings = SiteSettings::check(&texts).map_err(|errors| {
        let fields: Vec<&str> = errors.iter().map(|error| error.field).collect();
        Error::invalid("api-fields", fields.join(", "))
    })?;
    ChangeSite { by: admin.id, settings, revision: said.revision }.run(&arena).await?;
    Ok(HttpResponse::Ok().json(AdminSite::of(&arena)))
}

/// Whose sessions end.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndedSessions {
    /// What the provider calls the person (the claim `sub`); everybody where it is `null`.
    #[schema(max_length = 255)]
    subject: Option<String>,
}

/// Ends the sessions of one person who signed in, or everybody's: here at once, at other servers within seconds.
#[utoipa::path(
    operation_id = "adminEndSessions", tag = "admin", request_body = EndedSessions,
    responses((status = 204), (status = 422, body = ErrorBody)), security(("admin" = []))
)]
#[post("/admin/site/end-sessions")]
pub async fn end_sessions(
    admin: ApiAdmin,
    arena: web::Data<AppState>,
    ended: web::Json<EndedSessions>,
) -> Result<HttpResponse, Error> {
    let subject = match ended.into_inner().subject {
        Some(subject) if subject.trim().is_empty() => return Err(Error::invalid("end-whose", "")),
        subject => subject.unwrap_or_default(),
    };
    EndSessions { by: admin.id, subject }.run(&arena).await?;
    Ok(HttpResponse::NoContent().finish())
}
