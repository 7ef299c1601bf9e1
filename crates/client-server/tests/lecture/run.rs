//! The programs of this lecture.

use assert_cmd::assert::Assert;
use lecture_kit::{Lecture, run};

/// This lecture.
pub(crate) const LECTURE: Lecture =
    Lecture::new("client-server", env!("CARGO_MANIFEST_DIR"), env!("CARGO_BIN_EXE_client-server"));

/// Runs the example of that name.
pub(crate) fn example(name: &str) -> Assert {
    LECTURE.example(name)
}

/// Runs the example of that name with some words.
pub(crate) fn example_with(name: &str, words: &[&str]) -> Assert {
    run(LECTURE.example_command(name).args(words))
}

/// Runs the lecture's program.
pub(crate) fn client_server(words: &[&str]) -> Assert {
    run(&mut LECTURE.program(words))
}
