//! The pages as templates, and the words that a place is put into.

use askama::Template;

use super::stock::Left;
use super::texts::{Language, Words};
use super::{Back, Pages, assets};
use crate::line::{Estimate, Place, Standing};

/// What every page has around it.
pub struct Frame<'a> {
    pages: &'a Pages,
    /// The language spoken.
    pub language: Language,
    t: &'a Words,
    assets: String,
    /// The path of this page, for the language switch.
    here: String,
    /// Sections of the texts, and other data, that the page's script needs.
    words: String,
    /// Whether there are pages to go to.
    has_nav: bool,
}

impl<'a> Frame<'a> {
    /// The frame of the page at `here`, whose script needs these sections of the texts.
    #[must_use]
    pub fn new(pages: &'a Pages, language: Language, here: String, sections: &[&str]) -> Self {
        let t = pages.words(language);
        Self {
            pages,
            language,
            t,
            assets: assets::folder(),
            here,
            words: t.for_script(sections),
            has_nav: false,
        }
    }

    /// The same with links to the other pages.
    #[must_use]
    pub fn with_nav(mut self) -> Self {
        self.has_nav = true;
        self
    }

    fn style(&self) -> Option<String> {
        self.pages.theme.style()
    }

    fn logo(&self) -> Option<String> {
        self.pages.theme.logo()
    }

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "templates hand over references"
    )]
    fn speaks(&self, language: &Language) -> bool {
        self.language == *language
    }

    /// The path of this page in another language.
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "templates hand over references"
    )]
    fn in_language(&self, language: &Language) -> String {
        let joint = if self.here.contains('?') { '&' } else { '?' };
        format!("{}{joint}lang={}", self.here, language.code())
    }
}

/// What the waiting page shows first; its script changes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scene {
    /// No place yet: how to get one.
    Join,
    /// In line.
    Waiting,
    /// It is this fan's turn.
    Turn,
    /// The session is over.
    Over,
    /// Everything is sold and nothing can come back.
    SoldOut,
    /// Nobody can join.
    Closed,
    /// The line cannot be asked.
    Unreachable,
    /// Asked more often than told.
    TooFast,
}

impl Scene {
    const fn name(self) -> &'static str {
        match self {
            Self::Join => "join",
            Self::Waiting => "waiting",
            Self::Turn => "turn",
            Self::Over => "over",
            Self::SoldOut => "sold-out",
            Self::Closed => "closed",
            Self::Unreachable => "unreachable",
            Self::TooFast => "too-fast",
        }
    }
}

/// The waiting page.
#[derive(Template)]
#[template(path = "line.html")]
pub struct LinePage<'a> {
    /// Around it.
    pub frame: Frame<'a>,
    /// What it shows first.
    pub scene: Scene,
    /// The fan's place, when there is one.
    pub place: Option<Place>,
    /// How long it will take, while that is known.
    pub estimate: Option<Estimate>,
    /// When to ask again, in ms.
    pub poll_after_ms: u64,
    /// How much is left, while that is known.
    pub left: Option<Left>,
    /// Whether nobody is let in just now.
    pub is_paused: bool,
    /// Where the fan came from.
    pub back: Option<Back>,
    /// A sentence about what has just happened: the name of its text.
    pub notice: Option<&'static str>,
}

impl LinePage<'_> {
    fn is(&self, name: &str) -> bool {
        self.scene.name() == name
    }

    /// What the tab is called: the first that a fan sees of it from elsewhere.
    fn title(&self) -> String {
        let t = self.frame.t;
        match self.scene {
            Scene::Turn => t.get("line.turn_title").to_owned(),
            Scene::Waiting => format!("{} · {}", grouped(self.position()), t.get("line.title")),
            Scene::Over => t.get("line.over_title").to_owned(),
            Scene::SoldOut => t.get("line.sold_out_title").to_owned(),
            Scene::Closed => t.get("line.closed_title").to_owned(),
            Scene::Unreachable => t.get("line.unreachable_title").to_owned(),
            Scene::Join | Scene::TooFast => t.get("line.title").to_owned(),
        }
    }

    fn position(&self) -> u64 {
        self.place
            .as_ref()
            .map_or(0, |place| place.standing.position())
    }

    fn user(&self) -> String {
        self.place
            .as_ref()
            .map(|place| place.user.to_string())
            .unwrap_or_default()
    }

    fn ticket(&self) -> String {
        self.place
            .as_ref()
            .map(|place| place.ticket.to_string())
            .unwrap_or_default()
    }

    fn is_stale(&self) -> bool {
        self.place.as_ref().is_some_and(|place| place.is_stale)
    }

    fn expires_in_ms(&self) -> u64 {
        match self.place.as_ref().map(|place| place.standing) {
            Some(Standing::Active { expires_in_ms, .. }) => expires_in_ms,
            _ => 0,
        }
    }

    /// Where the fan goes in.
    fn target(&self) -> &str {
        self.back
            .as_ref()
            .map_or(self.frame.pages.entrance(), Back::path)
    }

    /// For a browser without scripts.
    fn refresh_seconds(&self) -> Option<u64> {
        let asks_again = matches!(
            self.scene,
            Scene::Waiting | Scene::Unreachable | Scene::TooFast
        );
        asks_again.then(|| self.poll_after_ms.div_ceil(1000).max(2))
    }

    fn is_unlikely(&self) -> bool {
        let free = self.left.map(|left| left.left + left.held);
        self.scene == Scene::Waiting && free.is_some_and(|free| self.position() > free)
    }

    fn left_words(&self) -> String {
        self.left.map(|left| grouped(left.left)).unwrap_or_default()
    }

    fn estimate_words(&self) -> String {
        // Nobody knows how long a pause will be.
        estimate_words(self.frame.t, self.estimate.filter(|_| !self.is_paused))
    }
}

/// A page of the box office: a frame that its script fills.
#[derive(Template)]
#[template(path = "shop.html")]
pub struct ShopPage<'a> {
    /// Around it.
    pub frame: Frame<'a>,
    /// The page's name: its script, and its section of the texts.
    pub name: &'static str,
    /// Whose it is.
    pub user: String,
    /// The queue that let the fan in: its concerts can be bought.
    pub queue: String,
    /// How long the session runs, in ms; 0 when it is over.
    pub expires_in_ms: u64,
}

impl ShopPage<'_> {
    fn title(&self) -> &str {
        match self.name {
            "seats" => self.frame.t.get("seats.title"),
            "payment" => self.frame.t.get("payment.title"),
            _ => self.frame.t.get("tickets.title"),
        }
    }

    fn lead(&self) -> &str {
        match self.name {
            "seats" => self.frame.t.get("seats.lead"),
            "payment" => self.frame.t.get("payment.lead"),
            _ => self.frame.t.get("tickets.lead"),
        }
    }
}

/// A page that cannot be shown: what is true, and what to do.
#[derive(Template)]
#[template(path = "trouble.html")]
pub struct TroublePage<'a> {
    /// Around it.
    pub frame: Frame<'a>,
    /// The refusal's code.
    pub code: &'static str,
    /// When to ask again.
    pub retry_seconds: u64,
}

impl TroublePage<'_> {
    fn text(&self) -> &str {
        let name = match self.code {
            "overloaded" => "problem.overloaded",
            "line_unavailable" => "problem.line_unavailable",
            "upstream_down" => "problem.upstream_down",
            _ => "problem.unknown",
        };
        self.frame.t.get(name)
    }
}

/// `1,234,567`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A wait as people say it. The script of the page has the same rules.
#[must_use]
pub fn estimate_words(t: &Words, estimate: Option<Estimate>) -> String {
    let Some(Estimate {
        min_seconds,
        max_seconds,
    }) = estimate
    else {
        return t.get("line.wait_unknown").to_owned();
    };
    let range = |name, low: u64, high: u64| {
        t.fill(
            name,
            &[("low", &low.to_string()), ("high", &high.to_string())],
        )
    };
    let (low, high) = (min_seconds / 60, max_seconds.div_ceil(60));
    if high <= 1 {
        t.get("line.wait_short").to_owned()
    } else if low == 0 {
        range("line.wait_up_to", low, high)
    } else if high < 90 {
        range("line.wait_minutes", low, high)
    } else {
        range("line.wait_hours", (low / 60).max(1), high.div_ceil(60))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_told_as_a_range_in_words() {
        let t = Words::of(Language::En);
        let words = |min_seconds, max_seconds| {
            let estimate = Estimate {
                min_seconds,
                max_seconds,
            };
            estimate_words(&t, Some(estimate))
        };
        assert_eq!(words(3, 40), "less than a minute");
        assert_eq!(words(30, 170), "up to 3 minutes");
        assert_eq!(words(125, 400), "2 to 7 minutes");
        assert_eq!(words(4_000, 9_000), "1 to 3 hours");
        assert_eq!(estimate_words(&t, None), "not known yet");
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(15_000), "15,000");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }
}
