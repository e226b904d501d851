//! The OpenAPI document, collected from the operations that are served.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{Modify, OpenApi as _};

use super::body::ErrorBody;
use super::leaderboard::{AnyBoardKind, BoardKind, Intervals, MatrixName, OnOff};
use crate::domain::{BoardCategory, TieRule};

/// What stands above the operations.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(
    info(
        title = "Mixtral Arena",
        description = "Blind battles between Mixtral-family models, votes, and leaderboards: what the pages do, for programs.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    // Those of queries are not collected.
    components(schemas(ErrorBody, AnyBoardKind, BoardCategory, BoardKind, Intervals, MatrixName, OnOff, TieRule)),
    tags(
        (name = "visitors", description = "Who asks."),
        (name = "battles", description = "Begin, go on, read, vote, delete."),
        (name = "models", description = "The contestants."),
        (name = "leaderboard", description = "What the votes say."),
        (name = "admin", description = "Administration, with a token made on the administrator's pages."),
    )
)]
struct Head;

/// The document.
pub static DOCUMENT: LazyLock<OpenApi> = LazyLock::new(|| {
    let mut document = Head::openapi();
    let (paths, components) = super::operations::operations().0;
    document.paths = paths;
    document.components.get_or_insert_with(Default::default).schemas.extend(components.schemas);
    Security.modify(&mut document);
    Errors.modify(&mut document);
    document
});

/// The document as JSON.
pub async fn json() -> HttpResponse {
    HttpResponse::Ok().json(&*DOCUMENT)
}

struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut OpenApi) {
        let components = document.components.get_or_insert_with(Default::default);
        let schemes = [
            ("visitor", "The token that `POST /api/v1/visitors` gave."),
            ("admin", "An administrator's token, made on the administrator's pages."),
        ];
        for (name, text) in schemes {
            let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(text));
            components.add_security_scheme(name, SecurityScheme::Http(scheme.build()));
        }
    }
}

/// Puts the errors in that follow from what an operation takes.
struct Errors;

impl Modify for Errors {
    fn modify(&self, document: &mut OpenApi) {
        for item in document.paths.paths.values_mut() {
            let operations = [&mut item.get, &mut item.post, &mut item.patch, &mut item.delete];
            for operation in operations.into_iter().flatten() {
                add_errors(operation);
            }
        }
    }
}

fn add_errors(operation: &mut Operation) {
    let has_body = operation.request_body.is_some();
    let open = SecurityRequirement::default();
    let is_closed = operation.security.iter().flatten().any(|requirement| *requirement != open);
    let has_query = operation.parameters.iter().flatten().any(|parameter| match parameter {
        RefOr::T(parameter) => parameter.parameter_in == ParameterIn::Query,
        RefOr::Ref(_) => false,
    });
    let mut add = |status: &str, text: &str| {
        let known = &mut operation.responses.responses;
        known.entry(status.to_owned()).or_insert_with(|| RefOr::T(error(text)));
    };
    if is_closed {
        add("401", "Who asks is not known.");
    }
    if has_body {
        add("413", "The body is too large.");
    }
    if has_body || has_query {
        add("422", "What was sent is not acceptable.");
    }
    add("500", "A fault of ours.");
    add("503", "Too busy, or no model can be drawn; `Retry-After` says when to come again.");
}

fn error(text: &str) -> Response {
    let schema = Ref::from_schema_name("ErrorBody");
    let content = Content::new(Some(RefOr::Ref(schema)));
    ResponseBuilder::new().description(text).content("application/json", content).build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::BattleKind;

    /// Kinds of battle on boards are named like kinds of battle.
    #[test]
    fn the_document_is_whole() {
        let document = serde_json::to_value(&*DOCUMENT).expect("JSON");
        let paths = document["paths"].as_object().expect("paths");
        assert!(paths.len() >= 14, "{}", paths.len());
        let text = document.to_string();
        for kind in [BattleKind::Battle, BattleKind::SideBySide] {
            assert!(text.contains(kind.as_str()));
        }
        // Every reference leads somewhere.
        for piece in text.split("#/components/schemas/").skip(1) {
            let name = piece.split('"').next().unwrap_or_default();
            assert!(document["components"]["schemas"][name].is_object(), "{name}");
        }
        // Every operation has a text in both languages on the page.
        for operation in paths.values().filter_map(|item| item.as_object()).flat_map(|item| item.values()) {
            let id = operation["operationId"].as_str().expect("an id");
            for locale in [crate::i18n::Locale::En, crate::i18n::Locale::Zh] {
                let key = super::super::page::key(id);
                assert!(!locale.text(&key).contains(&key), "no text {key}");
            }
        }
    }
}
