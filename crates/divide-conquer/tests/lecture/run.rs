//! The programs of this lecture.

use assert_cmd::assert::Assert;
use lecture_kit::{Lecture, run};

/// This lecture.
pub(crate) const LECTURE: Lecture =
    Lecture::new("divide-conquer", env!("CARGO_MANIFEST_DIR"), env!("CARGO_BIN_EXE_divide-conquer"));

/// Runs the example of that name.
pub(crate) fn example(name: &str) -> Assert {
    LECTURE.example(name)
}

/// Runs the lecture's program, without a terminal.
pub(crate) fn divide_conquer(words: &[&str]) -> Assert {
    run(&mut LECTURE.program(words))
}
