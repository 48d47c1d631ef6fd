//! Languages: a page and its Korean sister have the same headings and the same code.

use crate::tree::{Source, file, none};

const SISTERS: [(&str, &str); 4] = [
    ("README.md", "README.ko.md"),
    ("docs/API.md", "docs/ko/API.md"),
    ("docs/DIAGRAMS.md", "docs/ko/DIAGRAMS.md"),
    ("docs/PAGES.md", "docs/ko/PAGES.md"),
];

#[test]
fn both_languages_have_the_same_headings() {
    let mut findings = Vec::new();
    for (english, korean) in SISTERS {
        let (english, korean) = (file(english), file(korean));
        let pairs = longest(headings(&english), headings(&korean));
        let differs = |(one, other): &(Option<Heading>, Option<Heading>)| {
            one.map(|heading| heading.level) != other.map(|heading| heading.level)
        };
        if let Some((one, other)) = pairs.into_iter().find(differs) {
            let at = |file: &Source, heading: Option<Heading>| {
                heading.map_or_else(|| format!("{} has none", file.path), |h| file.at(h.line))
            };
            findings.push(format!("{} and {}", at(&english, one), at(&korean, other)));
        }
    }
    none(
        "From here on the headings differ: write what the other page has.",
        &findings,
    );
}

#[test]
fn both_languages_have_the_same_code() {
    let mut findings = Vec::new();
    for (english, korean) in SISTERS {
        let (english, korean) = (file(english), file(korean));
        let pairs = longest(blocks(&english), blocks(&korean));
        let differing = pairs.iter().position(|(one, other)| one != other);
        if let Some(number) = differing {
            let paths = [english.path, korean.path].join(" and ");
            findings.push(format!("{paths}, code block {}", number + 1));
        }
    }
    none(
        "Code is the same in every language: copy the block.",
        &findings,
    );
}

/// A line that begins with `#`, outside code.
#[derive(Debug, Clone, Copy)]
struct Heading {
    level: usize,
    line: usize,
}

fn headings(page: &Source) -> Vec<Heading> {
    let mut found = Vec::new();
    let mut in_code = false;
    for (index, line) in page.text.lines().enumerate() {
        if line.starts_with("```") {
            in_code = !in_code;
        }
        let level = line.bytes().take_while(|byte| *byte == b'#').count();
        if !in_code && level > 0 && line[level..].starts_with(' ') {
            let line = index + 1;
            found.push(Heading { level, line });
        }
    }
    found
}

/// The fenced blocks of a page, fences included.
fn blocks(page: &Source) -> Vec<String> {
    let parts = page.text.split("\n```").skip(1).step_by(2);
    parts.map(str::to_owned).collect()
}

/// Pairs up to the end of the longer one.
fn longest<T>(one: Vec<T>, other: Vec<T>) -> Vec<(Option<T>, Option<T>)> {
    let length = one.len().max(other.len());
    let (mut one, mut other) = (one.into_iter(), other.into_iter());
    let next = std::iter::from_fn(|| Some((one.next(), other.next())));
    next.take(length).collect()
}

#[test]
fn headings_and_code_are_told_apart() {
    let text = "# One\n\n```bash\n# no heading\n```\n## Two\n#none\n```\nx\n```\n";
    let page = Source {
        path: "x.md".to_owned(),
        text: text.to_owned(),
    };
    let levels: Vec<usize> = headings(&page)
        .iter()
        .map(|heading| heading.level)
        .collect();
    assert_eq!(levels, [1, 2]);
    assert_eq!(blocks(&page), ["bash\n# no heading", "\nx"]);
}
