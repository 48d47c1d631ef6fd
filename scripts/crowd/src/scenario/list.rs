//! The scenarios by name. Each figure here is a choice; `docs/LOAD.md` says what each is good for.

use std::time::Duration;

use super::{House, Play, Scenario, Stage, Temper};

/// All names, in the order of the documentation.
pub const ALL: [&str; 9] = [
    "smoke",
    "opening",
    "steady",
    "noshow",
    "noshow-late",
    "one-seat",
    "sellout",
    "retry-storm",
    "soak",
];

/// The scenario of this name.
#[must_use]
pub fn named(name: &str) -> Option<Scenario> {
    let scenario = match name {
        "smoke" => smoke(),
        "opening" => opening(),
        "steady" => steady(),
        "noshow" => no_show("noshow", "60 % stop polling while they wait", 60, 0),
        "noshow-late" => no_show(
            "noshow-late",
            "60 % poll to the end and do not come when they are called",
            0,
            60,
        ),
        "one-seat" => one_seat(),
        "sellout" => sellout(),
        "retry-storm" => retry_storm(),
        "soak" => soak(),
        _ => return None,
    };
    Some(scenario)
}

/// People as they are: most buy, some do everything else.
fn people() -> Temper {
    Temper {
        go_quiet: 5,
        never_enter: 3,
        give_up: 4,
        let_lapse: 3,
        reload: 10,
        two_devices: 10,
        in_pairs: 25,
        think_ms: 300..2_500,
        favourites: 2_000,
        patience: Duration::from_secs(30),
    }
}

/// People who all want to buy, and do nothing else.
fn buyers() -> Temper {
    Temper {
        go_quiet: 0,
        never_enter: 0,
        give_up: 0,
        let_lapse: 0,
        reload: 0,
        two_devices: 0,
        in_pairs: 0,
        ..people()
    }
}

fn arena() -> House {
    House {
        stage: Stage::Arena,
        gateways: 2,
        max_active: 500,
        promote_per_second: 50,
        session_seconds: 60,
        hold_seconds: 60,
        in_flight: 1_024,
    }
}

fn smoke() -> Scenario {
    Scenario {
        name: "smoke",
        about: "150 fans of every kind after the 50 seats of the hall: does it all work?",
        fans: 150,
        arrive_within: Duration::from_secs(2),
        play: Play::Sale,
        house: House {
            stage: Stage::Hall(50),
            max_active: 40,
            promote_per_second: 40,
            session_seconds: 5,
            hold_seconds: 5,
            ..arena()
        },
        temper: Temper {
            think_ms: 50..300,
            favourites: 10,
            ..people()
        },
    }
}

fn opening() -> Scenario {
    Scenario {
        name: "opening",
        about: "The sale opens: everyone knocks within one second.",
        fans: 10_000,
        arrive_within: Duration::from_secs(1),
        play: Play::Sale,
        house: arena(),
        temper: people(),
    }
}

fn steady() -> Scenario {
    Scenario {
        name: "steady",
        about: "Fans arrive evenly, fewer than are let in: nobody should wait long.",
        fans: 3_000,
        arrive_within: Duration::from_mins(2),
        play: Play::Sale,
        house: arena(),
        temper: people(),
    }
}

/// Sessions of about a minute, so that a slot that idles for the claim window shows.
fn no_show(name: &'static str, about: &'static str, go_quiet: u32, never_enter: u32) -> Scenario {
    Scenario {
        name,
        about,
        fans: 600,
        arrive_within: Duration::from_secs(1),
        play: Play::Sale,
        house: House {
            max_active: 50,
            promote_per_second: 100,
            session_seconds: 120,
            hold_seconds: 120,
            ..arena()
        },
        temper: Temper {
            go_quiet,
            never_enter,
            think_ms: 15_000..25_000,
            ..buyers()
        },
    }
}

fn one_seat() -> Scenario {
    Scenario {
        name: "one-seat",
        about: "Everyone is in, and all reserve the same seat at the same moment.",
        fans: 10_000,
        arrive_within: Duration::from_secs(10),
        play: Play::OneSeat,
        house: House {
            stage: Stage::Hall(1),
            gateways: 1,
            max_active: 50_000,
            promote_per_second: 50_000,
            session_seconds: 600,
            hold_seconds: 300,
            in_flight: 50_000,
        },
        temper: Temper {
            think_ms: 0..1,
            favourites: 1,
            ..buyers()
        },
    }
}

fn sellout() -> Scenario {
    Scenario {
        name: "sellout",
        about: "More fans than seats: all 15,000 go, and who comes too late is told so.",
        fans: 12_000,
        arrive_within: Duration::from_secs(10),
        play: Play::Sale,
        house: House {
            max_active: 1_000,
            promote_per_second: 100,
            ..arena()
        },
        temper: Temper {
            in_pairs: 75,
            ..people()
        },
    }
}

fn retry_storm() -> Scenario {
    Scenario {
        name: "retry-storm",
        about: "A house with room for eight requests at once, and fans who hang up after half a \
                second and try again.",
        fans: 2_000,
        arrive_within: Duration::from_secs(1),
        play: Play::Sale,
        house: House {
            promote_per_second: 200,
            in_flight: 8,
            ..arena()
        },
        temper: Temper {
            reload: 60,
            two_devices: 30,
            think_ms: 0..200,
            patience: Duration::from_millis(500),
            ..people()
        },
    }
}

fn soak() -> Scenario {
    Scenario {
        name: "soak",
        about: "The same people for half an hour: does anything grow, or slow down?",
        fans: 12_000,
        arrive_within: Duration::from_mins(30),
        play: Play::Sale,
        house: House {
            promote_per_second: 30,
            ..arena()
        },
        temper: people(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_a_scenario_that_calls_itself_so() {
        for name in ALL {
            assert_eq!(named(name).map(|scenario| scenario.name), Some(name));
        }
        assert!(named("opera").is_none());
    }

    #[test]
    fn the_percentages_of_a_crowd_are_not_above_a_hundred() {
        for temper in ALL
            .iter()
            .filter_map(|name| named(name))
            .map(|one| one.temper)
        {
            let ends = temper.go_quiet + temper.never_enter + temper.give_up + temper.let_lapse;
            assert!(ends <= 100 && temper.reload <= 100 && temper.two_devices <= 100);
        }
    }
}
