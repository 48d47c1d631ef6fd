//! Takes one guard out of the scripts, in test builds only: each race test has to fail without it.

/// A guard's name, the text that is the guard, and what stands there without it.
const GUARDS: [(&str, &str, &str); 15] = [
    // Tickets by the clock: fans of one instant are ordered by their names.
    (
        "ticket-counter",
        "int(redis.call('INCR', K.ticket))",
        "int(now)",
    ),
    (
        "lowest-first",
        "'ZRANGE', K.waiting, 0,",
        "'ZREVRANGE', K.waiting, 0,",
    ),
    ("cap", "math.min(room(config), ", "math.min("),
    ("rate", "math.floor(tokens + 0.000001)", "room(config)"),
    // Sessions that have run out hold their places until they are purged.
    (
        "running-only",
        "redis.call('ZCOUNT', K.active, '(' .. int(now), '+inf')",
        "redis.call('ZCARD', K.active)",
    ),
    ("hold", "or now < tonumber(state.hold)", ""),
    // Only a Redis without any state is noticed, not one with an old or a copied one.
    ("run-id", "state.run_id ~= run_id", "not state.run_id"),
    // A rank among all who wait: a returner pushes everybody back.
    ("called-first", "'(' .. int(high)", "'-inf'"),
    ("spare-later", "or place > ticket", ""),
    ("spent", "and ticket > spent_of(user)", ""),
    (
        "ticket-compare",
        "return not ticket or ticket >= place",
        "return true",
    ),
    (
        "claim-once",
        "  if record.claimed then\n    return expiry\n  end\n",
        "",
    ),
    // Who has only just come near the front has not been asked to be seen yet.
    ("near-for-long", "ticket > judged_up_to or ", ""),
    // After a gap everybody looks quiet.
    ("amnesty", "or now < (tonumber(state.amnesty) or 0)", ""),
    // What a picture knew of the sessions is lost with Redis.
    ("give-back", "  admit(user, ticket, claimed, ms_left)\n", ""),
];

/// The script without the guard that the environment variable `SABOTAGE` names.
pub(super) fn apply(script: String) -> String {
    for (guard, text, instead) in GUARDS {
        if shared::sabotage::is_off(guard) {
            return script.replace(text, instead);
        }
    }
    script
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_guard_is_really_in_a_script() {
        let lua = [
            include_str!("lua/join-11.lua"),
            include_str!("lua/where-11.lua"),
            include_str!("lua/end-11.lua"),
            include_str!("lua/lib/guard.lua"),
            include_str!("lua/recover-11.lua"),
            include_str!("lua/lib/place.lua"),
            include_str!("lua/lib/presence.lua"),
            include_str!("lua/lib/promote.lua"),
            include_str!("lua/lib/session.lua"),
        ]
        .concat();
        for (guard, text, _) in GUARDS {
            assert!(
                lua.contains(text),
                "the guard {guard} is not in the scripts any more"
            );
        }
    }
}
