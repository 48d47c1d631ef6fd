//! The contract on paper: how the calls of both services write down what they may refuse.
//!
//! Each service describes its own calls beside their handlers and hands their refusals in as the
//! problems that it really answers, so status, code, text and members are never written twice.

use http::Method;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::json;
use crate::problem::{MEDIA_TYPE, Problem};

/// The body of every refusal (RFC 9457). Some codes add members of their own.
#[derive(Debug, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// The kind of problem; a name, nothing has to answer there.
    #[schema(example = "/problems/seat_taken")]
    pub r#type: String,
    /// The code in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong and what to do.
    pub detail: String,
    /// What a program asks.
    pub code: String,
    /// What stands in the logs of both services.
    #[schema(rename = "requestId")]
    pub request_id: String,
    /// Whether the same request may succeed later.
    pub retryable: bool,
}

/// What a body may be refused for, whatever its fields.
///
/// # Panics
/// Never: each of these bodies is wrong.
#[must_use]
pub fn body_problems() -> Vec<Problem> {
    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "camelCase")]
    struct Body {
        #[serde(rename = "userId")]
        _user_id: crate::ids::UserId,
    }
    let wrong: [&[u8]; 3] = [b"{", br#"{"userId":"123"}"#, br#"{"userid":123}"#];
    let refused = wrong.map(|body| json::parse::<Body>(body).expect_err("the body is wrong"));
    let mut problems = Vec::from(refused);
    problems.extend([json::unsupported_media_type(), json::body_too_large()]);
    problems
}

/// Every operation of a document with its method and path.
pub fn operations(api: &mut Value) -> Vec<(Method, String, &mut Value)> {
    let paths = api.get_mut("paths").and_then(Value::as_object_mut);
    let mut found = Vec::new();
    for (path, item) in paths.into_iter().flatten() {
        for (name, operation) in item.as_object_mut().into_iter().flatten() {
            if let Ok(method) = name.to_uppercase().parse() {
                found.push((method, path.clone(), operation));
            }
        }
    }
    found
}

/// Adds the problems to what the operation may answer, beside those that stand there.
pub fn refuse(operation: &mut Value, problems: impl IntoIterator<Item = Problem>) {
    for problem in problems {
        let response = &mut operation["responses"][problem.status().as_str()];
        let mut examples = response["content"][MEDIA_TYPE]["examples"].take();
        if examples.get(problem.code()).is_none() {
            examples[problem.code()] = json!({ "value": problem.example() });
        }
        let examples = examples.as_object().cloned().unwrap_or_default();
        *response = refusals(&examples, problem.says_when());
    }
}

/// The answers of one status, told by examples by code.
fn refusals(examples: &Map<String, Value>, says_when: bool) -> Value {
    let codes: Vec<&String> = examples.keys().collect();
    let quoted: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
    let mut properties = Map::new();
    for example in examples.values() {
        properties.extend(more_members(&example["value"]));
    }
    properties.insert(
        "code".to_owned(),
        json!({ "type": "string", "enum": codes }),
    );
    let own = json!({ "type": "object", "properties": properties });
    let schema = json!({ "allOf": [{ "$ref": "#/components/schemas/Problem" }, own] });
    let mut response = json!({
        "description": quoted.join(", "),
        "content": { MEDIA_TYPE: { "schema": schema, "examples": examples } },
    });
    if says_when {
        let seconds = json!({ "type": "integer", "minimum": 1 });
        let retry_after = json!({ "description": "Seconds to wait.", "schema": seconds });
        response["headers"] = json!({ "Retry-After": retry_after });
    }
    response
}

/// What a problem has beside the members of all.
fn more_members(example: &Value) -> Vec<(String, Value)> {
    let common = [
        "type",
        "title",
        "status",
        "detail",
        "code",
        "requestId",
        "retryable",
    ];
    let members = example.as_object().into_iter().flatten();
    let more = members.filter(|(name, _)| !common.contains(&name.as_str()));
    more.map(|(name, value)| (name.clone(), schema_of(value)))
        .collect()
}

/// The schema of values like this one.
fn schema_of(value: &Value) -> Value {
    match value {
        Value::Number(_) => json!({ "type": "integer" }),
        Value::Array(items) => {
            json!({ "type": "array", "items": items.first().map_or(json!({}), schema_of) })
        }
        Value::Object(members) => {
            let properties = members.iter();
            let properties = properties.map(|(name, value)| (name.clone(), schema_of(value)));
            json!({ "type": "object", "properties": properties.collect::<Map<_, _>>() })
        }
        _ => json!({ "type": "string" }),
    }
}

/// Whether the document says that this request may be refused so. Paths are compared as routers
/// do: what is written out goes before `{a name}`.
#[must_use]
pub fn documents(api: &Value, method: &Method, path: &str, status: u16, code: &str) -> bool {
    let paths = api["paths"].as_object().into_iter().flatten();
    let fitting = paths.filter(|(template, _)| fits(template, path));
    let closest = fitting.min_by_key(|(template, _)| template.matches('{').count());
    let Some((_, item)) = closest else {
        return false;
    };
    let operation = &item[method.as_str().to_lowercase()];
    let refusals = &operation["responses"][status.to_string()]["content"][MEDIA_TYPE];
    refusals["examples"].get(code).is_some()
}

fn fits(template: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(name), Some(text)) if name == text || name.starts_with('{') => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    fn call() -> Value {
        json!({ "paths": { "/api/{userId}/charge": { "post": {} }, "/api/reserve": {} } })
    }

    #[test]
    fn a_refusal_is_written_down_as_it_is_answered() {
        let taken = Problem::new(StatusCode::CONFLICT, "seat_taken", "Taken.");
        let mut api = call();
        for (_, _, operation) in operations(&mut api) {
            refuse(operation, [taken.clone().with("seatIds", vec![10])]);
            refuse(operation, body_problems());
        }
        let method = Method::POST;
        let documents = |path, status, code| documents(&api, &method, path, status, code);
        assert!(documents("/api/123/charge", 409, "seat_taken"));
        assert!(documents("/api/123/charge", 422, "unknown_field"));
        assert!(!documents("/api/123/charge", 409, "seat_limit"));
        assert!(!documents("/api/reserve", 409, "seat_taken"));
        let responses = &api["paths"]["/api/{userId}/charge"]["post"]["responses"];
        assert_eq!(responses["409"]["description"], "`seat_taken`");
        let own = &responses["409"]["content"][MEDIA_TYPE]["schema"]["allOf"][1];
        let numbers = json!({ "type": "array", "items": { "type": "integer" } });
        assert_eq!(own["properties"]["seatIds"], numbers);
    }

    #[test]
    fn the_schema_of_a_problem_has_its_members() {
        let schema = <ProblemBody as utoipa::PartialSchema>::schema();
        let schema = serde_json::to_value(schema).expect("a schema is JSON");
        let example = Problem::wrong_user().example();
        let names = |value: &Value| -> Vec<String> {
            value
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, _)| name.clone())
                .collect()
        };
        assert_eq!(names(&schema["properties"]), names(&example));
    }
}
