//! The contract on paper against the code: what is committed in docs/ is what the programs say.

mod containers;
mod examples;
mod openapi;
mod refusals;

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// The repository's folder.
fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = own.ancestors().nth(2);
    root.expect("scripts/crowd is two below").to_owned()
}

/// A file of the repository.
fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The committed document.
fn committed() -> Value {
    serde_json::from_str(&read("docs/openapi.json")).expect("docs/openapi.json is JSON")
}

/// What a built program prints. Programs are beside this test, or one folder up.
fn printed(name: &str, arguments: &[&str], rules: &str, input: &str) -> String {
    let own = std::env::current_exe().expect("this test is a program");
    let mut folder = own.parent().expect("a program is in a folder");
    if folder.file_name() == Some(OsStr::new("deps")) {
        folder = folder.parent().unwrap_or(folder);
    }
    let mut child = Command::new(folder.join(name))
        .args(arguments)
        .env("GATE_RULES", rules)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{name} is not built ({error}): cargo build --workspace"));
    let to_child = child.stdin.take();
    let writing = to_child
        .expect("its input is piped")
        .write_all(input.as_bytes());
    // A program that does not ask for input may have ended.
    drop(writing);
    let output = child.wait_with_output().expect("the program ends");
    assert!(output.status.success(), "{name} {arguments:?} failed");
    String::from_utf8(output.stdout).expect("a document is text")
}

/// The rules of `scripts/run`.
fn gate_rules() -> String {
    let settings = read("scripts/lib/settings.sh");
    let (_, rest) = settings
        .split_once("readonly BOOKING_GATE_RULES='")
        .expect("settings.sh has BOOKING_GATE_RULES");
    let (rules, _) = rest
        .split_once('\'')
        .expect("BOOKING_GATE_RULES has an end");
    rules.replace('\n', " ")
}
