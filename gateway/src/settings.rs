//! The gateway's settings, from environment variables, checked before anything starts.

use std::net::SocketAddr;
use std::time::Duration;

use http::{HeaderValue, Uri};
use serde_json::Value;
use shared::ids::QueueName;
use shared::keyring::Keyring;
use shared::settings::{Environment, SettingError};

use crate::gate::Rules;
use crate::identity::Identity;
use crate::line::LONGEST_POLL;
use crate::pages::Choice;
use crate::proxy::Upstream;

/// The contract on paper as it was committed with this code.
const API_DOCUMENT: &str = include_str!("../../docs/openapi.json");

/// Everything that can be set.
#[derive(Debug)]
pub struct Settings {
    /// `GATEWAY_LISTEN`, 127.0.0.1:8080.
    pub listen: SocketAddr,
    /// `GATEWAY_ADMIN_LISTEN`, 127.0.0.1:9080: metrics; never to be reached from outside.
    pub admin_listen: SocketAddr,
    /// `UPSTREAM_URL` and its limits: `UPSTREAM_TIMEOUT_SECONDS` 30, `UPSTREAM_IN_FLIGHT` 1024,
    /// `BODY_LIMIT_BYTES` 1048576.
    pub upstream: Upstream,
    /// `IDENTITY`, no default: `trusted` or `jwt`; and under `jwt` `IDENTITY_JWKS` or
    /// `IDENTITY_SECRET`, `IDENTITY_CLAIM` sub, `IDENTITY_AUDIENCE`, `IDENTITY_ISSUER`.
    pub identity: Identity,
    /// `UPSTREAM_AUDIENCE`, booking: whom the passes are for.
    pub audience: String,
    /// `GATE_RULES`, empty: every request needs an active session.
    pub rules: Rules,
    /// `REDIS_URL`, `redis://127.0.0.1:6379` (or the file `REDIS_URL_FILE`).
    pub redis_url: String,
    /// `REDIS_KEY_PREFIX`, empty: keeps several installations on one Redis apart.
    pub key_prefix: String,
    /// `QUEUES`, main: the queues served here, by commas; the first is the default.
    pub queues: Vec<QueueName>,
    /// `TOKEN_KEYS`, no default (or the file `TOKEN_KEYS_FILE`): signs queue tokens.
    pub token_keys: Keyring,
    /// `PASS_KEYS`, no default (or the file `PASS_KEYS_FILE`): signs passes.
    pub pass_keys: Keyring,
    /// `TOKEN_TTL`, 86400 seconds: how long a queue token is good.
    pub token_lifetime: Duration,
    /// `LINE_HOLD_SECONDS`, 15: how long nobody is promoted after Redis was lost or restarted.
    pub hold: Duration,
    /// `API_DOCS`, on: the document that the Swagger UI shows; none under `off`.
    pub api_docs: Option<Value>,
    /// `PAGES` line, `PAGES_THEME`, `STOCK_URL`: what fans see.
    pub pages: Choice,
    /// `POLL_FLOOR_MS`, 500: how often a fan may poll, with a burst of 5; 0 switches it off.
    pub poll_floor: Duration,
    /// `CORS_ORIGINS`, empty: other origins whose pages may call, by commas.
    pub cors_origins: Vec<HeaderValue>,
    /// `SHUTDOWN_GRACE_SECONDS`, 10: how long requests in flight may take at the end.
    pub grace: Duration,
}

impl Settings {
    /// Reads and checks all settings.
    ///
    /// # Errors
    /// [`SettingError`] names the variable that is wrong.
    pub fn from_env(env: &Environment) -> Result<Self, SettingError> {
        let identity = Identity::from_env(env)?;
        let (token_keys, pass_keys) = (env.keyring("TOKEN_KEYS")?, env.keyring("PASS_KEYS")?);
        if token_keys.shares_a_secret_with(&pass_keys) {
            let reason = "shares a secret with TOKEN_KEYS: an upstream could mint queue tokens";
            return Err(SettingError::new("PASS_KEYS", reason));
        }
        Ok(Self {
            listen: listen(env)?,
            admin_listen: env.parsed("GATEWAY_ADMIN_LISTEN", ([127, 0, 0, 1], 9080).into())?,
            upstream: upstream(env)?,
            identity,
            audience: env
                .text("UPSTREAM_AUDIENCE")
                .unwrap_or("booking")
                .to_owned(),
            rules: env.parsed("GATE_RULES", Rules::default())?,
            redis_url: redis_url(env)?,
            key_prefix: env.text("REDIS_KEY_PREFIX").unwrap_or_default().to_owned(),
            queues: list(env, "QUEUES", "main")?,
            token_keys,
            pass_keys,
            token_lifetime: seconds(env, "TOKEN_TTL", 86_400, 60..=604_800)?,
            hold: seconds(env, "LINE_HOLD_SECONDS", 15, shortest_hold_seconds()..=300)?,
            api_docs: api_docs(env)?,
            pages: Choice::from_env(env)?,
            poll_floor: Duration::from_millis(env.number("POLL_FLOOR_MS", 500, 0..=60_000)?),
            cors_origins: list(env, "CORS_ORIGINS", "")?,
            grace: seconds(env, "SHUTDOWN_GRACE_SECONDS", 10, 0..=600)?,
        })
    }
}

/// A hold has to outlast the longest poll, with a fifth for jitter and a second for the way.
const fn shortest_hold_seconds() -> u64 {
    LONGEST_POLL.as_secs() * 6 / 5 + 1
}

/// `on`: the calls of this repository; `off`; or the file with an OpenAPI document of one's own.
fn api_docs(env: &Environment) -> Result<Option<Value>, SettingError> {
    let wrong = |error: String| SettingError::new("API_DOCS", error);
    let text = match env.text("API_DOCS").unwrap_or("on") {
        "off" => return Ok(None),
        "on" => API_DOCUMENT.to_owned(),
        path => std::fs::read_to_string(path)
            .map_err(|error| wrong(format!("neither on nor off, and {path:?}: {error}")))?,
    };
    let document = serde_json::from_str(&text);
    document
        .map_err(|error| wrong(format!("is not JSON: {error}")))
        .map(Some)
}

/// Where fans reach the gateway; also all that `gateway health` has to know.
///
/// # Errors
/// [`SettingError`] when it is no address with a port.
pub fn listen(env: &Environment) -> Result<SocketAddr, SettingError> {
    env.parsed("GATEWAY_LISTEN", ([127, 0, 0, 1], 8080).into())
}

/// Where Redis is; also all that `gateway queue` has to know.
///
/// # Errors
/// [`SettingError`] when `REDIS_URL_FILE` cannot be read.
pub fn redis_url(env: &Environment) -> Result<String, SettingError> {
    if env.text("REDIS_URL").is_none() && env.text("REDIS_URL_FILE").is_none() {
        return Ok("redis://127.0.0.1:6379".to_owned());
    }
    env.secret("REDIS_URL", "redis://host:port")
}

fn upstream(env: &Environment) -> Result<Upstream, SettingError> {
    let text = env.required(
        "UPSTREAM_URL",
        "the service behind the gate, http://host:port",
    )?;
    let wrong = || SettingError::new("UPSTREAM_URL", format!("{text:?} is not http://host:port"));
    let uri: Uri = text.parse().map_err(|_| wrong())?;
    if uri.scheme_str() != Some("http") || uri.query().is_some() {
        return Err(wrong());
    }
    let in_flight = env.number("UPSTREAM_IN_FLIGHT", 1024, 1..=1_000_000)?;
    let body_limit = env.number("BODY_LIMIT_BYTES", 1 << 20, 1..=1 << 40)?;
    Ok(Upstream {
        authority: uri.authority().cloned().ok_or_else(wrong)?,
        base_path: uri.path().trim_end_matches('/').to_owned(),
        timeout: seconds(env, "UPSTREAM_TIMEOUT_SECONDS", 30, 1..=3600)?,
        in_flight: usize::try_from(in_flight).unwrap_or(usize::MAX),
        body_limit_bytes: usize::try_from(body_limit).unwrap_or(usize::MAX),
    })
}

fn seconds(
    env: &Environment,
    variable: &str,
    default: u64,
    range: std::ops::RangeInclusive<u64>,
) -> Result<Duration, SettingError> {
    env.number(variable, default, range)
        .map(Duration::from_secs)
}

fn list<T>(env: &Environment, variable: &str, default: &str) -> Result<Vec<T>, SettingError>
where
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    let text = env.text(variable).unwrap_or(default);
    let entries = text
        .split(',')
        .map(str::trim)
        .filter(|entry| !entry.is_empty());
    let wrong =
        |entry: &str, error: T::Err| SettingError::new(variable, format!("{entry:?}: {error}"));
    entries
        .map(|entry| entry.parse().map_err(|error| wrong(entry, error)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(letter: &str) -> String {
        format!("k:{}", letter.repeat(43))
    }

    fn good() -> Environment {
        Environment::default()
            .with("IDENTITY", "trusted")
            .with("UPSTREAM_URL", "http://127.0.0.1:8081")
            .with("TOKEN_KEYS", key("A"))
            .with("PASS_KEYS", key("E"))
    }

    #[test]
    fn the_defaults_are_those_of_the_docs() {
        let settings = Settings::from_env(&good()).expect("good settings");
        assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(settings.queues[0].as_str(), "main");
        assert_eq!(settings.hold, Duration::from_secs(15));
    }

    #[test]
    fn each_wrong_setting_is_named() {
        let wrong = [
            ("IDENTITY", "maybe"),
            ("UPSTREAM_URL", "https://x"),
            ("UPSTREAM_URL", "x"),
            ("GATEWAY_LISTEN", "8080"),
            ("GATE_RULES", "open /x"),
            ("QUEUES", "Main"),
            ("TOKEN_TTL", "0"),
            ("LINE_HOLD_SECONDS", "12"),
            ("API_DOCS", "/nowhere"),
            ("PAGES", "all"),
            ("PAGES_THEME", "/nowhere"),
            ("STOCK_URL", "https://x/"),
            ("TOKEN_KEYS", "k:short"),
        ];
        for (variable, value) in wrong {
            let error = Settings::from_env(&good().with(variable, value)).expect_err("wrong");
            assert_eq!(error.variable, variable, "{error}");
        }
        for variable in ["IDENTITY", "UPSTREAM_URL", "TOKEN_KEYS", "PASS_KEYS"] {
            let error = Settings::from_env(&good().with(variable, "")).expect_err("missing");
            assert_eq!(error.variable, variable, "{error}");
        }
    }

    #[test]
    fn an_upstream_cannot_be_given_the_keys_of_the_line() {
        let error = Settings::from_env(&good().with("PASS_KEYS", key("A"))).expect_err("same");
        assert_eq!(error.variable, "PASS_KEYS");
    }
}
