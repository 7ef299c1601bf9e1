//! Keeps README.md true: the sessions it shows, its table of claims, and the list of tests.

use crate::run;
use std::collections::BTreeSet;

const PROMPT: &str = "$ cargo run -q -p client-server ";

fn readme() -> String {
    std::fs::read_to_string(run::folder().join("README.md")).expect("the README can be read")
}

/// Each command of the `console` blocks that runs this package, with the output shown below it.
fn sessions(readme: &str) -> Vec<(String, String)> {
    let mut sessions = Vec::new();
    for block in readme.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap_or_default();
        for session in block.split("$ ").skip(1) {
            let (command, output) = session.split_once('\n').unwrap_or((session, ""));
            if let Some(arguments) = format!("$ {command}").strip_prefix(PROMPT) {
                sessions.push((arguments.to_owned(), output.to_owned()));
            }
        }
    }
    sessions
}

#[test]
fn each_session_shows_what_really_is_printed() {
    let readme = readme();
    let sessions = sessions(&readme);
    assert_eq!(
        sessions.len(),
        readme.matches(&format!("\n{PROMPT}")).count(),
        "each command stands in a console block"
    );
    assert!(sessions.len() >= 10, "the README shows sessions, found {}", sessions.len());
    for (arguments, output) in sessions {
        let name =
            arguments.strip_prefix("--example ").unwrap_or_else(|| panic!("not an example: {arguments}"));
        run::example(name).success().stdout(output);
    }
}

#[test]
fn each_example_has_a_test_and_a_row_in_the_table() {
    let folder = run::folder().join("examples").read_dir().expect("the examples can be listed");
    let examples: BTreeSet<String> = folder
        .map(|entry| entry.expect("an entry can be read").path())
        .map(|path| path.file_stem().expect("a file has a name").to_string_lossy().into_owned())
        .collect();

    let claims = include_str!("claims.rs").lines();
    let claims = claims.filter_map(|line| line.strip_prefix("fn ")?.strip_suffix("() {"));
    // The claims that not every machine can show: `"name",` on a line of its own.
    let machine = include_str!("../machine/main.rs").lines();
    let machine = machine.filter_map(|line| line.strip_prefix("            \"")?.strip_suffix("\","));
    let tests: BTreeSet<String> = claims.chain(machine).map(str::to_owned).collect();
    assert_eq!(examples, tests, "examples (left) and tests of the same name (right)");

    // A row of the table: | claim | milestones | `example` |
    let readme = readme();
    let table = readme.split("\n## ").find(|section| section.starts_with("Table of claims\n"));
    let rows: BTreeSet<String> = table
        .expect("the README has a table of claims")
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix("` |")?.rsplit_once("| `"))
        .map(|(_, name)| name.to_owned())
        .collect();
    assert_eq!(examples, rows, "examples (left) and rows of the table of claims (right)");
}
