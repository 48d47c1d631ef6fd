//! The containers guard booking's door as scripts/run does.

use crate::{gate_rules, read};

#[test]
fn the_containers_have_the_rules_of_the_scripts() {
    let compose = read("docker-compose.yml");
    let (_, rest) = compose
        .split_once("GATE_RULES: >-\n")
        .expect("docker-compose.yml has GATE_RULES");
    let (rules, _) = rest
        .split_once("\n    secrets:")
        .expect("the rules have an end");
    assert_eq!(list(rules), list(&gate_rules()));
}

fn list(rules: &str) -> Vec<String> {
    let rules = rules
        .split(';')
        .map(|rule| rule.split_whitespace().collect::<Vec<_>>().join(" "));
    rules.collect()
}
