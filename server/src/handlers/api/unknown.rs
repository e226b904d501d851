//! Query parameters that an operation does not know are refused: a misspelt one would have no effect, and nobody would tell.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use utoipa::openapi::path::{Operation, ParameterIn};

use super::document::DOCUMENT;
use crate::error::Error;

/// What each operation knows, by method and path.
static KNOWN: LazyLock<HashMap<(&str, &str), HashSet<&str>>> = LazyLock::new(|| {
    let mut known = HashMap::new();
    for (path, item) in &DOCUMENT.paths.paths {
        let all = [("GET", &item.get), ("POST", &item.post), ("PATCH", &item.patch), ("DELETE", &item.delete)];
        for (method, operation) in all {
            if let Some(operation) = operation {
                known.insert((method, path.as_str()), names(operation));
            }
        }
    }
    known
});

/// Names of the first version, which are not told any more.
const OLD: [&str; 1] = ["before"];

fn names(operation: &Operation) -> HashSet<&str> {
    let parameters = operation.parameters.iter().flatten().filter_map(|parameter| match parameter {
        utoipa::openapi::RefOr::T(parameter) => Some(parameter),
        utoipa::openapi::RefOr::Ref(_) => None,
    });
    let mut names: HashSet<&str> = parameters
        .filter(|parameter| parameter.parameter_in == ParameterIn::Query)
        .map(|parameter| parameter.name.as_str())
        .collect();
    if !names.is_empty() {
        names.extend(OLD);
    }
    names
}

/// Refuses a request whose query says something that its operation does not know.
pub(super) async fn refuse_unknown_query(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<EitherBody<impl MessageBody>>, actix_web::Error> {
    let unknown = request.match_pattern().and_then(|path| {
        let known = KNOWN.get(&(request.method().as_str(), path.as_str()))?;
        let mut sent = url::form_urlencoded::parse(request.query_string().as_bytes());
        sent.find(|(name, _)| !known.contains(name.as_ref()))
            .map(|(name, _)| name.chars().take(100).collect::<String>())
    });
    match unknown {
        None => Ok(next.call(request).await?.map_into_left_body()),
        Some(name) => {
            let error = Error::invalid("query", format!("unknown parameter `{name}`"));
            Ok(request.error_response(error).map_into_right_body())
        }
    }
}
