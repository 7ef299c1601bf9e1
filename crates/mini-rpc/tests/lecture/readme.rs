//! Keeps README.md true: the sessions it shows, its table of claims, and the list of tests.

use crate::run::{LECTURE, example};
use lecture_kit::tests_in;
use std::collections::BTreeSet;

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
fn each_example_has_a_test_a_row_and_a_session() {
    let examples = LECTURE.examples();
    assert_eq!(
        examples,
        tests_in(include_str!("claims.rs")),
        "examples (left) and tests of that name (right)"
    );
    assert_eq!(examples, LECTURE.rows(), "examples (left) and rows of the table of claims (right)");
    let shown = LECTURE.sessions().into_iter().map(|session| session.arguments.replace("--example ", ""));
    assert_eq!(examples, shown.collect::<BTreeSet<_>>(), "examples (left) and sessions (right)");
}
