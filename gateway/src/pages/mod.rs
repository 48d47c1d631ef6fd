//! What a fan sees: the waiting page, and in front of our own box office seats, payment, tickets.
//!
//! All of it is below `/stagedoor`, so that every other path stays the upstream's.

pub mod assets;
mod back;
pub mod choice;
pub mod stock;
pub mod texts;
pub mod theme;
pub mod view;

pub use back::Back;
pub use choice::{Choice, Extent};
pub use stock::Stock;

use texts::{Language, Words};
use theme::Theme;

/// The waiting page.
pub const LINE: &str = "/stagedoor/line";
/// The dates and the seats.
pub const SEATS: &str = "/stagedoor/seats";
/// The balance and the payment.
pub const PAYMENT: &str = "/stagedoor/payment";
/// What the fan has bought.
pub const TICKETS: &str = "/stagedoor/tickets";

/// What the handlers of the pages work with.
pub struct Pages {
    /// Which pages there are.
    pub extent: Extent,
    /// The shop's own look.
    pub theme: Theme,
    /// How much is left to sell, if anyone tells.
    pub stock: Stock,
    words: Vec<(Language, Words)>,
}

impl Pages {
    /// The pages as chosen.
    #[must_use]
    pub fn new(choice: Choice) -> Self {
        Self {
            extent: choice.extent,
            theme: choice.theme,
            stock: Stock::new(choice.stock_url),
            words: choice.words,
        }
    }

    /// The texts of a language.
    #[must_use]
    pub fn words(&self, language: Language) -> &Words {
        let known = self.words.iter().find(|(own, _)| *own == language);
        &known.unwrap_or(&self.words[0]).1
    }

    /// Where a fan goes in when nobody said where from.
    #[must_use]
    pub const fn entrance(&self) -> &'static str {
        match self.extent {
            Extent::Shop => SEATS,
            Extent::Off | Extent::Line => "/",
        }
    }
}
