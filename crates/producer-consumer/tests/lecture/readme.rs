//! Keeps README.md true: the sessions it shows, its table of claims, and the list of claims.

use crate::run::{LECTURE, example, player};
use crate::{claims, trial};
use libtest_mimic::Trial;
use std::collections::BTreeSet;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("each_session_shows_what_really_is_printed", each_session_shows_what_really_is_printed),
        trial("each_example_has_a_claim_and_a_row_in_the_table", each_example_has_a_claim_and_a_row),
    ]
}

fn each_session_shows_what_really_is_printed() {
    let sessions = LECTURE.sessions();
    assert!(sessions.len() >= 20, "the README shows sessions, found {}", sessions.len());
    for session in sessions {
        if let Some(name) = session.arguments.strip_prefix("--example ") {
            // Its claim is listed as ignored, with the reason.
            if claims::needs(name).missing().is_none() {
                example(name).success().stdout(session.output);
            }
        } else {
            let words = session.arguments.strip_prefix("-- ");
            let words = words.expect("a command runs an example or the program");
            player(&words.split(' ').collect::<Vec<_>>()).success().stdout(session.output);
        }
    }
}

fn each_example_has_a_claim_and_a_row() {
    let examples = LECTURE.examples();
    let claims: BTreeSet<String> = claims::names().map(str::to_owned).collect();
    assert_eq!(examples, claims, "examples (left) and claims of the same name (right)");
    assert_eq!(claims::names().count(), claims.len(), "no claim stands twice");
    assert_eq!(examples, LECTURE.rows(), "examples (left) and rows of the table of claims (right)");
}
