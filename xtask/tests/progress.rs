//! What the runner remembers of a student's work, from outside.

mod tiny_kit;

use std::fs;
use std::process::Stdio;

use predicates::prelude::PredicateBooleanExt as _;
use predicates::str::{contains, starts_with};
use rstest::rstest;
use tiny_kit::{LIB, Tiny};

const PROGRESS: &str = ".ipc-labs/progress.json";

#[test]
fn a_hint_opens_after_two_attempts_with_changed_files() {
    let tiny = Tiny::new();
    let hint = |more: &[&str]| tiny.told(&[&["hint", "01", "m1"], more].concat()).0;
    assert!(hint(&["--again"]).starts_with("no hint seen yet"));
    let first = hint(&[]);
    assert!(first.starts_with("m1 One number, hint 1 of 2\n\nWhich macro prints a line?\n\n"), "{first}");
    assert!(first.contains("Hint 2 opens after 2 more attempts at m1."), "{first}");
    for (stub, left) in [("print 0", "1 more attempt at"), ("print 9", "hint 2 of 2\n\nIt is `println!`.")] {
        tiny.edit(LIB, "todo!(\"M1: ", &format!("println!(\"{stub}\");\n    todo!(\"M1: "));
        // The same code twice is one attempt.
        tiny.xtask(&["check", "01", "m1"]).assert().code(1);
        tiny.xtask(&["check", "01", "m1"]).assert().code(1);
        let told = hint(&[]);
        assert!(told.contains(left), "{told}");
    }
    assert!(hint(&[]).starts_with("You have seen all 2 hints."));
    let all = hint(&["--again"]);
    assert!(all.contains("hint 1 of 2") && all.contains("hint 2 of 2"), "{all}");
}

#[test]
fn force_shows_the_next_hint_at_once() {
    let tiny = Tiny::new();
    tiny.xtask(&["hint", "1", "m1_one"]).assert().code(0);
    tiny.xtask(&["hint", "01", "m1"]).assert().code(0).stdout(starts_with("Hint 2 opens after 2"));
    let shown = starts_with("m1 One number, hint 2 of 2").and(contains("That was the last hint."));
    tiny.xtask(&["hint", "01", "m1", "--force"]).assert().code(0).stdout(shown);
    tiny.xtask(&["hint", "01", "m1", "--force", "--again"]).assert().code(2);
}

#[test]
fn a_milestone_that_is_done_has_no_locked_hint() {
    let tiny = Tiny::new();
    tiny.solve();
    tiny.xtask(&["check", "01", "m1"]).assert().code(0);
    tiny.xtask(&["hint", "01", "m1"])
        .assert()
        .code(0)
        .stdout(contains("hint 2 of 2: cargo xtask hint 01 m1"));
    tiny.xtask(&["hint", "01", "m1"]).assert().code(0).stdout(starts_with("m1 One number, hint 2 of 2"));
}

#[test]
fn progress_outlives_cargo_clean() {
    let tiny = Tiny::new();
    tiny.solve();
    tiny.xtask(&["check", "01"]).assert().code(0);
    fs::remove_dir_all(tiny.path("target")).unwrap();
    assert!(tiny.read(PROGRESS).contains("\"m2_more::it_prints_more\""));
}

#[test]
fn the_reference_is_nobodys_progress() {
    let tiny = Tiny::new();
    tiny.xtask(&["check", "01", "--solution"]).assert().code(0);
    assert!(!tiny.path(PROGRESS).exists());
}

#[rstest]
#[case::broken(
    "{",
    "progress.json: EOF while parsing an object at line 1 column 1; kept as .ipc-labs/progress.json.broken-1"
)]
#[case::newer(
    "{\"format\":\"ipc-labs/progress/v9\"}",
    "its format is not ipc-labs/progress/v1; kept as .ipc-labs/progress.json.broken-1"
)]
fn a_file_that_is_not_understood_is_kept(#[case] text: &str, #[case] line: &str) {
    let tiny = Tiny::new();
    fs::create_dir(tiny.path(".ipc-labs")).unwrap();
    fs::write(tiny.path(PROGRESS), text).unwrap();
    let told = tiny.process(&["hint", "01", "m1"]).output().unwrap();
    let stderr = String::from_utf8(told.stderr).unwrap();
    assert!(told.status.success() && stderr.contains(line) && stderr.lines().count() == 1, "{stderr}");
    assert_eq!(tiny.read(".ipc-labs/progress.json.broken-1"), text);
    tiny.xtask(&["hint", "01", "m1"]).assert().code(0).stderr("");
}

#[test]
fn a_check_works_where_nothing_can_be_remembered() {
    let tiny = Tiny::new();
    tiny.solve();
    // A file in place of the folder stops root, too.
    fs::write(tiny.path(".ipc-labs"), "").unwrap();
    let line = "warning: progress is not remembered in .ipc-labs/progress.json: Not a directory\n";
    tiny.xtask(&["check", "01"]).assert().code(0).stderr(line);
}

#[test]
fn two_checks_at_once_are_both_remembered() {
    let tiny = Tiny::new();
    tiny.solve();
    tiny.xtask(&["check", "01", "m1"]).assert().code(0);
    fs::remove_file(tiny.path(PROGRESS)).unwrap();
    let both: Vec<_> = ["m1", "m2"]
        .map(|milestone| tiny.process(&["check", "01", milestone]).stdout(Stdio::null()).spawn().unwrap())
        .into();
    for mut check in both {
        assert!(check.wait().unwrap().success());
    }
    let progress = tiny.read(PROGRESS);
    assert!(progress.contains("m1_one::it_prints_one"), "{progress}");
    assert!(progress.contains("m2_more::it_prints_more"), "{progress}");
}

#[test]
fn a_new_lab_is_listed_with_its_first_step() {
    let tiny = Tiny::new();
    let (out, status) = tiny.told(&["list"]);
    assert_eq!(status, Some(0));
    assert_eq!(
        out,
        "   lab                       hours   done      points              next step
01 Two checks                 0.5 h   0 of 2   ..........   0/100  check 01 m1

next: cargo xtask check 01 m1
"
    );
    let (out, _) = tiny.told(&["list", "01"]);
    assert_eq!(
        out,
        "01 Two checks   0.5 hours   .......... 0/100 points

m1 One number                                                0 / 40
  -        40  it_prints_one

m2 More numbers                                              0 / 60
  -        60  it_prints_more

next: cargo xtask check 01 m1
"
    );
    // Nothing was built for it, and nothing written.
    assert!(!tiny.path("target").exists() && !tiny.path(".ipc-labs").exists());
}

#[test]
fn what_was_checked_is_listed_without_a_build() {
    let tiny = Tiny::new();
    tiny.edit(LIB, "todo!(\"M1: print 1\")", "println!(\"1\")");
    tiny.xtask(&["check", "01"]).assert().code(1);
    let (out, _) = tiny.told(&["list"]);
    assert!(out.contains(" 1 of 2   ####......  40/100  check 01 m2\n"), "{out}");
    assert!(out.lines().all(|line| line.len() <= 80), "{out}");
    let (out, _) = tiny.told(&["list", "01"]);
    assert!(
        out.contains("  pass     40  it_prints_one\n") && out.contains("  crash    60  it_prints_more\n"),
        "{out}"
    );
    assert!(!out.contains("changed"), "{out}");
    tiny.edit(LIB, "println!(\"1\")", "println!(\"2\")");
    let (out, _) = tiny.told(&["list", "01"]);
    assert!(out.ends_with("Your files have changed since the last check.\n"), "{out}");
}

#[test]
fn what_passed_before_and_fails_now_is_said() {
    let tiny = Tiny::new();
    tiny.solve();
    tiny.xtask(&["check", "01"]).assert().code(0);
    let (out, _) = tiny.told(&["list"]);
    assert!(out.contains(" 2 of 2   ########## 100/100  submit 01\n") && !out.contains("next: "), "{out}");
    tiny.edit(LIB, "println!(\"1\")", "println!(\"2\")");
    tiny.xtask(&["check", "01", "m1"]).assert().code(1);
    let (out, _) = tiny.told(&["list"]);
    assert!(out.contains("lab 01: 60 points now; what is missing passed before"), "{out}");
    let (out, _) = tiny.told(&["list", "01"]);
    assert!(out.contains("  fail     40  it_prints_one\n               passed on 2"), "{out}");
}

#[test]
fn files_that_do_not_compile_are_remembered_as_such() {
    let tiny = Tiny::new();
    tiny.edit(LIB, "todo!(\"M1: print 1\")", "missing()");
    tiny.xtask(&["check", "01"]).assert().code(3);
    assert!(tiny.told(&["list", "01"]).0.ends_with("Your files do not compile.\n"));
}

const NOTES: &str = "# Notes

## By milestone

### M1 One number

`println!` writes the line in one piece.

### M2 More numbers

The same.
";

#[test]
fn the_notes_of_the_reference_come_after_full_marks() {
    let tiny = Tiny::new();
    fs::write(tiny.path("solutions/01-two-checks/NOTES.md"), NOTES).unwrap();
    let explain = || tiny.told(&["explain", "it_prints_one"]).0;
    let silent = explain();
    assert!(!silent.contains("reference") && !silent.contains("otes"), "{silent}");
    tiny.solve();
    tiny.xtask(&["check", "01", "m1"]).assert().code(0);
    let told = explain();
    assert!(told.starts_with("it prints one\nlab 01, m1, 40 points: pass, 2"), "{told}");
    assert!(told.contains("m1 One number\n\n`println!` writes the line in one piece.\n"), "{told}");
    assert!(!told.contains("The same."), "{told}");
    // A student's checkout has no solution; then there is nothing to say.
    fs::remove_dir_all(tiny.path("solutions/01-two-checks")).unwrap();
    assert!(explain().ends_with("run it:  cargo xtask check 01 m1_one::it_prints_one\n"));
}

#[test]
fn a_check_whose_source_is_not_here_says_so() {
    let tiny = Tiny::new();
    fs::remove_file(tiny.path("labs/01-two-checks/tests/spec/m1_one.rs")).unwrap();
    let line = "error: labs/01-two-checks/tests/spec/m1_one.rs: not here; a hidden check's source is with the teacher only\n";
    tiny.xtask(&["explain", "it_prints_one"]).assert().code(4).stdout("").stderr(line);
}
