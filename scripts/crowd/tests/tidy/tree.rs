//! The files of the repository, as the checks read them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One text file; its path is seen from the repository.
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    /// The number of lines.
    pub(crate) fn length(&self) -> usize {
        self.text.lines().count()
    }

    /// Whether it is below one of these folders, or is one of these files.
    pub(crate) fn is_in(&self, places: &[&str]) -> bool {
        places.iter().any(|place| self.path.starts_with(place))
    }

    /// Whether it is only there for tests.
    pub(crate) fn is_test(&self) -> bool {
        self.path.split('/').any(|part| part == "tests")
    }

    /// Numbered lines before the unit tests, which stand last in a file.
    pub(crate) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let is_unit_test = |line: &str| line.starts_with("#[cfg(test)]");
        let code = self
            .text
            .lines()
            .take_while(move |line| !is_unit_test(line));
        let numbered = code.enumerate().map(|(index, line)| (index + 1, line));
        numbered.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// `path:line` of a finding.
    pub(crate) fn at(&self, line: usize) -> String {
        format!("{}:{line}", self.path)
    }
}

/// The repository's folder.
pub(crate) fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors()
        .nth(2)
        .expect("scripts/crowd is two below")
        .to_owned()
}

/// The paths that git tracks; where there is no git, every file that is not built.
pub(crate) fn paths() -> Vec<String> {
    let listed = Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(root())
        .output();
    let tracked = listed.ok().filter(|output| output.status.success());
    let mut paths = match tracked {
        Some(output) => split_zero(&output.stdout),
        None => walk(&root(), ""),
    };
    paths.retain(|path| root().join(path).is_file());
    assert!(paths.len() > 50, "only {} files were found", paths.len());
    paths
}

fn split_zero(list: &[u8]) -> Vec<String> {
    let names = list
        .split(|byte| *byte == 0)
        .filter(|name| !name.is_empty());
    names
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect()
}

fn walk(folder: &Path, prefix: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of ours").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        if entry.path().is_file() {
            paths.push(path);
        } else if !matches!(name.as_str(), "target" | ".run" | ".git" | "node_modules") {
            paths.extend(walk(&entry.path(), &format!("{path}/")));
        }
    }
    paths
}

/// All text files.
pub(crate) fn sources() -> Vec<Source> {
    let read = |path: String| {
        let text = fs::read_to_string(root().join(&path)).ok()?;
        Some(Source { path, text })
    };
    paths().into_iter().filter_map(read).collect()
}

/// All text files with one of these endings.
pub(crate) fn ending_in(ends: &[&str]) -> Vec<Source> {
    let mut sources = sources();
    sources.retain(|source| ends.iter().any(|end| source.path.ends_with(end)));
    sources
}

/// All Rust files.
pub(crate) fn rust() -> Vec<Source> {
    ending_in(&[".rs"])
}

/// One file that has to be there.
pub(crate) fn file(path: &str) -> Source {
    let text = fs::read_to_string(root().join(path));
    Source {
        path: path.to_owned(),
        text: text.unwrap_or_else(|error| panic!("{path}: {error}")),
    }
}

/// Fails with all findings, and with what to do about them.
pub(crate) fn none(remedy: &str, findings: &[String]) {
    let told = findings.join("\n  ");
    assert!(
        findings.is_empty(),
        "{} findings:\n  {told}\n{remedy}",
        findings.len()
    );
}
