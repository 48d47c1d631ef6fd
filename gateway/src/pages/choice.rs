//! The settings of the pages: which there are, how they look, and who tells what is left.

use std::path::Path;
use std::str::FromStr;

use http::Uri;
use shared::settings::{Environment, SettingError};

use super::texts::{Language, Words};
use super::theme::Theme;

/// Which pages there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// None: a browser that is refused sees the problem as JSON.
    Off,
    /// The waiting page alone, before pages of a shop's own.
    Line,
    /// The waiting page and those of our own box office; `/` leads to them.
    Shop,
}

impl FromStr for Extent {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "off" => Ok(Self::Off),
            "line" => Ok(Self::Line),
            "shop" => Ok(Self::Shop),
            _ => Err("is none of off, line and shop"),
        }
    }
}

/// All that can be chosen.
#[derive(Debug)]
pub struct Choice {
    /// `PAGES`, line.
    pub extent: Extent,
    /// `PAGES_THEME`, none: the folder of a shop's own look.
    pub theme: Theme,
    /// The texts, the shop's own among them.
    pub words: Vec<(Language, Words)>,
    /// `STOCK_URL`, none: where the box office says how much is left.
    pub stock_url: Option<Uri>,
}

impl Choice {
    /// Reads and checks them.
    ///
    /// # Errors
    /// [`SettingError`] names the variable that is wrong.
    pub fn from_env(env: &Environment) -> Result<Self, SettingError> {
        let mut words: Vec<_> = Language::ALL.map(|code| (code, Words::of(code))).into();
        let theme = match env.text("PAGES_THEME") {
            None => Theme::default(),
            Some(folder) => Theme::read(Path::new(folder), &mut words)
                .map_err(|reason| SettingError::new("PAGES_THEME", reason))?,
        };
        Ok(Self {
            extent: env.parsed("PAGES", Extent::Line)?,
            theme,
            words,
            stock_url: stock_url(env)?,
        })
    }
}

fn stock_url(env: &Environment) -> Result<Option<Uri>, SettingError> {
    let Some(text) = env.text("STOCK_URL") else {
        return Ok(None);
    };
    let uri: Option<Uri> = text.parse().ok();
    let uri = uri.filter(|uri| uri.scheme_str() == Some("http") && uri.authority().is_some());
    let wrong = || {
        SettingError::new(
            "STOCK_URL",
            format!("{text:?} is not http://host:port/path"),
        )
    };
    uri.ok_or_else(wrong).map(Some)
}
