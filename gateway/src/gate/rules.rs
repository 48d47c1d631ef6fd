//! `GATE_RULES`: which requests need a running session, which only one's own, and which none.
//!
//! Rules are separated by `;` and read `ACCESS METHOD PATH`. A method may be `*`; in a path
//! `{name}` is any one segment and a last `*` is the rest. The first match wins; without one the
//! session has to be active, which is the safe side.

use std::fmt;
use std::str::FromStr;

use http::Method;

/// What a request needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// No token.
    Open,
    /// A session that is active or over; never while waiting.
    Own,
    /// An active session.
    Active,
}

#[derive(Debug, Clone)]
enum Segment {
    Literal(String),
    Any,
    Rest,
}

#[derive(Debug, Clone)]
struct Rule {
    access: Access,
    method: Option<Method>,
    path: Vec<Segment>,
}

/// The rules in force, in order.
#[derive(Debug, Clone, Default)]
pub struct Rules(Vec<Rule>);

/// A rule that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the rule {0:?} is not written `open|own|active METHOD /path`")]
pub struct BadRule(String);

impl Rules {
    /// What this request needs.
    #[must_use]
    pub fn access(&self, method: &Method, path: &str) -> Access {
        // An upstream may resolve dots or take doubled slashes as one; a rule that opens a path
        // must not be reached by another spelling of a closed one.
        if has_other_spelling(path) {
            return Access::Active;
        }
        let first = self.0.iter().find(|rule| rule.matches(method, path));
        first.map_or(Access::Active, |rule| rule.access)
    }
}

fn has_other_spelling(path: &str) -> bool {
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        if matches!(segment, "." | "..") || (segment.is_empty() && !is_last) {
            return true;
        }
    }
    path.contains(['%', '\\', ';'])
}

impl Rule {
    fn matches(&self, method: &Method, path: &str) -> bool {
        self.method.as_ref().is_none_or(|own| own == method) && self.matches_path(path)
    }

    fn matches_path(&self, path: &str) -> bool {
        let mut given = path.split('/').skip(1);
        for segment in &self.path {
            let matches = match segment {
                Segment::Rest => return true,
                Segment::Any => given.next().is_some_and(|text| !text.is_empty()),
                Segment::Literal(literal) => given.next() == Some(literal),
            };
            if !matches {
                return false;
            }
        }
        given.next().is_none()
    }
}

impl FromStr for Rules {
    type Err = BadRule;

    fn from_str(text: &str) -> Result<Self, BadRule> {
        let written = text
            .split(';')
            .map(str::trim)
            .filter(|rule| !rule.is_empty());
        written.map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl FromStr for Rule {
    type Err = BadRule;

    fn from_str(text: &str) -> Result<Self, BadRule> {
        let bad = || BadRule(text.to_owned());
        let words: Vec<&str> = text.split_whitespace().collect();
        let [access, method, path] = words[..] else {
            return Err(bad());
        };
        let access = access.parse().map_err(|()| bad())?;
        let method = match method {
            "*" => None,
            name => Some(name.parse().map_err(|_| bad())?),
        };
        let path = path.strip_prefix('/').ok_or_else(bad)?;
        Ok(Self {
            access,
            method,
            path: path.split('/').map(segment).collect(),
        })
    }
}

fn segment(text: &str) -> Segment {
    match text {
        "*" => Segment::Rest,
        name if name.starts_with('{') && name.ends_with('}') => Segment::Any,
        literal => Segment::Literal(literal.to_owned()),
    }
}

impl FromStr for Access {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "open" => Ok(Self::Open),
            "own" => Ok(Self::Own),
            "active" => Ok(Self::Active),
            _ => Err(()),
        }
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "open",
            Self::Own => "own",
            Self::Active => "active",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> Rules {
        "open GET /api/concerts; own POST /api/process; own GET /api/{userId}/balance; \
         open * /map/*"
            .parse()
            .expect("good rules")
    }

    #[test]
    fn the_first_match_wins_and_without_one_the_session_must_be_active() {
        let access = |method, path| rules().access(&method, path);
        assert_eq!(access(Method::GET, "/api/concerts"), Access::Open);
        assert_eq!(access(Method::POST, "/api/concerts"), Access::Active);
        assert_eq!(access(Method::POST, "/api/process"), Access::Own);
        assert_eq!(access(Method::GET, "/api/1/balance"), Access::Own);
        assert_eq!(access(Method::GET, "/api//balance"), Access::Active);
        assert_eq!(access(Method::GET, "/api/1/balance/x"), Access::Active);
        assert_eq!(access(Method::PUT, "/map/a/b"), Access::Open);
        assert_eq!(Rules::default().access(&Method::GET, "/"), Access::Active);
    }

    #[test]
    fn another_spelling_of_a_path_opens_nothing() {
        for path in [
            "/map/../api/reserve",
            "/map/%2e%2e/x",
            "//map/x",
            "/map/./x",
            "/map\\x",
        ] {
            assert_eq!(rules().access(&Method::GET, path), Access::Active, "{path}");
        }
    }

    #[test]
    fn a_bad_rule_is_shown() {
        for text in [
            "open /x",
            "shut GET /x",
            "open GET x",
            "open G@T /x",
            "open GET /x y",
        ] {
            assert_eq!(text.parse::<Rules>().err(), Some(BadRule(text.to_owned())));
        }
    }
}
