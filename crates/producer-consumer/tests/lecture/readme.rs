//! Keeps README.md true: the sessions it shows, its table of claims, and the list of claims.

use crate::{claims, run, trial};
use libtest_mimic::Trial;
use std::collections::BTreeSet;

const PROMPT: &str = "$ cargo run -q -p producer-consumer ";

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("each_session_shows_what_really_is_printed", each_session_shows_what_really_is_printed),
        trial("each_example_has_a_claim_and_a_row_in_the_table", each_example_has_a_claim_and_a_row),
    ]
}

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

fn each_session_shows_what_really_is_printed() {
    let readme = readme();
    let sessions = sessions(&readme);
    assert_eq!(
        sessions.len(),
        readme.matches(&format!("\n{PROMPT}")).count(),
        "each command stands in a console block"
    );
    assert!(sessions.len() >= 20, "the README shows sessions, found {}", sessions.len());
    for (arguments, output) in sessions {
        if let Some(name) = arguments.strip_prefix("--example ") {
            // Its claim is listed as ignored, with the reason.
            if claims::needs(name).missing().is_none() {
                run::example(name).success().stdout(output);
            }
        } else {
            let words = arguments.strip_prefix("-- ").expect("a command runs an example or the program");
            run::player(&words.split(' ').collect::<Vec<_>>()).success().stdout(output);
        }
    }
}

fn each_example_has_a_claim_and_a_row() {
    let examples: BTreeSet<String> = run::examples().into_iter().collect();
    let claims: BTreeSet<String> = claims::names().map(str::to_owned).collect();
    assert_eq!(examples, claims, "examples (left) and claims of the same name (right)");
    assert_eq!(claims::names().count(), claims.len(), "no claim stands twice");

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
