//! The settings of one run: fresh keys, a key prefix and a database of its own on given servers.

use std::collections::BTreeMap;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Any free port: the log says which it was.
const ANY_PORT: &str = "127.0.0.1:0";
/// The rules of `scripts/run`, so that what is tested is what is shipped.
const SCRIPT_SETTINGS: &str = include_str!("../../../lib/settings.sh");

/// Environment variables by name.
#[derive(Clone)]
pub(crate) struct Settings(BTreeMap<&'static str, String>);

// The values are secrets.
impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Settings").field(&self.0.keys()).finish()
    }
}

impl Settings {
    /// On the servers that `REDIS_URL` and `DATABASE_URL` name.
    pub(crate) fn fresh() -> anyhow::Result<Self> {
        let name = format!("stagedoor_crowd_{:08x}", rand::random::<u32>());
        let database = with_database(&given("DATABASE_URL")?, &name)?;
        Self::on(given("REDIS_URL")?, database, format!("{name}:"))
    }

    /// On these servers, with this database and key prefix.
    pub(crate) fn on(redis: String, database: String, prefix: String) -> anyhow::Result<Self> {
        let mut all = BTreeMap::from([
            ("REDIS_URL", redis),
            ("REDIS_KEY_PREFIX", prefix),
            ("DATABASE_URL", database),
            ("TOKEN_KEYS", random_key()),
            ("PASS_KEYS", random_key()),
            ("TICKET_KEYS", random_key()),
            ("IDENTITY", "trusted".to_owned()),
            ("CHARGE", "demo".to_owned()),
            ("GATE_RULES", gate_rules(SCRIPT_SETTINGS)?),
            ("LOG_FORMAT", "json".to_owned()),
            ("RUST_LOG", "info".to_owned()),
        ]);
        for listener in [
            "GATEWAY_LISTEN",
            "GATEWAY_ADMIN_LISTEN",
            "BOOKING_LISTEN",
            "BOOKING_ADMIN_LISTEN",
        ] {
            all.insert(listener, ANY_PORT.to_owned());
        }
        // Which guard a test build switches off.
        if let Ok(guard) = std::env::var("SABOTAGE") {
            all.insert("SABOTAGE", guard);
        }
        Ok(Self(all))
    }

    /// The same with these ones as well, or instead.
    pub(super) fn with(mut self, more: &[(&'static str, String)]) -> Self {
        self.0.extend(more.iter().cloned());
        self
    }

    /// Nothing but where the database is.
    pub(super) fn database_alone(url: &str) -> Self {
        Self(BTreeMap::from([("DATABASE_URL", url.to_owned())]))
    }

    /// Changes one setting, or adds it.
    pub(crate) fn set(&mut self, name: &'static str, value: String) {
        self.0.insert(name, value);
    }

    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    pub(crate) fn environment(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }

    pub(crate) fn redis_url(&self) -> &str {
        &self.0["REDIS_URL"]
    }

    pub(crate) fn key_prefix(&self) -> &str {
        &self.0["REDIS_KEY_PREFIX"]
    }

    pub(crate) fn database_url(&self) -> &str {
        &self.0["DATABASE_URL"]
    }
}

fn given(variable: &str) -> anyhow::Result<String> {
    let hint = "is not set: scripts/test starts servers and sets it";
    std::env::var(variable).with_context(|| format!("{variable} {hint}"))
}

/// The same server, another database.
fn with_database(url: &str, name: &str) -> anyhow::Result<String> {
    let (before, query) = url
        .split_once('?')
        .map_or((url, None), |(a, b)| (a, Some(b)));
    let authority = before.find("://").context("DATABASE_URL is no URL")? + "://".len();
    let end = before[authority..]
        .find('/')
        .map_or(before.len(), |slash| authority + slash);
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    Ok(format!("{}/{name}{query}", &before[..end]))
}

fn random_key() -> String {
    format!(
        "crowd:{}",
        URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
    )
}

fn gate_rules(script: &str) -> anyhow::Result<String> {
    let (_, rest) = script
        .split_once("readonly BOOKING_GATE_RULES='")
        .context("scripts/lib/settings.sh has no BOOKING_GATE_RULES")?;
    let (rules, _) = rest
        .split_once('\'')
        .context("BOOKING_GATE_RULES has no end")?;
    Ok(rules.replace('\n', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_database_of_a_url_is_replaced() {
        let replaced = |url| with_database(url, "new").expect("a URL");
        assert_eq!(
            replaced("mysql://u:p@h:1/old?ssl=1"),
            "mysql://u:p@h:1/new?ssl=1"
        );
        assert_eq!(replaced("mysql://u@h"), "mysql://u@h/new");
    }

    #[test]
    fn the_rules_of_the_scripts_are_found() {
        let rules = gate_rules(SCRIPT_SETTINGS).expect("rules");
        assert!(rules.contains("own POST /api/process;"), "{rules}");
        assert!(rules.trim_end().ends_with("active * /*"), "{rules}");
    }
}
