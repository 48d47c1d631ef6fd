//! Sizes: what fits a screen is read, what does not is skipped.

use crate::tree::{Source, ending_in, none, rust, sources};

const FILE_LINES: usize = 400;
const FILE_LINES_MEDIAN: usize = 150;
const FUNCTION_LINES: usize = 70;
const FUNCTION_LINES_USUAL: usize = 30;
const COLUMNS: usize = 100;
const LUA_LINES: usize = 60;

#[test]
fn files_are_short() {
    let mut files = rust();
    files.sort_by_key(Source::length);
    let list: Vec<String> = files
        .iter()
        .map(|file| format!("{:>5} {}", file.length(), file.path))
        .collect();
    println!("{}", list.join("\n"));
    let median = files[files.len() / 2].length();
    assert!(
        median <= FILE_LINES_MEDIAN,
        "half of the files have more than {median} lines, the house has {FILE_LINES_MEDIAN}; \
         split the longest by question:\n{}",
        list[list.len() - 20..].join("\n")
    );
    let long = files.iter().filter(|file| file.length() > FILE_LINES);
    let long: Vec<String> = long
        .map(|file| format!("{}: {} lines", file.path, file.length()))
        .collect();
    none(
        &format!("A file has at most {FILE_LINES} lines: split it by question."),
        &long,
    );
}

#[test]
fn functions_are_short() {
    let files = rust();
    let functions: Vec<(String, usize)> = files.iter().flat_map(functions_of).collect();
    assert!(
        functions.len() > 200,
        "only {} functions were found",
        functions.len()
    );
    let listed = |least: usize| -> Vec<String> {
        let long = functions.iter().filter(|(_, lines)| *lines > least);
        long.map(|(place, lines)| format!("{place}: {lines} lines"))
            .collect()
    };
    let remedy = format!("A function has at most {FUNCTION_LINES} lines: name its parts.");
    none(&remedy, &listed(FUNCTION_LINES));
    let unusual = listed(FUNCTION_LINES_USUAL);
    assert!(
        unusual.len() * 10 <= functions.len(),
        "{} of {} functions have more than {FUNCTION_LINES_USUAL} lines, at most one in ten may; \
         name the parts of some:\n  {}",
        unusual.len(),
        functions.len(),
        unusual.join("\n  ")
    );
}

/// Where each function of a file is and how many lines it has, by the indentation that rustfmt
/// gives: it ends with a brace at the indentation of its `fn`.
fn functions_of(file: &Source) -> Vec<(String, usize)> {
    let lines: Vec<&str> = file.text.lines().collect();
    let mut functions = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let Some(name) = function_named(line) else {
            continue;
        };
        let indent = &line[..line.len() - line.trim_start().len()];
        let end = lines[index..]
            .iter()
            .position(|line| ends_function(line, indent));
        let length = end.map_or(1, |end| end + 1);
        functions.push((format!("{} {name}", file.at(index + 1)), length));
    }
    functions
}

/// The name, when a function begins in this line.
fn function_named(line: &str) -> Option<&str> {
    let (before, after) = line.split_once("fn ")?;
    let is_qualifier = |word: &str| {
        matches!(word, "pub" | "const" | "async" | "extern" | "default") || word.starts_with("pub(")
    };
    let name = after.split(['(', '<']).next()?;
    let is_name = name
        .chars()
        .all(|letter| letter.is_alphanumeric() || letter == '_');
    let is_begun = before.split_whitespace().all(is_qualifier);
    (is_begun && is_name && !name.is_empty()).then_some(name)
}

/// The closing brace, a whole function in one line, or a signature without a body.
fn ends_function(line: &str, indent: &str) -> bool {
    let Some(rest) = line.strip_prefix(indent) else {
        return false;
    };
    let is_here = !rest.starts_with(' ');
    is_here && (rest.starts_with('}') || rest.ends_with('}') || rest.ends_with(';'))
}

#[test]
fn a_function_is_measured_from_its_name_to_its_brace() {
    let text = "fn one() {}\nimpl X {\n    pub(crate) async fn two(\n        a: u8,\n    ) -> u8 \
                {\n        if a {\n        }\n    }\n}\ntrait Y {\n    fn three(&self);\n}\n";
    let file = Source {
        path: "x.rs".to_owned(),
        text: text.to_owned(),
    };
    let expected = [("x.rs:1 one", 1), ("x.rs:3 two", 6), ("x.rs:11 three", 1)];
    assert_eq!(
        functions_of(&file),
        expected.map(|(place, length)| (place.to_owned(), length))
    );
}

#[test]
fn lines_fit_the_width() {
    let mut files = sources();
    files.retain(|file| {
        let end = file.path.rsplit_once('.').map(|(_, end)| end);
        matches!(end, Some("rs" | "lua" | "sh")) || file.text.starts_with("#!/")
    });
    let mut wide = Vec::new();
    for file in &files {
        for (index, line) in file.text.lines().enumerate() {
            let columns = line.chars().count();
            if columns > COLUMNS {
                wide.push(format!("{}: {columns} columns", file.at(index + 1)));
            }
        }
    }
    none(
        &format!("A line has at most {COLUMNS} columns: break it, comments too."),
        &wide,
    );
}

#[test]
fn lua_files_are_short() {
    let files = ending_in(&[".lua"]);
    assert!(!files.is_empty(), "no Lua was found");
    let long = files.iter().filter(|file| file.length() > LUA_LINES);
    let long: Vec<String> = long
        .map(|file| format!("{}: {} lines", file.path, file.length()))
        .collect();
    let remedy = format!("A script has at most {LUA_LINES} lines: move a part into lua/lib/.");
    none(&remedy, &long);
}
