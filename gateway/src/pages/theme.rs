//! A shop's own look: a folder with any of `style.css`, `logo.svg|png|webp`, `en.json`, `ko.json`.
//!
//! Everything is read and checked at start; nothing else of the folder is ever served.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::ErrorKind;
use std::path::Path;

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header;

use super::assets;
use super::texts::{Language, Words, parse};

/// A stylesheet, a logo or a file of texts is a few kilobytes.
const MOST_BYTES: usize = 256 * 1024;
const LOGOS: [&str; 3] = ["logo.svg", "logo.png", "logo.webp"];

/// What the folder held.
#[derive(Debug, Clone, Default)]
pub struct Theme {
    version: u64,
    style: Option<Bytes>,
    logo: Option<(&'static str, Bytes)>,
}

impl Theme {
    /// Reads the folder, and puts its words in the place of ours.
    ///
    /// # Errors
    /// The file, and what is wrong with it.
    pub fn read(folder: &Path, words: &mut [(Language, Words)]) -> Result<Self, String> {
        if !folder.is_dir() {
            return Err(format!("{} is not a folder", folder.display()));
        }
        for (language, own) in words {
            let name = format!("{}.json", language.code());
            let Some(text) = read(folder, &name)? else {
                continue;
            };
            let text = String::from_utf8_lossy(&text);
            let theirs = parse(&text).map_err(|error| format!("{name}: {error}"))?;
            own.replace(theirs)
                .map_err(|text| format!("{name}: there is no text {text:?}"))?;
        }
        let style = read(folder, "style.css")?;
        if let Some(style) = &style {
            check_style(&String::from_utf8_lossy(style))
                .map_err(|why| format!("style.css: {why}"))?;
        }
        let mut logo = None;
        for name in LOGOS {
            logo = logo.or(read(folder, name)?.map(|bytes| (name, bytes)));
        }
        let mut version = DefaultHasher::new();
        (&style, &logo).hash(&mut version);
        Ok(Self {
            version: version.finish(),
            style,
            logo,
        })
    }

    /// Where its stylesheet is.
    #[must_use]
    pub fn style(&self) -> Option<String> {
        self.style.as_ref().map(|_| self.path("style.css"))
    }

    /// Where its logo is.
    #[must_use]
    pub fn logo(&self) -> Option<String> {
        self.logo.as_ref().map(|(name, _)| self.path(name))
    }

    fn path(&self, name: &str) -> String {
        format!("/stagedoor/theme/{:016x}/{name}", self.version)
    }

    /// One of its files.
    #[must_use]
    pub fn serve(&self, name: &str) -> Option<Response> {
        let logo = self.logo.as_ref().filter(|(own, _)| *own == name);
        let bytes = match name {
            "style.css" => self.style.clone()?,
            _ => logo?.1.clone(),
        };
        let headers = [
            (header::CONTENT_TYPE, assets::kind(name)),
            (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            // An image opened by itself may run nothing.
            (
                header::CONTENT_SECURITY_POLICY,
                "default-src 'none'; style-src 'unsafe-inline'",
            ),
        ];
        Some((headers, bytes).into_response())
    }
}

fn read(folder: &Path, name: &str) -> Result<Option<Bytes>, String> {
    match fs::read(folder.join(name)) {
        Ok(bytes) if bytes.len() > MOST_BYTES => Err(format!(
            "{name}: has {} bytes, at most {MOST_BYTES}",
            bytes.len()
        )),
        Ok(bytes) => Ok(Some(bytes.into())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{name}: {error}")),
    }
}

/// Pages ask no other host: a stylesheet that wants to would look broken, so it is said at once.
fn check_style(style: &str) -> Result<(), String> {
    for wish in ["http://", "https://", "url(//", "@import"] {
        if style.contains(wish) {
            return Err(format!(
                "{wish:?} asks for more than this folder; pages ask no other host"
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_style_that_asks_another_host_is_refused() {
        assert!(check_style("main { color: red }").is_ok());
        for style in [
            "@import 'x.css'",
            "a { background: url(https://x.example/y.png) }",
        ] {
            assert!(check_style(style).is_err(), "{style}");
        }
    }
}
