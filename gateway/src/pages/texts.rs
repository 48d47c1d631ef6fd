//! What the pages say, in each language: two files, the same for templates and scripts.

use std::collections::BTreeMap;

use http::{HeaderMap, header};
use serde_json::{Value, json};

/// A language that the pages speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    En,
    /// Korean.
    Ko,
}

impl Language {
    /// All of them; the first is spoken when a browser wants none.
    pub const ALL: [Self; 2] = [Self::En, Self::Ko];

    /// The name in HTML and in cookies.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ko => "ko",
        }
    }

    /// The name in itself, for the switch.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Ko => "한국어",
        }
    }

    /// By its name.
    #[must_use]
    pub fn named(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.code() == code)
    }

    /// The first one of ours in `Accept-Language`, which browsers send in order of preference.
    #[must_use]
    pub fn wanted(headers: &HeaderMap) -> Self {
        let wanted = headers.get(header::ACCEPT_LANGUAGE);
        let wanted = wanted.and_then(|value| value.to_str().ok()).unwrap_or("");
        let mut codes = wanted.split(',').map(|entry| {
            let tag = entry.split(';').next().unwrap_or_default().trim();
            tag.split('-')
                .next()
                .unwrap_or_default()
                .to_ascii_lowercase()
        });
        codes
            .find_map(|code| Self::named(&code))
            .unwrap_or(Self::En)
    }
}

/// One section's texts by key.
type Section = BTreeMap<String, String>;

/// All texts of one language, by section and key.
#[derive(Debug, Clone)]
pub struct Words(BTreeMap<String, Section>);

impl Words {
    /// Our own.
    ///
    /// # Panics
    /// Never: a test reads both files.
    #[must_use]
    pub fn of(language: Language) -> Self {
        let text = match language {
            Language::En => include_str!("../../pages/texts/en.json"),
            Language::Ko => include_str!("../../pages/texts/ko.json"),
        };
        Self(serde_json::from_str(text).expect("our texts are sections of keys and texts"))
    }

    /// The text of `section.key`; the name itself when there is none, which a test rules out.
    #[must_use]
    pub fn get<'a>(&'a self, name: &'a str) -> &'a str {
        let found = name
            .split_once('.')
            .and_then(|(section, key)| self.0.get(section)?.get(key));
        found.map_or(name, String::as_str)
    }

    /// The same with `{name}` filled in.
    #[must_use]
    pub fn fill(&self, name: &str, values: &[(&str, &str)]) -> String {
        let mut text = self.get(name).to_owned();
        for (key, value) in values {
            text = text.replace(&format!("{{{key}}}"), value);
        }
        text
    }

    /// A shop's own words in the place of ours.
    ///
    /// # Errors
    /// The name of a text that there is not.
    pub fn replace(&mut self, theirs: BTreeMap<String, Section>) -> Result<(), String> {
        for (section, texts) in theirs {
            for (key, text) in texts {
                let name = format!("{section}.{key}");
                let own = self
                    .0
                    .get_mut(&section)
                    .and_then(|texts| texts.get_mut(&key));
                *own.ok_or(name)? = text;
            }
        }
        Ok(())
    }

    /// These sections, or single `section.key`s, for a script: JSON that may stand inside HTML.
    #[must_use]
    pub fn for_script(&self, wanted: &[&str]) -> String {
        let is_wanted = |section: &str, key: &str| {
            let name = format!("{section}.{key}");
            wanted.iter().any(|own| *own == section || *own == name)
        };
        let mut chosen: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
        for (section, texts) in &self.0 {
            for (key, text) in texts.iter().filter(|(key, _)| is_wanted(section, key)) {
                chosen.entry(section).or_default().insert(key, text);
            }
        }
        json!(chosen).to_string().replace('<', "\\u003c")
    }

    /// Every `section.key`.
    pub fn names(&self) -> impl Iterator<Item = String> {
        let names = self
            .0
            .iter()
            .flat_map(|(section, texts)| texts.keys().map(move |key| format!("{section}.{key}")));
        names.collect::<Vec<_>>().into_iter()
    }
}

/// Reads a shop's own texts.
///
/// # Errors
/// What is wrong with the file.
pub(super) fn parse(text: &str) -> Result<BTreeMap<String, Section>, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    serde_json::from_value(value).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_language_of_ours_is_spoken() {
        let wanted = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(
                header::ACCEPT_LANGUAGE,
                http::HeaderValue::from_static(text),
            );
            Language::wanted(&headers)
        };
        assert_eq!(wanted("ko-KR,ko;q=0.9,en;q=0.8"), Language::Ko);
        assert_eq!(wanted("fr, EN-gb;q=0.7, ko;q=0.3"), Language::En);
        assert_eq!(wanted("fr"), Language::En);
        assert_eq!(Language::wanted(&HeaderMap::new()), Language::En);
    }

    #[test]
    fn both_languages_say_the_same_things_with_the_same_gaps() {
        let (en, ko) = (Words::of(Language::En), Words::of(Language::Ko));
        assert_eq!(
            en.names().collect::<Vec<_>>(),
            ko.names().collect::<Vec<_>>()
        );
        for name in en.names() {
            assert_eq!(gaps(en.get(&name)), gaps(ko.get(&name)), "{name}");
            assert!(!ko.get(&name).trim().is_empty(), "{name}");
        }
    }

    fn gaps(text: &str) -> Vec<&str> {
        let parts = text.split('{').skip(1);
        let mut gaps: Vec<&str> = parts.filter_map(|part| part.split('}').next()).collect();
        gaps.sort_unstable();
        gaps
    }

    #[test]
    fn every_text_is_said_somewhere_and_every_one_said_is_there() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut said = String::new();
        for folder in ["pages/assets", "templates", "src/pages", "src/routes"] {
            for entry in std::fs::read_dir(root.join(folder))
                .expect("a folder")
                .flatten()
            {
                said.push_str(&std::fs::read_to_string(entry.path()).expect("text"));
            }
        }
        let words = Words::of(Language::En);
        // A refusal's text is named by its code.
        let idle =
            |name: &String| !name.starts_with("problem.") && !said.contains(&format!("\"{name}\""));
        assert_eq!(
            words.names().filter(idle).collect::<Vec<_>>(),
            Vec::<String>::new()
        );
        for call in said.split("text(\"").chain(said.split("t.get(\"")).skip(1) {
            let name = call.split('"').next().unwrap_or_default();
            let is_name = name.contains('.') && !name.contains([' ', '{', '/', '\n']);
            assert!(
                !is_name || words.get(name) != name,
                "there is no text {name}"
            );
        }
    }

    #[test]
    fn a_shop_may_change_words_but_not_invent_any() {
        let mut words = Words::of(Language::En);
        let own = parse(r#"{"common":{"name":"The Shop"}}"#).expect("good");
        words.replace(own).expect("a text that there is");
        assert_eq!(words.get("common.name"), "The Shop");
        let invented = parse(r#"{"common":{"nam":"x"}}"#).expect("good");
        assert_eq!(words.replace(invented), Err("common.nam".to_owned()));
        assert!(parse(r#"{"common":{"name":1}}"#).is_err());
    }

    #[test]
    fn a_text_does_not_end_the_script_that_it_stands_in() {
        let mut words = Words::of(Language::En);
        let own = parse(r#"{"common":{"name":"</script><b>"}}"#).expect("good");
        words.replace(own).expect("known");
        assert!(!words.for_script(&["common"]).contains('<'));
    }
}
