//! The API for people: the OpenAPI document as a page, in both languages.

use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde_json::Value;

use super::document::DOCUMENT;
use crate::error::Error;
use crate::handlers::html;
use crate::views::Page;

/// The page.
#[derive(Debug, Template)]
#[template(path = "api/page.html")]
struct ApiPage {
    page: Page,
    origin: String,
    groups: Vec<Group>,
    schemas: Vec<Schema>,
}

/// Operations about one thing.
#[derive(Debug)]
struct Group {
    name: String,
    operations: Vec<Operation>,
}

/// One operation.
#[derive(Debug)]
struct Operation {
    id: String,
    method: String,
    path: String,
    text: String,
    /// `visitor`, `admin`, or nothing.
    needs: String,
    parameters: Vec<Field>,
    body: Option<String>,
    statuses: Vec<(String, Option<String>)>,
}

/// A parameter, or a field of a schema.
#[derive(Debug)]
struct Field {
    name: String,
    kind: String,
    /// The schema that `kind` names.
    link: Option<String>,
    required: bool,
}

/// A named shape.
#[derive(Debug)]
struct Schema {
    name: String,
    /// The names of an enumeration.
    values: Vec<String>,
    fields: Vec<Field>,
}

/// The text of an operation: `startBattle` is `api-op-start-battle`.
pub(super) fn key(id: &str) -> String {
    let mut key = String::from("api-op-");
    for c in id.chars() {
        if c.is_ascii_uppercase() {
            key.push('-');
        }
        key.push(c.to_ascii_lowercase());
    }
    key
}

/// Shows it.
pub async fn page(request: HttpRequest) -> Result<HttpResponse, Error> {
    let page = Page::of(&request);
    let document = serde_json::to_value(&*DOCUMENT).map_err(|cause| Error::Internal(cause.into()))?;
    let connection = request.connection_info();
    let origin = format!("{}://{}", connection.scheme(), connection.host());
    drop(connection);
    let groups = groups(&page, &document);
    let schemas = entries(&document["components"]["schemas"]).map(|(name, schema)| Schema::of(name, schema)).collect();
    html(&ApiPage { page, origin, groups, schemas })
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn groups(page: &Page, document: &Value) -> Vec<Group> {
    let mut groups: Vec<Group> = document["tags"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|tag| Group { name: text(&tag["name"]), operations: Vec::new() })
        .collect();
    for (path, item) in entries(&document["paths"]) {
        for (method, operation) in entries(item) {
            let tag = &operation["tags"][0];
            if let Some(group) = groups.iter_mut().find(|group| Some(group.name.as_str()) == tag.as_str()) {
                group.operations.push(Operation::of(page, path, method, operation));
            }
        }
    }
    groups
}

impl Operation {
    fn of(page: &Page, path: &str, method: &str, operation: &Value) -> Self {
        let id = text(&operation["operationId"]);
        let needs = entries(&operation["security"][0]).map(|(name, _)| name.clone()).next().unwrap_or_default();
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let parameters = parameters.map(|parameter| {
            let (kind, link) = kind(&parameter["schema"]);
            Field { name: text(&parameter["name"]), kind, link, required: parameter["required"] == true }
        });
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        let statuses = entries(&operation["responses"]).map(|(status, response)| {
            let schema = entries(&response["content"]).next().map(|(_, content)| &content["schema"]);
            (status.clone(), schema.and_then(|schema| kind(schema).1))
        });
        Self {
            text: page.t(&key(&id)),
            id,
            method: method.to_uppercase(),
            path: path.to_owned(),
            needs,
            parameters: parameters.collect(),
            body: kind(body).1,
            statuses: statuses.collect(),
        }
    }
}

impl Schema {
    fn of(name: &str, schema: &Value) -> Self {
        let values = schema["enum"].as_array().into_iter().flatten().map(text).collect();
        let mut fields = Vec::new();
        collect(schema, &mut fields);
        Self { name: name.to_owned(), values, fields }
    }
}

/// The fields of a shape, those of its variants and of what it extends included.
fn collect(schema: &Value, fields: &mut Vec<Field>) {
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, property) in entries(&schema["properties"]) {
        if fields.iter().any(|field| field.name == *name) {
            continue;
        }
        let (kind, link) = kind(property);
        fields.push(Field { name: name.clone(), kind, link, required: required.contains(&name.as_str()) });
    }
    for part in ["allOf", "oneOf"] {
        for part in schema[part].as_array().into_iter().flatten() {
            if let (_, Some(link)) = kind(part) {
                fields.push(Field { name: "…".to_owned(), kind: link.clone(), link: Some(link), required: true });
            } else {
                collect(part, fields);
            }
        }
    }
}

/// A schema in a few words, and the named schema it leads to.
fn kind(schema: &Value) -> (String, Option<String>) {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return (name.to_owned(), Some(name.to_owned()));
    }
    for part in ["oneOf", "anyOf", "allOf"] {
        let parts = schema[part].as_array().into_iter().flatten();
        if let Some(found) = parts.map(kind).find(|(_, link)| link.is_some()) {
            return found;
        }
    }
    let (items, link) = match &schema["items"] {
        Value::Null => (String::new(), None),
        items => kind(items),
    };
    let one = match &schema["type"] {
        Value::String(name) => name.clone(),
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" | "),
        _ => "object".to_owned(),
    };
    let mut words = if items.is_empty() { one } else { format!("[{items}]") };
    let bounds = [("minimum", "≥"), ("maximum", "≤"), ("maxLength", "≤")];
    for (bound, sign) in bounds {
        if let Some(value) = schema[bound].as_f64() {
            words.push_str(&format!(", {sign} {value}"));
        }
    }
    (words, link)
}
