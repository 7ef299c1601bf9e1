//! What a lecture's README shows and lists.

use std::collections::BTreeSet;

use crate::Lecture;

/// A command that the README shows, with the output below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// What follows `cargo run -q -p PACKAGE `: `--example NAME`, or `-- WORDS`.
    pub arguments: String,
    /// The output, to the next prompt or the end of the block.
    pub output: String,
}

impl Lecture {
    /// The text of README.md.
    ///
    /// # Panics
    /// If it cannot be read.
    #[must_use]
    pub fn readme(&self) -> String {
        std::fs::read_to_string(self.folder().join("README.md")).expect("the README can be read")
    }

    /// Each command of the `console` blocks that runs this package.
    ///
    /// # Panics
    /// If such a command stands outside of a console block.
    #[must_use]
    pub fn sessions(&self) -> Vec<Session> {
        let (readme, prompt) = (self.readme(), format!("$ cargo run -q -p {} ", self.package));
        let mut sessions = Vec::new();
        for block in readme.split("```console\n").skip(1) {
            let block = block.split("```").next().unwrap_or_default();
            for session in block.split("$ ").skip(1) {
                let (command, output) = session.split_once('\n').unwrap_or((session, ""));
                if let Some(arguments) = format!("$ {command}").strip_prefix(&prompt) {
                    sessions.push(Session { arguments: arguments.to_owned(), output: output.to_owned() });
                }
            }
        }
        let all = readme.matches(&format!("\n{prompt}")).count();
        assert_eq!(sessions.len(), all, "each command stands in a console block");
        sessions
    }

    /// The names of all examples.
    ///
    /// # Panics
    /// If they cannot be listed.
    #[must_use]
    pub fn examples(&self) -> BTreeSet<String> {
        let folder = self.folder().join("examples").read_dir().expect("the examples can be listed");
        let paths = folder.map(|entry| entry.expect("an entry can be read").path());
        paths
            .map(|path| path.file_stem().expect("a file has a name").to_string_lossy().into_owned())
            .collect()
    }

    /// The examples that the README's table of claims names: a row is `| claim | milestones | ` and the name in
    /// backquotes.
    ///
    /// # Panics
    /// If the README has no such table.
    #[must_use]
    pub fn rows(&self) -> BTreeSet<String> {
        let readme = self.readme();
        let table = readme.split("\n## ").find(|section| section.starts_with("Table of claims\n"));
        table
            .expect("the README has a table of claims")
            .lines()
            .filter_map(|line| line.strip_prefix("| ")?.strip_suffix("` |")?.rsplit_once("| `"))
            .map(|(_, name)| name.to_owned())
            .collect()
    }
}

/// The names of the tests in the source of a test file, each a function without arguments.
#[must_use]
pub fn tests_in(source: &str) -> BTreeSet<String> {
    let names = source.lines().filter_map(|line| line.strip_prefix("fn ")?.strip_suffix("() {"));
    names.map(str::to_owned).collect()
}
