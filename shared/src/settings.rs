//! Settings are environment variables, typed at the edge and checked before anything starts.
//!
//! They are read from a map, so that tests need no environment. A wrong one ends the process with
//! exit code 64 and the variable's name; a secret's value is never shown.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use crate::keyring::{Keyring, KeyringError};

/// The exit code for wrong usage (`EX_USAGE` of sysexits.h).
pub const EXIT_USAGE: u8 = 64;

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable}: {reason}")]
pub struct SettingError {
    /// The environment variable.
    pub variable: String,
    /// What is wrong and what would be right.
    pub reason: String,
}

impl SettingError {
    /// The variable cannot be used for this reason.
    #[must_use]
    pub fn new(variable: &str, reason: impl Into<String>) -> Self {
        Self {
            variable: variable.to_owned(),
            reason: reason.into(),
        }
    }
}

/// The environment as a map.
#[derive(Debug, Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The environment of this process. Variables that are not UTF-8 are left out.
    #[must_use]
    pub fn of_process() -> Self {
        let utf8 = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self(std::env::vars_os().filter_map(utf8).collect())
    }

    /// The same with one variable set, for tests.
    #[must_use]
    pub fn with(mut self, variable: &str, value: impl Into<String>) -> Self {
        self.0.insert(variable.to_owned(), value.into());
        self
    }

    /// A variable's text. An empty one counts as not set.
    #[must_use]
    pub fn text(&self, variable: &str) -> Option<&str> {
        self.0
            .get(variable)
            .map(|value| value.trim())
            .filter(|value| !value.is_empty())
    }

    /// A variable that has no default.
    ///
    /// # Errors
    /// When it is not set; `what` says what to set it to.
    pub fn required(&self, variable: &str, what: &str) -> Result<&str, SettingError> {
        self.text(variable)
            .ok_or_else(|| SettingError::new(variable, format!("is not set; set it to {what}")))
    }

    /// A variable of type `T`, or its default.
    ///
    /// # Errors
    /// When its text is not a `T`.
    pub fn parsed<T>(&self, variable: &str, default: T) -> Result<T, SettingError>
    where
        T: FromStr<Err: Display>,
    {
        let Some(text) = self.text(variable) else {
            return Ok(default);
        };
        text.parse()
            .map_err(|error| SettingError::new(variable, format!("{text:?}: {error}")))
    }

    /// A whole number within `range`, or its default.
    ///
    /// # Errors
    /// When it is not a number or not in the range.
    pub fn number(
        &self,
        variable: &str,
        default: u64,
        range: std::ops::RangeInclusive<u64>,
    ) -> Result<u64, SettingError> {
        let number = self.parsed(variable, default)?;
        if range.contains(&number) {
            return Ok(number);
        }
        let (low, high) = (range.start(), range.end());
        Err(SettingError::new(
            variable,
            format!("{number} is not within {low} to {high}"),
        ))
    }

    /// A secret: from the variable itself, or from the file that `<variable>_FILE` names.
    ///
    /// # Errors
    /// When neither is set, or the file cannot be read.
    pub fn secret(&self, variable: &str, what: &str) -> Result<String, SettingError> {
        let file_variable = format!("{variable}_FILE");
        let Some(path) = self.text(&file_variable) else {
            return self.required(variable, what).map(str::to_owned);
        };
        let text = std::fs::read_to_string(path)
            .map_err(|error| SettingError::new(&file_variable, format!("{path:?}: {error}")))?;
        Ok(text.trim().to_owned())
    }

    /// A list of signing keys: `kid:base64url,...`, itself or by file.
    ///
    /// # Errors
    /// When it is not set or cannot be used; the secret is not shown.
    pub fn keyring(&self, variable: &str) -> Result<Keyring, SettingError> {
        let what = "one or more keys of 256 bits, written kid:base64url,kid:base64url";
        let text = self.secret(variable, what)?;
        Keyring::parse(&text)
            .map_err(|error: KeyringError| SettingError::new(variable, error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_setting_is_named_with_its_value_and_range() {
        let env = Environment::default().with("PORT", "x").with("SIZE", "11");
        let error = env.number("PORT", 1, 0..=9).expect_err("not a number");
        assert_eq!(
            error.to_string(),
            r#"PORT: "x": invalid digit found in string"#
        );
        let error = env.number("SIZE", 1, 0..=9).expect_err("out of range");
        assert_eq!(error.to_string(), "SIZE: 11 is not within 0 to 9");
        assert_eq!(env.number("ABSENT", 5, 0..=9), Ok(5));
    }

    #[test]
    fn a_bad_secret_is_not_shown() {
        let env = Environment::default().with("KEYS", "hunter2");
        let error = env.keyring("KEYS").expect_err("not a ring").to_string();
        assert!(
            error.starts_with("KEYS: ") && !error.contains("hunter2"),
            "{error}"
        );
    }

    #[test]
    fn an_empty_variable_counts_as_not_set() {
        let env = Environment::default().with("NAME", " ");
        assert_eq!(env.text("NAME"), None);
    }
}
