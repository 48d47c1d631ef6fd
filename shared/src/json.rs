//! A strict JSON body: what is wrong with it is told by field name and never changes anything.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// A request body of type `T`, read strictly. `T` should deny unknown fields.
#[derive(Debug, Clone, Copy)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(unsupported_media_type());
        }
        let body = Bytes::from_request(request, state)
            .await
            .map_err(|rejection| {
                if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                    body_too_large()
                } else {
                    Problem::malformed_json("The body could not be read to its end.")
                }
            })?;
        parse(&body).map(Self)
    }
}

/// `415 unsupported_media_type`.
#[must_use]
pub fn unsupported_media_type() -> Problem {
    let detail = "The body must be JSON, sent with Content-Type: application/json.";
    let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    Problem::new(status, "unsupported_media_type", detail)
}

/// `413 body_too_large`.
#[must_use]
pub fn body_too_large() -> Problem {
    let detail = "The body is larger than this service reads; send only the documented fields.";
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail)
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    content_type.is_some_and(|value| {
        let essence = value.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case("application/json")
    })
}

/// Reads a whole body.
///
/// # Errors
/// `malformed_json` when it is not JSON, `unknown_field` or `invalid_field` when it is not ours.
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let field = error.path().to_string();
        explain(&field, error.inner())
    })?;
    reader.end().map_err(|error| explain(".", &error))?;
    // serde would also fill a struct from an array, value by value.
    if body.trim_ascii_start().starts_with(b"{") {
        Ok(value)
    } else {
        Err(Problem::invalid_field(
            ".",
            "The body must be a JSON object.",
        ))
    }
}

fn explain(field: &str, error: &serde_json::Error) -> Problem {
    let text = error.to_string();
    // 1e400 is good JSON, only no number that fits anywhere.
    let is_beyond_all_numbers = text.starts_with("number out of range");
    if !error.is_data() && !is_beyond_all_numbers {
        return Problem::malformed_json(format!("The body is not JSON: {text}."));
    }
    if text.starts_with("unknown field") {
        let detail = format!("The body has a field that this call does not know: {text}.");
        return Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown_field", detail)
            .with("field", field);
    }
    Problem::invalid_field(
        field,
        format!("The field {field:?} cannot be used: {text}."),
    )
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::ids::UserId;

    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields, rename_all = "camelCase")]
    struct Sample {
        #[serde(rename = "userId")]
        _user_id: UserId,
    }

    fn code_of(body: &[u8]) -> &'static str {
        parse::<Sample>(body)
            .expect_err("a bad body was accepted")
            .code()
    }

    #[test]
    fn each_kind_of_bad_body_has_its_code() {
        assert!(parse::<Sample>(br#" {"userId":1} "#).is_ok());
        let malformed: [&[u8]; 7] = [
            b"",
            b"{",
            b"x",
            b"\xef\xbb\xbf{}",
            b"{\"userId\":1}x",
            b"\"\xff\"",
            b"{\"userId\":1,}",
        ];
        for body in malformed {
            assert_eq!(code_of(body), "malformed_json", "{body:?}");
        }
        let invalid = [
            "1.5",
            "0",
            "-1",
            "1e3",
            "1e400",
            "\"1\"",
            "null",
            "true",
            "[]",
            "9007199254740992",
        ];
        for value in invalid {
            assert_eq!(
                code_of(format!("{{\"userId\":{value}}}").as_bytes()),
                "invalid_field"
            );
        }
        assert_eq!(code_of(br"{}"), "invalid_field");
        assert_eq!(code_of(br"[1]"), "invalid_field");
        assert_eq!(code_of(br#"{"userId":1,"userId":1}"#), "invalid_field");
        assert_eq!(code_of(br#"{"userId":1,"userid":1}"#), "unknown_field");
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        assert_eq!(
            code_of(format!("{{\"x\":{deep}}}").as_bytes()),
            "unknown_field"
        );
    }
}
