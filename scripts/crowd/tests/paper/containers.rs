//! The containers guard booking's door as scripts/run does, and their lines know what is left.

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

/// The gateways ask where booking's image listens, at the path that scripts/run asks.
#[test]
fn the_lines_of_the_containers_are_told_what_is_left() {
    let image = read("booking/Dockerfile");
    let (_, port) = image
        .split_once("BOOKING_ADMIN_LISTEN=0.0.0.0:")
        .expect("booking's image has an admin listener");
    let port = port.split_whitespace().next().unwrap_or_default();
    let settings = read("scripts/lib/settings.sh");
    let (_, path) = settings
        .split_once("\"$BOOKING_ADMIN_LISTEN\")/")
        .expect("scripts/run asks booking's admin listener");
    let path = path.split('}').next().unwrap_or_default();
    let asked = format!("STOCK_URL: ${{STOCK_URL:-http://booking:{port}/{path}}}");
    assert!(
        read("docker-compose.yml").contains(&asked),
        "docker-compose.yml has to have {asked}"
    );
}
