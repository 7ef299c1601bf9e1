//! The programs of this lecture.

use assert_cmd::assert::Assert;
use lecture_kit::{Lecture, run};

/// This lecture.
pub(crate) const LECTURE: Lecture =
    Lecture::new("signals", env!("CARGO_MANIFEST_DIR"), env!("CARGO_BIN_EXE_signals"));

/// Runs the example of that name.
pub(crate) fn example(name: &str) -> Assert {
    LECTURE.example(name)
}

/// Runs the lecture's program.
pub(crate) fn signals(words: &[&str]) -> Assert {
    run(&mut LECTURE.program(words))
}
