//! docs/openapi.json is what the two programs say of themselves.

use crate::{gate_rules, printed, read};

#[test]
fn the_committed_document_is_the_codes() {
    let booking = printed("booking", &["openapi"], "", "");
    let gateway = ["openapi", "--upstream", "-"];
    let now = printed("gateway", &gateway, &gate_rules(), &booking);
    let committed = read("docs/openapi.json");
    let differs = now
        .lines()
        .zip(committed.lines())
        .position(|(now, before)| now != before);
    assert!(
        now == committed,
        "docs/openapi.json is not what the code says, from line {} on: run scripts/openapi and \
         commit the file",
        differs.unwrap_or_default() + 1
    );
}
