//! What people read of refusals is what the document has: the table of codes, and the list that
//! stands with each call.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{committed, read};

const PAGE: &str = "docs/API.md";
/// Answered where there is no call that could name it.
const OF_NO_CALL: [(&str, &str); 1] = [("405", "method_not_allowed")];

/// Codes by status.
type Refusals = BTreeMap<String, BTreeSet<String>>;

struct Call {
    title: String,
    refusals: Refusals,
}

#[test]
fn every_code_is_in_the_table_and_in_the_document() {
    let mut listed = Refusals::new();
    for (status, code) in OF_NO_CALL {
        listed.insert(status.to_owned(), BTreeSet::from([code.to_owned()]));
    }
    for (status, codes) in calls(&committed())
        .into_iter()
        .flat_map(|call| call.refusals)
    {
        listed.entry(status).or_default().extend(codes);
    }
    let told = of_the_table(&read(PAGE));
    assert!(
        told == listed,
        "the table of {PAGE} has {told:#?}, docs/openapi.json has {listed:#?}"
    );
}

#[test]
fn every_call_has_its_section_with_its_list() {
    let page = read(PAGE);
    let sections: Vec<&str> = page.split("\n### ").collect();
    for Call { title, refusals } in calls(&committed()) {
        let heading = format!("{title}\n");
        let section = sections
            .iter()
            .find(|section| section.starts_with(&heading));
        let section = section.unwrap_or_else(|| panic!("{PAGE} has no section ### {title}"));
        let list = list_of(&refusals);
        assert!(
            refusals.is_empty() || section.contains(&list),
            "the section {title} of {PAGE} has to have:\n{list}"
        );
    }
}

/// A line for each status.
fn list_of(refusals: &Refusals) -> String {
    let lines = refusals.iter().map(|(status, codes)| {
        let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
        format!("{status} {}\n", codes.join(", "))
    });
    format!("```text\n{}```\n", lines.collect::<String>())
}

/// The rows that begin with a status.
fn of_the_table(page: &str) -> Refusals {
    let mut found = Refusals::new();
    for row in page.lines() {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [_, status, codes, ..] = cells[..] else {
            continue;
        };
        if status.len() == 3 && status.bytes().all(|byte| byte.is_ascii_digit()) {
            let codes = codes.split('`').skip(1).step_by(2).map(str::to_owned);
            found.insert(status.to_owned(), codes.collect());
        }
    }
    found
}

/// Every call with what it may be refused with.
fn calls(paper: &Value) -> Vec<Call> {
    let mut found = Vec::new();
    for (path, item) in members(&paper["paths"]) {
        for (method, operation) in members(item) {
            let mut refusals = Refusals::new();
            for (status, response) in members(&operation["responses"]) {
                let examples = &response["content"]["application/problem+json"]["examples"];
                let codes: BTreeSet<_> = members(examples).map(|(code, _)| code.clone()).collect();
                if !codes.is_empty() {
                    refusals.insert(status.clone(), codes);
                }
            }
            let title = format!("{} {path}", method.to_uppercase());
            found.push(Call { title, refusals });
        }
    }
    found
}

fn members(object: &Value) -> impl Iterator<Item = (&String, &Value)> {
    object.as_object().into_iter().flatten()
}
