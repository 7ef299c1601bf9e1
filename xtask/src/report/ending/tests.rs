//! What is said of a class at the end.

use super::*;
use crate::report::formats::tests_class;
use crate::score::sample;

#[test]
fn a_single_lab_only_tells_whom_to_look_at() {
    let results = Results::new(sample::run(), vec![tests_class()]);
    assert_eq!(lines(&results), ["look at: lab 01: 1 with an error of the grader: dave"]);
}

#[test]
fn several_labs_have_a_row_each_and_no_line_is_wider_than_80_columns() {
    let mut second = tests_class();
    second.head.lab = "02".into();
    second.members[3].entry.name = "王".repeat(100);
    let results = Results::new(sample::run(), vec![tests_class(), second]);
    let lines = lines(&results);
    assert_eq!(
        lines[..3],
        [
            "class      counted   mean median   of  no compile  to look at",
            "lab 01           2   20.0      0  100           1           1",
            "lab 02           2   20.0      0  100           1           1",
        ]
    );
    assert!(lines.iter().all(|line| console::measure_text_width(line) <= 80), "{lines:?}");
    assert!(lines[4].ends_with('…'), "{lines:?}");
}
