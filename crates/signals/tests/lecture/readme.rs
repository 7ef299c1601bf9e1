//! Keeps README.md true: the sessions it shows, its table of claims, and the list of tests.

use std::collections::BTreeSet;

use crate::run::{LECTURE, example};
use lecture_kit::tests_in;

#[test]
fn each_session_shows_what_really_is_printed() {
    let sessions = LECTURE.sessions();
    assert!(sessions.len() >= 10, "the README shows sessions, found {}", sessions.len());
    for session in sessions {
        let name = session.arguments.strip_prefix("--example ");
        example(name.unwrap_or_else(|| panic!("not an example: {}", session.arguments)))
            .success()
            .stdout(session.output);
    }
}

#[test]
fn each_example_has_a_test_and_a_row_in_the_table() {
    let examples = LECTURE.examples();
    // The claims that not every machine can show: `"name",` on a line of its own.
    let machine = include_str!("../machine/main.rs").lines();
    let machine = machine.filter_map(|line| line.strip_prefix("        \"a_")?.strip_suffix("\","));
    let machine = machine.map(|rest| format!("a_{rest}"));
    let tests: BTreeSet<String> = tests_in(include_str!("claims.rs")).into_iter().chain(machine).collect();
    assert_eq!(examples, tests, "examples (left) and tests of the same name (right)");
    assert_eq!(examples, LECTURE.rows(), "examples (left) and rows of the table of claims (right)");
}
