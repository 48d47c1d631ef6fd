//! The house: what lies at its door, and that nothing in it points nowhere.

use std::path::Path;

use crate::tree::{Source, ending_in, file, none, paths, root, sources};

/// Beside these, only dot files.
const TOP: [&str; 17] = [
    "Cargo.toml",
    "Cargo.lock",
    "gateway",
    "booking",
    "shared",
    "scripts",
    "docs",
    "docker-compose.yml",
    "README.md",
    "README.ko.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "LICENSE-MIT",
    "LICENSE-APACHE",
    "clippy.toml",
    "rustfmt.toml",
    "deny.toml",
];

#[test]
fn the_top_level_is_tidy() {
    let mut stray: Vec<String> = paths()
        .into_iter()
        .map(|path| path.split('/').next().unwrap_or_default().to_owned())
        .filter(|top| !top.starts_with('.') && !TOP.contains(&top.as_str()))
        .collect();
    stray.dedup();
    none(
        "Put it into the room it belongs to; the top level is for who comes in.",
        &stray,
    );
}

#[test]
fn links_in_the_docs_point_to_something() {
    let mut broken = Vec::new();
    for page in ending_in(&[".md"]) {
        let folder = Path::new(&page.path)
            .parent()
            .unwrap_or(Path::new(""))
            .to_owned();
        for (line, target) in links(&page) {
            let target_path = target.split('#').next().unwrap_or_default();
            let is_there = root().join(&folder).join(target_path).exists();
            if !target_path.is_empty() && !is_there {
                broken.push(format!("{}: {target}", page.at(line)));
            }
        }
    }
    none(
        "Correct the link, relative to its page, or write what it points to.",
        &broken,
    );
}

/// Targets of `[text](target)` that are not on the web.
fn links(page: &Source) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (index, line) in page.text.lines().enumerate() {
        for rest in line.split("](").skip(1) {
            let target = rest.split([')', ' ']).next().unwrap_or_default();
            if !target.contains("://") && !target.starts_with("mailto:") {
                found.push((index + 1, target.to_owned()));
            }
        }
    }
    found
}

#[test]
fn nothing_is_left_for_later() {
    let words = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X"),
    ];
    let remedy = "Do it now, or file an issue and name it in a sentence.";
    none(
        remedy,
        &lines_with(|line| words.iter().any(|word| has_word(line, word))),
    );
}

/// As a word of its own: a template like `fileXXXXXX` is none.
fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        ![before, after]
            .into_iter()
            .flatten()
            .any(char::is_alphanumeric)
    })
}

#[test]
fn no_path_of_somebodys_machine_is_written_down() {
    let homes = [
        concat!("/ho", "me/"),
        concat!("/Us", "ers/"),
        concat!("/wo", "rk/"),
    ];
    let remedy = "Write the path as seen from the repository, or take it from a variable.";
    none(
        remedy,
        &lines_with(|line| homes.iter().any(|home| line.contains(home))),
    );
}

#[test]
fn crates_come_from_the_one_public_registry() {
    let lock = file("Cargo.lock");
    let index = "registry+https://github.com/rust-lang/crates.io-index";
    let mut strange = Vec::new();
    for (number, line) in lock.text.lines().enumerate() {
        let source = line
            .strip_prefix("source = ")
            .map(|text| text.trim_matches('"'));
        if source.is_some_and(|source| source != index) {
            strange.push(format!("{}: {line}", lock.at(number + 1)));
        }
    }
    let settings = [".cargo/config.toml", ".cargo/config", ".npmrc", "pip.conf"];
    let own = paths()
        .into_iter()
        .filter(|path| settings.iter().any(|end| path.ends_with(end)));
    strange.extend(own.map(|path| format!("{path} belongs to a machine, not to the project")));
    none(
        "Remove it: whoever clones this builds from the public registry.",
        &strange,
    );
}

fn lines_with(is_wrong: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for file in sources() {
        let lines = file
            .text
            .lines()
            .enumerate()
            .filter(|(_, line)| is_wrong(line));
        found.extend(lines.map(|(index, line)| format!("{}: {}", file.at(index + 1), line.trim())));
    }
    found
}
