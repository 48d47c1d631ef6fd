//! What came back over HTTP, and short ways to say what it has to be.

use std::sync::LazyLock;

use booking::openapi;
use bytes::Bytes;
use http::{HeaderMap, Method};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use shared::openapi::documents;

static PAPER: LazyLock<Value> = LazyLock::new(openapi::document);

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// The body of a success.
    #[track_caller]
    pub(crate) fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text());
        self.json()
    }

    /// The problem of a refusal of exactly this kind, with every member of the contract.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) -> Value {
        let text = self.text();
        assert_eq!(self.code(), Some(code), "{text}");
        assert_eq!(self.status, status, "{text}");
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json")
        );
        let problem = self.json();
        assert_eq!(problem["status"], status, "{text}");
        assert_eq!(
            problem["requestId"].as_str(),
            self.header("x-request-id"),
            "{text}"
        );
        let retryable = matches!(status, 429 | 503) || code == "key_in_progress";
        assert_eq!(problem["retryable"], retryable, "{text}");
        for member in ["type", "title", "detail"] {
            assert!(problem[member].is_string(), "no {member} in {text}");
        }
        if matches!(status, 429 | 503) {
            assert!(
                self.header("retry-after").is_some(),
                "no Retry-After with {text}"
            );
        }
        problem
    }

    /// A refusal has to be one that the contract on paper names for this call. No call at all is
    /// named where there is none at the path, or none without a pass.
    pub(crate) fn must_be_on_paper(&self, method: &Method, path: &str) {
        let (400.., Some(code)) = (self.status, self.code()) else {
            return;
        };
        let names_no_call = ["route_not_found", "method_not_allowed", "pass_required"];
        assert!(
            names_no_call.contains(&code) || documents(&PAPER, method, path, self.status, code),
            "booking/src/openapi.rs does not say that {method} {path} may answer {}",
            self.text()
        );
    }

    /// The code of a refusal; none when it is a success.
    pub(crate) fn code(&self) -> Option<&str> {
        let json: &[u8] = &self.body;
        let code: Option<Code<'_>> = serde_json::from_slice(json).ok();
        code.map(|found| found.code)
    }

    /// The body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {}", self.text()))
    }

    /// The names of the body's members in the order in which they were sent.
    pub(crate) fn members(&self) -> Vec<String> {
        members(&self.body)
    }

    /// A header's text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body as text, for messages.
    pub(crate) fn text(&self) -> String {
        format!("{} {}", self.status, String::from_utf8_lossy(&self.body))
    }
}

#[derive(serde::Deserialize)]
struct Code<'a> {
    code: &'a str,
}

/// The names of a JSON object's members, as they stand in the text.
pub(crate) fn members(json: &[u8]) -> Vec<String> {
    struct Names(Vec<String>);

    impl<'de> Deserialize<'de> for Names {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_map(NamesVisitor)
        }
    }

    struct NamesVisitor;

    impl<'de> Visitor<'de> for NamesVisitor {
        type Value = Names;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Names, A::Error> {
            let mut names = Vec::new();
            while let Some((name, IgnoredAny)) = map.next_entry()? {
                names.push(name);
            }
            Ok(Names(names))
        }
    }

    serde_json::from_slice::<Names>(json)
        .map(|names| names.0)
        .unwrap_or_default()
}
