//! The programs of this lecture. None may leave a segment behind.

use assert_cmd::assert::Assert;
use lecture_kit::{Lecture, run, run_then};

/// This lecture.
pub(crate) const LECTURE: Lecture =
    Lecture::new("shm-ring", env!("CARGO_MANIFEST_DIR"), env!("CARGO_BIN_EXE_shm-ring"));

/// Runs the example of that name, and looks for segments with its process number in their names.
pub(crate) fn example(name: &str) -> Assert {
    run_then(&mut LECTURE.example_command(name), |pid| {
        let left = names_with(&format!("shm-ring-{pid}-"));
        assert_eq!(left, [""; 0], "{name} left segments behind");
    })
}

/// Runs the lecture's program.
pub(crate) fn shm_ring(words: &[&str]) -> Assert {
    run(&mut LECTURE.program(words))
}

/// The names in /dev/shm that begin so.
pub(crate) fn names_with(beginning: &str) -> Vec<String> {
    let names = std::fs::read_dir("/dev/shm").expect("the segments can be listed");
    let names = names.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with(beginning)).collect()
}
