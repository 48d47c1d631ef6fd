//! Borders: data flows one way, and each outside thing is known in one room.

use crate::tree::{Source, file, none, rust};

/// Only the store of the gateway speaks to Redis, only booking's to the database; beside them the
/// tests, and the witness that checks both.
const WITNESS: &str = "scripts/crowd/src/witness/";

#[test]
fn redis_is_known_in_one_room() {
    let rooms = ["gateway/src/store/", "gateway/tests/", WITNESS];
    let remedy = "Redis is spoken to in gateway/src/store: add a function there and call it.";
    none(remedy, &uses_of("redis::", &rooms));
}

#[test]
fn sql_is_known_in_one_room() {
    let rooms = ["booking/src/store/", "booking/tests/", WITNESS];
    let remedy = "SQL is written in booking/src/store: add a function there and call it.";
    none(remedy, &uses_of("sqlx::", &rooms));
}

#[test]
fn key_names_are_spelled_in_one_file() {
    let rooms = ["gateway/src/store/keys.rs", "gateway/tests/", WITNESS];
    none(
        "Let gateway/src/store/keys.rs spell the key.",
        &uses_of("queue:{", &rooms),
    );
}

#[test]
fn routes_are_in_one_function() {
    let rooms = [
        "gateway/src/router.rs",
        "booking/src/router.rs",
        "shared/src/admin.rs",
        // No service: what the gateway is measured against.
        "scripts/crowd/src/bench/bare.rs",
    ];
    let mut findings = Vec::new();
    for call in [".route(", ".nest(", ".fallback("] {
        findings.extend(uses_of(call, &rooms));
    }
    none(
        "All routes of a service stand in its router.rs.",
        &outside_tests(findings),
    );
}

#[test]
fn layers_are_in_one_function() {
    let rooms = ["gateway/src/layers.rs", "booking/src/layers.rs"];
    let remedy = "All layers of a service stand in its layers.rs, each with one line of why.";
    let mut findings = uses_of(".layer(", &rooms);
    findings.extend(uses_of(".route_layer(", &rooms));
    none(remedy, &outside_tests(findings));
}

/// Lines of code outside these rooms that have the text.
fn uses_of(text: &str, rooms: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for file in rust()
        .iter()
        .filter(|file| !file.is_in(rooms) && !file.is_in(&[OURSELVES]))
    {
        let lines = file.code().filter(|(_, line)| line.contains(text));
        found.extend(lines.map(|(number, line)| format!("{}: {}", file.at(number), line.trim())));
    }
    found
}

/// Spells everything that it looks for.
const OURSELVES: &str = "scripts/crowd/tests/tidy/";

/// A stand-in for an upstream in a test has routes of its own.
fn outside_tests(mut findings: Vec<String>) -> Vec<String> {
    findings.retain(|finding| !finding.contains("/tests/"));
    findings
}

#[test]
fn no_crate_depends_on_what_it_must_not_know() {
    let forbidden: [(&str, &[&str]); 4] = [
        ("booking", &["redis", "deadpool-redis", "gateway", "crowd"]),
        ("gateway", &["sqlx", "booking", "crowd"]),
        (
            "shared",
            &[
                "gateway",
                "booking",
                "crowd",
                "redis",
                "deadpool-redis",
                "sqlx",
            ],
        ),
        ("scripts/crowd", &["gateway", "booking"]),
    ];
    let mut findings = Vec::new();
    for (folder, names) in forbidden {
        let manifest = file(&format!("{folder}/Cargo.toml"));
        for (index, line) in manifest.text.lines().enumerate() {
            let name = line.split(['.', ' ', '=']).next().unwrap_or_default();
            if names.contains(&name) {
                findings.push(format!("{}: {name}", manifest.at(index + 1)));
            }
        }
    }
    none(
        "Neither service knows the other, and what both need is in shared.",
        &findings,
    );
}

/// A room, and the rooms of the same crate that it must not import.
const DIRECTIONS: [(&str, &[&str]); 12] = [
    (
        "gateway/src/store",
        &[
            "line",
            "gate",
            "proxy",
            "routes",
            "router",
            "layers",
            "scheduler",
        ],
    ),
    (
        "gateway/src/line",
        &[
            "gate",
            "proxy",
            "routes",
            "router",
            "layers",
            "scheduler",
            "app",
        ],
    ),
    (
        "gateway/src/gate",
        &[
            "proxy",
            "store",
            "routes",
            "router",
            "layers",
            "scheduler",
            "app",
        ],
    ),
    (
        "gateway/src/identity",
        &[
            "line", "gate", "proxy", "store", "routes", "router", "layers", "app",
        ],
    ),
    (
        "gateway/src/proxy",
        &[
            "line",
            "gate",
            "store",
            "routes",
            "router",
            "scheduler",
            "app",
        ],
    ),
    (
        "gateway/src/scheduler",
        &["gate", "proxy", "routes", "router", "layers", "app"],
    ),
    (
        "gateway/src/routes",
        &["store", "router", "layers", "scheduler"],
    ),
    (
        "booking/src/domain",
        &[
            "store", "actions", "routes", "router", "layers", "sweeper", "app",
        ],
    ),
    (
        "booking/src/store",
        &["actions", "routes", "router", "layers", "sweeper", "app"],
    ),
    (
        "booking/src/actions",
        &["routes", "router", "layers", "sweeper", "app"],
    ),
    (
        "booking/src/routes",
        &["store", "router", "layers", "sweeper"],
    ),
    ("booking/src/sweeper", &["routes", "router", "layers"]),
];

#[test]
fn data_flows_one_way() {
    let files = rust();
    let mut findings = Vec::new();
    for (room, forbidden) in DIRECTIONS {
        let places = [format!("{room}/"), format!("{room}.rs")];
        let places: Vec<&str> = places.iter().map(String::as_str).collect();
        let own: Vec<&Source> = files.iter().filter(|file| file.is_in(&places)).collect();
        assert!(
            !own.is_empty(),
            "the room {room} is gone: change DIRECTIONS here"
        );
        for file in own {
            for (line, name) in imports(file) {
                if forbidden.contains(&name.as_str()) {
                    findings.push(format!("{} imports crate::{name}", file.at(line)));
                }
            }
        }
    }
    let remedy = "Hand the value in, or move what both need below both: see docs/ARCHITECTURE.md.";
    none(remedy, &findings);
}

/// The rooms of its own crate that a file names, each with its line.
fn imports(file: &Source) -> Vec<(usize, String)> {
    let lines: Vec<(usize, &str)> = file.code().collect();
    let mut found = Vec::new();
    for (index, (number, line)) in lines.iter().enumerate() {
        for (at, path) in line.match_indices("crate::") {
            let rest = &line[at + path.len()..];
            let names = match rest.strip_prefix('{') {
                None => vec![word(rest)],
                Some(rest) => {
                    let below = lines[index + 1..].iter().map(|(_, line)| *line);
                    group(&std::iter::once(rest).chain(below).collect::<String>())
                }
            };
            found.extend(names.into_iter().map(|name| (*number, name)));
        }
    }
    found
}

/// The first words of a group's members: of `{a, b::c, d::{e, f}}` a, b and d.
fn group(text: &str) -> Vec<String> {
    let mut depth = 0;
    let mut names = Vec::new();
    let mut at_start = true;
    for (at, letter) in text.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => at_start = true,
            letter if at_start && letter.is_alphabetic() => {
                names.push(word(&text[at..]));
                at_start = false;
            }
            _ => {}
        }
    }
    names
}

fn word(text: &str) -> String {
    let is_part = |letter: &char| letter.is_alphanumeric() || *letter == '_';
    text.chars().take_while(is_part).collect()
}

#[test]
fn imports_are_read_from_single_paths_and_from_groups() {
    let file = Source {
        path: "x.rs".to_owned(),
        text: "use crate::line::Line;\nuse crate::{\n    app, store::{self, Keys},\n};\n"
            .to_owned(),
    };
    let names: Vec<String> = imports(&file).into_iter().map(|(_, name)| name).collect();
    assert_eq!(names, ["line", "app", "store"]);
}
