//! How a failed check looks on the screen: the texts that testkit locks in `crates/testkit/tests/texts`, with what
//! `check` puts around them. `UPDATE_EXPECT=1 cargo test -p xtask --test screens` writes them anew.

#[path = "../../crates/testkit/tests/golden/mod.rs"]
mod golden;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anstream::adapter::strip_str;
use grader::causes::{Bug, Fit, Likely};
use grader::outcome::CheckOutcome;
use grader::show::{ROWS, Told, check_lines};
use rstest::rstest;
use sandbox::protocol::Verdict;

fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A check that failed with one of testkit's texts.
fn failed(name: &str, verdict: Verdict) -> CheckOutcome {
    let text =
        fs::read_to_string(folder("../crates/testkit/tests/texts").join(format!("{name}.txt"))).unwrap();
    let check = format!("m2_pipe::{name}");
    CheckOutcome { check, points: 0, max: 2, verdict, text, detail: String::new(), seed: 7, millis: 1 }
}

fn bug(cause: &str) -> Bug {
    Bug { name: String::new(), cause: cause.to_owned(), fails: BTreeMap::new() }
}

#[rstest]
#[case("a_missing_newline", Verdict::Fail)]
#[case("wrong_output_in_a_long_line", Verdict::Fail)]
#[case("a_rust_panic", Verdict::Crash)]
#[case("a_process_left", Verdict::Leak)]
#[case("a_pipe_that_never_ends", Verdict::Hang)]
fn a_failed_check_is_shown_with_its_likely_cause_and_the_command(
    #[case] name: &str,
    #[case] verdict: Verdict,
) {
    let one = bug(
        "psh still holds the write end of the pipe, so the reader never sees end of file. Close it in psh.",
    );
    let other = bug("psh waits for the last stage only. Wait for every stage of the line.");
    let likely = Likely { bugs: vec![&one, &other], fit: Fit::Both };
    let lines = check_lines("01", &failed(name, verdict), Told::Text, Some(&likely));
    let file = folder("tests/screens").join(format!("{name}.txt"));
    golden::assert_is(&file, &format!("{}\n", strip_str(&lines)));
}

#[test]
fn every_text_fits_the_rows_of_a_small_screen() {
    let one = bug(&"a cause of two lines ".repeat(6));
    let likely = Likely { bugs: vec![&one], fit: Fit::Whole };
    for entry in fs::read_dir(folder("../crates/testkit/tests/texts")).unwrap() {
        let name = entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned();
        let lines = check_lines("01", &failed(&name, Verdict::Fail), Told::Text, Some(&likely));
        let rows = strip_str(&lines)
            .to_string()
            .lines()
            .map(|line| line.chars().count().div_ceil(80))
            .sum::<usize>();
        assert!(rows <= ROWS, "{rows} rows:\n{lines}");
    }
}
