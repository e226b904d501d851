//! Query parameters that an operation does not know are refused: a misspelt one would have no effect, and nobody would tell.

use std::collections::{HashMap, HashSet};

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use utoipa::openapi::path::{Operation, ParameterIn, Paths};

use crate::error::Error;

/// What the query of each operation may say, by path and method.
pub(super) struct KnownQueries(HashMap<String, HashMap<&'static str, HashSet<String>>>);

impl KnownQueries {
    /// As the document tells it.
    pub(super) fn of(paths: &Paths) -> Self {
        let mut known: HashMap<String, HashMap<_, _>> = HashMap::new();
        for (path, item) in &paths.paths {
            let all = [("GET", &item.get), ("POST", &item.post), ("PATCH", &item.patch), ("DELETE", &item.delete)];
            for (method, operation) in all {
                if let Some(operation) = operation {
                    known.entry(path.clone()).or_default().insert(method, names(operation));
                }
            }
        }
        Self(known)
    }

    /// The first name in a request's query that its operation does not know.
    fn unknown(&self, request: &ServiceRequest) -> Option<String> {
        let known = self.0.get(&request.match_pattern()?)?.get(request.method().as_str())?;
        let mut sent = url::form_urlencoded::parse(request.query_string().as_bytes());
        sent.find(|(name, _)| !known.contains(name.as_ref())).map(|(name, _)| name.chars().take(100).collect())
    }
}

/// Names of the first version, which are not told any more.
const OLD: [&str; 1] = ["before"];

fn names(operation: &Operation) -> HashSet<String> {
    let parameters = operation.parameters.iter().flatten().filter_map(|parameter| match parameter {
        utoipa::openapi::RefOr::T(parameter) => Some(parameter),
        utoipa::openapi::RefOr::Ref(_) => None,
    });
    let mut names: HashSet<String> = parameters
        .filter(|parameter| parameter.parameter_in == ParameterIn::Query)
        .map(|parameter| parameter.name.clone())
        .collect();
    if !names.is_empty() {
        names.extend(OLD.map(str::to_owned));
    }
    names
}

/// Refuses a request whose query says something that its operation does not know.
pub(super) async fn refuse_unknown_query<B: MessageBody + 'static>(
    known: &KnownQueries,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    match known.unknown(&request) {
        None => Ok(next.call(request).await?.map_into_left_body()),
        Some(name) => {
            let error = Error::invalid("query", format!("unknown parameter `{name}`"));
            Ok(request.error_response(error).map_into_right_body())
        }
    }
}
