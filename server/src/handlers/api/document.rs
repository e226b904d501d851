//! The OpenAPI document, made of the handlers' own annotations.

use actix_web::HttpResponse;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{Modify, OpenApi};

use super::body::ErrorBody;
use super::{admin, admin_votes, battles, chat, models, stream, visitor};
use crate::handlers::leaderboard::{BoardFile, MatrixFile};

/// The document.
#[derive(Debug, OpenApi)]
#[openapi(
    info(
        title = "Mixtral Arena",
        description = "Blind battles between Mixtral-family models, votes, and leaderboards: what the pages do, for programs.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    paths(
        visitor::create,
        battles::start, battles::list, battles::read, battles::delete, battles::delete_all,
        stream::read, chat::send, chat::stop, chat::again, chat::vote,
        models::list, models::card, board, matrix,
        admin::list_models, admin::register_model, admin::read_model, admin::change_model,
        admin_votes::list_votes, admin_votes::change_vote,
    ),
    components(schemas(ErrorBody, BoardKind, MatrixName)),
    tags(
        (name = "visitors", description = "Who asks."),
        (name = "battles", description = "Begin, go on, read, vote, delete."),
        (name = "models", description = "The contestants."),
        (name = "leaderboard", description = "What the votes say."),
        (name = "admin", description = "Administration, with a token made on the administrator's pages."),
    ),
    modifiers(&Security, &Errors)
)]
pub struct Document;

/// The leaderboard.
#[utoipa::path(
    get, path = "/api/v1/leaderboard", operation_id = "readLeaderboard", tag = "leaderboard",
    params(
        ("kind" = Option<BoardKind>, Query, description = "Anonymous battles, or named comparisons."),
        ("language" = Option<String>, Query, pattern = "^[A-Za-z0-9-]{0,16}$", description = "A language code; all languages where it is left out."),
    ),
    responses((status = 200, body = BoardFile)), security(())
)]
#[expect(dead_code, reason = "stands for the handler that the pages use too")]
fn board() {}

/// A matrix over all pairs of models: `win-rates`, or `battle-counts`.
#[utoipa::path(
    get, path = "/api/v1/leaderboard/{matrix}", operation_id = "readMatrix", tag = "leaderboard",
    params(
        ("matrix" = MatrixName, Path, description = "Which one."),
        ("kind" = Option<BoardKind>, Query, description = "Anonymous battles, or named comparisons."),
        ("language" = Option<String>, Query, pattern = "^[A-Za-z0-9-]{0,16}$", description = "A language code; all languages where it is left out."),
    ),
    responses((status = 200, body = MatrixFile), (status = 404, body = ErrorBody)), security(())
)]
#[expect(dead_code, reason = "stands for the handler that the pages use too")]
fn matrix() {}

/// Kinds of battle that have a board.
#[derive(utoipa::ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its schema is used")]
enum BoardKind {
    Battle,
    SideBySide,
}

/// The matrices.
#[derive(utoipa::ToSchema)]
#[schema(rename_all = "kebab-case")]
#[expect(dead_code, reason = "only its schema is used")]
enum MatrixName {
    WinRates,
    BattleCounts,
}

/// The document as JSON.
pub async fn json() -> HttpResponse {
    HttpResponse::Ok().json(Document::openapi())
}

struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_with(Default::default);
        let visitor = ApiKeyValue::with_description("X-Visitor", "The token that `POST /api/v1/visitors` gave.");
        components.add_security_scheme("visitor", SecurityScheme::ApiKey(ApiKey::Header(visitor)));
        let admin = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("An administrator's token."));
        components.add_security_scheme("admin", SecurityScheme::Http(admin.build()));
    }
}

/// Puts the errors in that follow from what an operation takes.
struct Errors;

impl Modify for Errors {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        for item in document.paths.paths.values_mut() {
            let operations = [&mut item.get, &mut item.post, &mut item.patch, &mut item.delete];
            for operation in operations.into_iter().flatten() {
                add_errors(operation);
            }
        }
    }
}

fn add_errors(operation: &mut Operation) {
    let id = operation.operation_id.as_deref().unwrap_or_default();
    let has_body = operation.request_body.is_some();
    let is_closed = !matches!(id, "createVisitor" | "listModels" | "readModel" | "readLeaderboard" | "readMatrix");
    let has_query = operation.parameters.iter().flatten().any(|parameter| match parameter {
        RefOr::T(parameter) => parameter.parameter_in == utoipa::openapi::path::ParameterIn::Query,
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
    if matches!(id, "startBattle" | "sendMessage" | "askAgain" | "castVote") {
        add("429", "Too many requests; `Retry-After` says when to come again.");
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
        let document = serde_json::to_value(Document::openapi()).expect("JSON");
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
