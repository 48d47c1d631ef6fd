//! The Lua scripts: put together once from the libraries that each one's header names, then called
//! by their hash.

use std::fmt::Write as _;

use redis::Script;

/// The libraries that a script's `Needs` line may name.
const LIBRARIES: [(&str, &str); 12] = [
    ("queue", include_str!("lua/lib/queue.lua")),
    ("state", include_str!("lua/lib/state.lua")),
    ("guard", include_str!("lua/lib/guard.lua")),
    ("config", include_str!("lua/lib/config.lua")),
    ("record", include_str!("lua/lib/record.lua")),
    ("session", include_str!("lua/lib/session.lua")),
    ("lapse", include_str!("lua/lib/lapse.lua")),
    ("place", include_str!("lua/lib/place.lua")),
    ("purge", include_str!("lua/lib/purge.lua")),
    ("presence", include_str!("lua/lib/presence.lua")),
    ("bucket", include_str!("lua/lib/bucket.lua")),
    ("promote", include_str!("lua/lib/promote.lua")),
];

/// Every script of the line, ready to be called.
pub(super) struct Scripts {
    pub(super) create: Script,
    pub(super) join: Script,
    pub(super) promote: Script,
    pub(super) purge: Script,
    pub(super) locate: Script,
    pub(super) end: Script,
    pub(super) tick: Script,
    pub(super) snapshot: Script,
    pub(super) recover: Script,
}

impl Scripts {
    pub(super) fn new() -> Self {
        Self {
            create: put_together(include_str!("lua/create-11.lua")),
            join: put_together(include_str!("lua/join-11.lua")),
            promote: put_together(include_str!("lua/promote-11.lua")),
            purge: put_together(include_str!("lua/purge-11.lua")),
            locate: put_together(include_str!("lua/where-11.lua")),
            end: put_together(include_str!("lua/end-11.lua")),
            tick: put_together(include_str!("lua/tick-11.lua")),
            snapshot: put_together(include_str!("lua/snapshot-11.lua")),
            recover: put_together(include_str!("lua/recover-11.lua")),
        }
    }
}

fn put_together(script: &str) -> Script {
    let mut text = String::new();
    for name in needs(script) {
        let (_, library) = LIBRARIES
            .iter()
            .find(|(known, _)| *known == name)
            .expect("a test holds every Needs line against the libraries");
        writeln!(text, "{library}").expect("writing to a string cannot fail");
    }
    text.push_str(script);
    #[cfg(feature = "sabotage")]
    let text = super::sabotage::apply(text);
    Script::new(&text)
}

fn needs(script: &str) -> impl Iterator<Item = &str> {
    let line = script
        .lines()
        .find_map(|line| line.strip_prefix("-- Needs"));
    line.unwrap_or_default().split_whitespace()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_script_names_its_libraries_and_they_exist() {
        let scripts = Scripts::new();
        let all = [
            scripts.create,
            scripts.join,
            scripts.promote,
            scripts.purge,
            scripts.locate,
            scripts.end,
            scripts.tick,
            scripts.snapshot,
            scripts.recover,
        ];
        let mut hashes: Vec<_> = all
            .iter()
            .map(|script| script.get_hash().to_owned())
            .collect();
        hashes.sort();
        hashes.dedup();
        assert_eq!(hashes.len(), all.len());
        assert_eq!(
            needs("-- Needs    queue guard\n").collect::<Vec<_>>(),
            ["queue", "guard"]
        );
    }
}
