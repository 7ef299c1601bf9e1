//! Keeps README.md true: the sessions it shows, its table of claims, and the list of tests.

use crate::run::{LECTURE, divide_conquer, example};
use lecture_kit::tests_in;

#[test]
fn each_session_shows_what_really_is_printed() {
    let sessions = LECTURE.sessions();
    assert!(sessions.len() >= 20, "the README shows sessions, found {}", sessions.len());
    for session in sessions {
        let words: Vec<&str> = session.arguments.split_whitespace().collect();
        let run = match words.as_slice() {
            ["--example", name] => example(name),
            ["--", words @ ..] => divide_conquer(words),
            _ => panic!("neither an example nor the program: {}", session.arguments),
        };
        run.success().stdout(session.output);
    }
}

#[test]
fn each_example_has_a_test_and_a_row_in_the_table() {
    let examples = LECTURE.examples();
    let tests = tests_in(include_str!("claims.rs"));
    assert_eq!(examples, tests, "examples (left) and tests of the same name (right)");
    assert_eq!(examples, LECTURE.rows(), "examples (left) and rows of the table of claims (right)");
}
