//! Rule 10: each race test has a sabotage twin, and each guard is real.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// `crate guard test` of each line about booking.
fn twins() -> Vec<(String, String)> {
    let list = root().join("../scripts/sabotage.txt");
    let list = std::fs::read_to_string(&list).expect("scripts/sabotage.txt");
    let lines = list
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default());
    let fields = lines.map(|line| line.split_whitespace().collect::<Vec<_>>());
    let ours = fields.filter(|fields| fields.first() == Some(&"booking"));
    ours.map(|fields| (fields[1].to_owned(), fields[2].to_owned()))
        .collect()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below a folder, with its text.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.append(&mut sources(&path));
        } else {
            let text = std::fs::read_to_string(&path).expect("a source file");
            found.push((path, text));
        }
    }
    found
}

/// The names of the guards that the service asks about.
fn guards() -> BTreeSet<String> {
    let question = "is_off(\"";
    let mut guards = BTreeSet::new();
    for (_, text) in sources(&root().join("src")) {
        let asked = text.split(question).skip(1);
        guards.extend(asked.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())));
    }
    guards
}

/// Every test, as the test runner names it, with its text up to the next one.
fn tests() -> Vec<(String, String)> {
    let folder = root().join("tests/it");
    // Put together, so that this file is not mistaken for a test.
    let attribute = ["#[tokio", "::test"].concat();
    let mut tests = Vec::new();
    for (path, text) in sources(&folder) {
        let module = path.strip_prefix(&folder).expect("a path in the folder");
        let module = module
            .with_extension("")
            .to_string_lossy()
            .replace('/', "::");
        let module = module.trim_end_matches("::mod").to_owned();
        for part in text.split(&attribute).skip(1) {
            let name = part
                .split_once("fn ")
                .and_then(|(_, rest)| rest.split_once('('));
            if let Some((name, _)) = name {
                tests.push((format!("{module}::{name}"), part.to_owned()));
            }
        }
    }
    tests
}

#[test]
fn rule_10_every_race_test_has_a_twin_that_exists() {
    let tests = tests();
    let twins: BTreeSet<String> = twins().into_iter().map(|(_, test)| test).collect();
    for (name, text) in &tests {
        let races = text.contains("at_once(");
        assert!(
            !races || twins.contains(name),
            "{name} races without a sabotage twin"
        );
    }
    for twin in &twins {
        let exists = tests.iter().any(|(name, _)| name == twin);
        assert!(
            exists,
            "scripts/sabotage.txt names a test that there is none of: {twin}"
        );
    }
}

#[test]
fn rule_10_every_guard_is_real_and_has_a_twin() {
    let named: BTreeSet<String> = twins().into_iter().map(|(guard, _)| guard).collect();
    assert_eq!(
        named,
        guards(),
        "left: scripts/sabotage.txt, right: the guards of booking"
    );
}
