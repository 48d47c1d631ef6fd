//! The names of a queue's keys in Redis: the one place that spells them.
//!
//! All keys of a queue share the hash tag `{name}`, so that on a cluster they live on one node and
//! one script may touch them all. The names are the operator's interface, see `docs/REDIS.md`.

use shared::ids::QueueName;

/// What each key is, in the order in which every script is given them (`lua/lib/queue.lua`).
const PARTS: [&str; 11] = [
    "config",
    "ticket",
    "waiting",
    "active",
    "fan",
    "parked",
    "spent",
    "spent_old",
    "state",
    "seen",
    "log",
];

/// Spells keys, with a prefix that keeps tests apart; it is empty in production.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    prefix: String,
}

impl Keys {
    /// Keys that begin with this prefix.
    #[must_use]
    pub fn with_prefix(prefix: &str) -> Self {
        Self {
            prefix: prefix.to_owned(),
        }
    }

    /// All keys of a queue, in the order of the scripts.
    #[must_use]
    pub fn of(&self, queue: &QueueName) -> [String; PARTS.len()] {
        PARTS.map(|part| format!("{}queue:{{{queue}}}:{part}", self.prefix))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_the_operators_interface() {
        let keys = Keys::default().of(&"main".parse().expect("a name"));
        assert_eq!(keys[0], "queue:{main}:config");
        assert_eq!(keys[8], "queue:{main}:state");
    }
}
