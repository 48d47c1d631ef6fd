//! Promises: every promise of the line and every rule of the box office has a test of its name, and
//! every guard that can be switched off has a twin that notices.

use crate::tree::{Source, file, none, rust};

const PROMISES: std::ops::RangeInclusive<usize> = 1..=8;
const RULES: std::ops::RangeInclusive<usize> = 1..=10;

#[test]
fn every_promise_of_the_line_has_its_test() {
    none(
        "Name the test that proves it `promise_N_...`, in gateway/tests.",
        &unproved("gateway/tests/", "promise", PROMISES),
    );
}

#[test]
fn every_rule_of_the_box_office_has_its_test() {
    none(
        "Name the test that proves it `rule_N_...`, in booking/tests.",
        &unproved("booking/tests/", "rule", RULES),
    );
}

fn unproved(folder: &str, word: &str, numbers: impl IntoIterator<Item = usize>) -> Vec<String> {
    let tests = rust().into_iter().filter(|file| file.is_in(&[folder]));
    let text: String = tests.map(|file| file.text).collect();
    let missing = numbers.into_iter().filter(|number| {
        let name = format!("fn {word}_{number}_");
        !text.contains(&name)
    });
    missing
        .map(|number| format!("{word} {number} has no test in {folder}"))
        .collect()
}

/// One line of the list of twins.
struct Twin {
    krate: String,
    guard: String,
    test: String,
    place: String,
}

fn twins() -> Vec<Twin> {
    let list = file("scripts/sabotage.txt");
    let mut twins = Vec::new();
    for (index, line) in list.text.lines().enumerate() {
        let words: Vec<&str> = line
            .split('#')
            .next()
            .unwrap_or_default()
            .split(' ')
            .collect();
        let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        let place = list.at(index + 1);
        match words[..] {
            [] => {}
            [krate, guard, test, ..] => twins.push(Twin {
                krate: krate.to_owned(),
                guard: guard.to_owned(),
                test: test.to_owned(),
                place,
            }),
            _ => panic!("{place} is not written: crate guard test"),
        }
    }
    assert!(!twins.is_empty(), "{} has no twins", list.path);
    twins
}

#[test]
fn every_twin_is_a_test_that_exists() {
    let files = rust();
    let lost = twins().into_iter().filter(|twin| !exists(twin, &files));
    let lost: Vec<String> = lost
        .map(|twin| format!("{}: {} has no test {}", twin.place, twin.krate, twin.test))
        .collect();
    none(
        "Write the test's whole path below tests/it, as `cargo test -- --list` does.",
        &lost,
    );
}

/// `contention::one_wins` is `fn one_wins` in tests/it/contention.rs or below it.
fn exists(twin: &Twin, files: &[Source]) -> bool {
    let folder = if twin.krate == "crowd" {
        "scripts/crowd"
    } else {
        &twin.krate
    };
    let (module, name) = twin.test.rsplit_once("::").unwrap_or(("main", &twin.test));
    let module = module.replace("::", "/");
    let places = [
        format!("{folder}/tests/it/{module}.rs"),
        format!("{folder}/tests/it/{module}/mod.rs"),
    ];
    let is_there = |file: &&Source| places.contains(&file.path);
    files
        .iter()
        .find(is_there)
        .is_some_and(|file| file.text.contains(&format!("fn {name}(")))
}

#[test]
fn every_guard_that_can_be_switched_off_has_a_twin_and_no_twin_is_without_one() {
    let guards = guards();
    let twins = twins();
    let mut findings = Vec::new();
    for (guard, place) in &guards {
        if !twins.iter().any(|twin| twin.guard == *guard) {
            findings.push(format!("{place}: nothing notices when `{guard}` is off"));
        }
    }
    for Twin { guard, place, .. } in &twins {
        if !guards.iter().any(|(known, _)| known == guard) {
            findings.push(format!(
                "{place}: there is no guard `{guard}` to switch off"
            ));
        }
    }
    none(
        "List the race test that fails without the guard in scripts/sabotage.txt.",
        &findings,
    );
}

/// The names of all guards, each with where it is asked for.
fn guards() -> Vec<(String, String)> {
    let mut guards = Vec::new();
    for file in rust().iter().filter(|file| !file.is_test()) {
        for (number, line) in file.code() {
            let asked = line
                .split("is_off(\"")
                .skip(1)
                .filter_map(|rest| rest.split('"').next());
            guards.extend(asked.map(|guard| (guard.to_owned(), file.at(number))));
        }
    }
    let scripts = file("gateway/src/store/sabotage.rs");
    guards.extend(
        guards_of_scripts(&scripts)
            .into_iter()
            .map(|guard| (guard, scripts.at(1))),
    );
    assert!(!guards.is_empty(), "no guards were found");
    guards
}

/// The table there has the guard's name first in each row.
fn guards_of_scripts(scripts: &Source) -> Vec<String> {
    let (_, table) = scripts
        .text
        .split_once("const GUARDS")
        .expect("a table of guards");
    let (table, _) = table.split_once("\n];").expect("the table's end");
    let rows = table.split("\n    (").skip(1);
    let names = rows.filter_map(|row| row.split('"').nth(1));
    names.map(str::to_owned).collect()
}
