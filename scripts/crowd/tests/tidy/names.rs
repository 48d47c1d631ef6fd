//! Names: the same noun has the same file name in every room, so that one guess finds it.

use crate::tree::{none, paths, rust};

#[test]
fn every_endpoint_of_booking_has_its_action_by_the_same_name() {
    let helpers = ["mod", "extract"];
    none(
        "A route calls one action: name both files by the same verb.",
        &without_partner("booking/src/routes/", "booking/src/actions/", &helpers),
    );
}

#[test]
fn every_noun_of_the_domain_has_its_store_by_the_same_name() {
    none(
        "What the domain knows is kept in booking/src/store under the same name.",
        &without_partner("booking/src/domain/", "booking/src/store/", &["mod"]),
    );
}

fn without_partner(folder: &str, partner: &str, helpers: &[&str]) -> Vec<String> {
    let paths = paths();
    let name_in = |path: &str, folder: &str| {
        let name = path.strip_prefix(folder)?.strip_suffix(".rs")?;
        (!name.contains('/')).then(|| name.to_owned())
    };
    let theirs: Vec<String> = paths
        .iter()
        .filter_map(|path| name_in(path, partner))
        .collect();
    let own: Vec<String> = paths
        .iter()
        .filter_map(|path| name_in(path, folder))
        .collect();
    assert!(!own.is_empty(), "nothing is in {folder}");
    let lonely = own
        .into_iter()
        .filter(|name| !theirs.contains(name) && !helpers.contains(&name.as_str()));
    lonely
        .map(|name| format!("{folder}{name}.rs has no {partner}{name}.rs"))
        .collect()
}

#[test]
fn nothing_is_unwrapped_outside_tests() {
    let mut findings = Vec::new();
    for file in rust().iter().filter(|file| !file.is_test()) {
        let lines = file.code().filter(|(_, line)| line.contains(".unwrap()"));
        findings.extend(lines.map(|(number, _)| file.at(number)));
    }
    none(
        "Return the error, or `expect` with the reason why it cannot happen.",
        &findings,
    );
}
