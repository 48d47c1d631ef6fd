//! Headers: what a file or a script is for stands first in it.

use crate::tree::{Source, ending_in, file, none, rust};

const SCRIPTS: &str = "gateway/src/store/lua/";
const LIBRARIES: &str = "gateway/src/store/lua/lib/";

#[test]
fn every_rust_file_says_what_its_room_is_for() {
    let is_silent = |file: &Source| !file.text.starts_with("//! ");
    let silent = rust().into_iter().filter(is_silent);
    let silent: Vec<String> = silent.map(|file| file.path).collect();
    none(
        "Open each file with `//!` and one sentence: what is this room for?",
        &silent,
    );
}

#[test]
fn every_script_has_its_header() {
    let mut findings = Vec::new();
    for script in scripts() {
        let header = header(&script);
        for field in ["-- KEYS ", "-- ARGV ", "-- Returns ", "-- Needs "] {
            if !header.iter().any(|line| line.starts_with(field)) {
                findings.push(format!("{} has no line `{field}`", script.path));
            }
        }
        if header
            .first()
            .is_none_or(|line| line.len() <= "-- Does.".len())
        {
            findings.push(format!("{} does not begin with what it does", script.path));
        }
    }
    none(
        "A script's header says what it does, KEYS, ARGV, Returns and Needs.",
        &findings,
    );
}

#[test]
fn every_script_is_named_by_its_verb_and_its_number_of_keys() {
    let keys = number_of_keys();
    let misnamed = scripts().into_iter().filter(|script| {
        let name = script
            .path
            .trim_start_matches(SCRIPTS)
            .trim_end_matches(".lua");
        let parts = name.rsplit_once('-');
        !parts.is_some_and(|(verb, number)| !verb.is_empty() && number == keys.to_string())
    });
    let misnamed: Vec<String> = misnamed.map(|script| script.path).collect();
    let remedy = format!("Name it `verb-{keys}.lua`: keys.rs hands every script {keys} keys.");
    none(&remedy, &misnamed);
}

#[test]
fn every_library_that_a_script_needs_is_there_and_every_one_is_needed() {
    let libraries: Vec<Source> = ending_in(&[".lua"])
        .into_iter()
        .filter(|file| file.is_in(&[LIBRARIES]))
        .collect();
    let mut findings = Vec::new();
    let mut needed = Vec::new();
    for script in scripts() {
        let line = header(&script)
            .into_iter()
            .find(|line| line.starts_with("-- Needs "));
        let names = line
            .unwrap_or_default()
            .trim_start_matches("-- Needs ")
            .to_owned();
        for name in names.split_whitespace() {
            let path = format!("{LIBRARIES}{name}.lua");
            if !libraries.iter().any(|library| library.path == path) {
                findings.push(format!("{} needs {path}, which is not there", script.path));
            }
            needed.push(path);
        }
    }
    let idle = libraries
        .iter()
        .filter(|library| !needed.contains(&library.path));
    findings.extend(idle.map(|library| format!("{} is needed by no script", library.path)));
    none(
        "Correct the line `-- Needs`, or remove the library.",
        &findings,
    );
}

fn scripts() -> Vec<Source> {
    let mut scripts = ending_in(&[".lua"]);
    scripts.retain(|file| file.is_in(&[SCRIPTS]) && !file.is_in(&[LIBRARIES]));
    assert!(!scripts.is_empty(), "no scripts were found in {SCRIPTS}");
    scripts
}

/// The comment that a script begins with.
fn header(script: &Source) -> Vec<&str> {
    script
        .text
        .lines()
        .take_while(|line| line.starts_with("--"))
        .collect()
}

/// As many as the list `PARTS` names.
fn number_of_keys() -> usize {
    let keys = file("gateway/src/store/keys.rs");
    let (_, list) = keys
        .text
        .split_once("const PARTS")
        .expect("keys.rs has PARTS");
    let (list, _) = list.split_once("];").expect("PARTS has an end");
    list.matches('"').count() / 2
}
