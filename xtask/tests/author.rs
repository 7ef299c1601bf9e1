//! What an author types and sees, from outside.

mod tiny_kit;

use std::fs;
use std::process::Command;

use predicates::prelude::PredicateBooleanExt as _;
use predicates::str::contains;
use rstest::rstest;
use tiny_kit::{LIB, Tiny};

const SOLUTION: &str = "solutions/01-two-checks/src/lib.rs";

#[test]
fn a_starter_that_was_changed_is_found_and_written_again() {
    let tiny = Tiny::new();
    let right = tiny.read(LIB);
    tiny.xtask(&["starters", "--check"]).assert().code(0);
    tiny.edit(LIB, "M1: print 1", "M1: print one");
    fs::write(tiny.path("labs/01-two-checks/src/extra.rs"), "//! Not from the solution.\n").unwrap();
    let (out, status) = tiny.told(&["starters", "--check"]);
    assert_eq!(status, Some(1));
    assert_eq!(
        out,
        "out of date: labs/01-two-checks/src/extra.rs\nout of date: labs/01-two-checks/src/lib.rs\nrun `cargo xtask starters`\n"
    );
    tiny.xtask(&["starters"]).assert().code(0);
    assert_eq!(tiny.read(LIB), right);
    assert!(!tiny.path("labs/01-two-checks/src/extra.rs").exists());
}

#[test]
fn a_lost_marker_is_told_with_file_and_line() {
    let tiny = Tiny::new();
    tiny.edit(SOLUTION, "    // END SOLUTION\n", "");
    let line = "error: solutions/01-two-checks/src/lib.rs:12: BEGIN SOLUTION inside a solution\n";
    tiny.xtask(&["starters", "--check"]).assert().code(4).stderr(line);
}

#[test]
fn generated_parts_of_readmes_are_written() {
    let tiny = Tiny::new();
    tiny.xtask(&["readmes", "--check"]).assert().code(1).stdout(contains("labs/README.md: out of date"));
    // The tiny README lacks headings, so the command still fails; what it writes is right.
    tiny.xtask(&["readmes"]).assert().code(1).stdout(contains("no heading `## Predict first`"));
    let readme = tiny.read("labs/01-two-checks/README.md");
    assert!(readme.contains("| m2 | More numbers | 1 | 60 | 0.3 |"), "{readme}");
    assert!(
        readme.contains("<!-- checks m2 -->\n- it prints more (60 points)\n<!-- /checks m2 -->\n"),
        "{readme}"
    );
    assert!(tiny.read("labs/README.md").contains("[01 Two checks](01-two-checks/README.md)"));
    let matrix = tiny.read("solutions/README.md");
    assert!(
        matrix.contains("| prints no newline | A line ends by itself. | `m1_one::it_prints_one` |"),
        "{matrix}"
    );
    let (out, _) = tiny.told(&["readmes", "--check"]);
    assert!(!out.contains("out of date"), "{out}");
}

#[test]
fn a_list_of_checks_that_differs_from_the_points_is_told() {
    let tiny = Tiny::new();
    tiny.xtask(&["readmes"]).assert().code(1);
    tiny.edit("labs/01-two-checks/README.md", "it prints one (40 points)", "it prints one (41 points)");
    let told = "labs/01-two-checks/README.md: out of date";
    tiny.xtask(&["readmes", "--check"]).assert().code(1).stdout(contains(told));
    tiny.edit("labs/01-two-checks/README.md", "<!-- checks m2 -->\n", "");
    let told = "labs/01-two-checks/README.md: no line `<!-- checks m2 -->`";
    tiny.xtask(&["readmes", "--check"]).assert().code(1).stdout(contains(told));
}

#[test]
fn an_example_that_is_not_true_is_told() {
    let tiny = Tiny::new();
    let example = "## Reading\n\n```console\n$ two one\n1\n$ two two; echo $?\n3\n```\n";
    let readme = tiny.read("labs/01-two-checks/README.md");
    fs::write(tiny.path("labs/01-two-checks/README.md"), format!("{readme}\n{example}")).unwrap();
    let (out, status) = tiny.told(&["readmes", "--check"]);
    assert_eq!(status, Some(1));
    assert!(
        out.contains("`two two; echo $?` prints otherwise\n--- the README\n3\n--- the reference\n2\n0\n---"),
        "{out}"
    );
    assert!(!out.contains("`two one` prints otherwise"), "{out}");
}

#[test]
fn a_check_that_fails_for_nothing_is_counted() {
    let tiny = Tiny::new();
    let flake = ["flake", "--runs", "2", "--jobs", "2", "--load", "1", "--write"];
    tiny.xtask(&flake).assert().code(0).stdout(contains("lab 01: 0 of 4 failed (2 checks, 2 runs)"));
    tiny.edit(SOLUTION, "println!(\"1\")", "println!(\"0\")");
    let failed = contains("lab 01, run 2:").and(contains("lab 01: 2 of 4 failed (2 checks, 2 runs)"));
    tiny.xtask(&flake).assert().code(1).stdout(failed);
    tiny.xtask(&["readmes"]).assert().code(1);
    let readme = tiny.read("solutions/README.md");
    assert!(readme.contains("| 01 | 2 | 2 | 2 | 1 |"), "{readme}");
    assert!(readme.contains("| 2 | `m1_one::it_prints_one` 2 |"), "{readme}");
}

#[test]
fn what_is_right_passes_the_gate_and_what_lacks_is_told() {
    let (out, status) = Tiny::new().told(&["verify"]);
    assert_eq!(status, Some(1));
    for line in [
        "ok     the arrows between packages",
        "  labs/01-two-checks/README.md: m2 has 1 hints of 3",
        "  solutions/01-two-checks/NOTES.md: no such file",
        "  labs/01-two-checks/tests/spec/m2_more.rs: m2_more::it_prints_more has no comment for students",
        "  lab 01: 1 mutants, at least 20 are needed",
        "  lab 01: no mutant is caught by m2_more::it_prints_more",
        "ok     lab 01: the starter fails for the stated reason",
        "ok     lab 01: the reference has all points, three times",
        "ok     lab 01: the alternative has all points",
        "ok     lab 01: each mutant is caught by its checks",
    ] {
        assert!(out.contains(line), "{line} is not in\n{out}");
    }
}

#[test]
fn every_lab_is_verified_each_against_its_own_mutants() {
    let tiny = Tiny::new();
    tiny.second_lab();
    // What catches the mutant in lab 01 does not in lab 02.
    tiny.edit("labs/02-two-more/tests/spec/m1_one.rs", "\"1\\n\"", "\"1\"");
    let (out, status) = tiny.told(&["verify"]);
    assert_eq!(status, Some(1));
    let places = [
        "ok     lab 01: the starter fails for the stated reason",
        "ok     lab 01: the reference has all points, three times",
        "ok     lab 01: the alternative has all points",
        "ok     lab 01: each mutant is caught by its checks",
        "lab 02: 1 mutants, at least 20 are needed",
        "ok     lab 02: the starter fails for the stated reason",
        "  the reference fails: m1_one::it_prints_one (fail",
        "  the alternative fails: m1_one::it_prints_one (fail",
        "  mutant prints_no_newline is not caught: m1_one::it_prints_one (pass",
    ];
    let places = places.map(|line| out.find(line).unwrap_or_else(|| panic!("{line} is not in\n{out}")));
    assert!(places.is_sorted(), "{out}");
}

#[test]
fn a_solution_of_another_lab_is_named_nowhere() {
    let tiny = Tiny::new();
    tiny.second_lab().edit("labs/02-two-more/README.md", "# ", "# As solutions/01, ");
    let (out, _) = tiny.told(&["verify", "--quick"]);
    assert!(out.contains("labs/02-two-more/README.md:1: names `solutions/01`"), "{out}");
}

#[test]
fn with_several_labs_each_command_needs_to_know_which() {
    let tiny = Tiny::new();
    tiny.second_lab();
    let asked = "error: which lab? Name it (`cargo xtask check 01`) or go into its folder\n";
    for command in ["check", "watch", "causes"] {
        tiny.xtask(&[command]).assert().code(2).stderr(asked);
    }
    let several =
        "`it_prints_one` may be 01 m1_one::it_prints_one or 02 m1_one::it_prints_one; name the lab first";
    tiny.xtask(&["explain", "it_prints_one"]).assert().code(2).stderr(contains(several));
    let told = contains("cargo xtask check 02 m1_one::it_prints_one");
    tiny.xtask(&["explain", "02", "it_prints_one"]).assert().code(0).stdout(told.clone());
    let folder = tiny.path("labs/02-two-more/src");
    tiny.xtask(&["explain", "it_prints_one"]).current_dir(&folder).assert().code(0).stdout(told);
    tiny.xtask(&["check", "m1"]).current_dir(&folder).assert().code(1).stdout(contains("lab 02 Two checks"));
    tiny.xtask(&["list"])
        .assert()
        .code(0)
        .stdout(contains("\n01 Two checks").and(contains("\n02 Two checks")));
    let line = "trace 02 --text --solution -- one";
    let args: Vec<&str> = line.split(' ').collect();
    tiny.xtask(&args).assert().code(0).stdout(contains("1\n"));
}

#[test]
fn the_catalogue_of_bugs_is_measured_once_and_its_words_are_renewed() {
    let tiny = Tiny::new();
    let catalogue = "labs/01-two-checks/causes.toml";
    let patch = "solutions/01-two-checks/mutants/prints_no_newline.patch";
    tiny.xtask(&["causes", "--jobs", "2"]).assert().code(0).stdout(contains("1 mutants to measure"));
    let first = tiny.read(catalogue);
    let bug = "[[bug]]
name = \"prints_no_newline\"
cause = \"A line ends by itself.\"

[bug.fails]
\"m1_one::it_prints_one\" = \"fail\"
";
    assert!(first.contains(bug), "{first}");
    assert!(first.contains("written = \"m1\"\nstubs = [\"m2_more::it_prints_more\"]"), "{first}");
    tiny.edit(patch, "# misconception", "# cause: A newline is missing.\n# misconception");
    let told = format!("{catalogue}: prints_no_newline has other words than its patch");
    tiny.xtask(&["verify", "--quick"]).assert().code(1).stdout(contains(told));
    // Now there is nothing to build.
    tiny.xtask(&["causes"]).assert().code(0).stdout(format!("wrote {catalogue}; bugs in it: 1\n"));
    assert_eq!(tiny.read(catalogue), first.replace("A line ends by itself.", "A newline is missing."));
}

#[rstest]
#[case::starter(
    LIB,
    "todo!(\"M1: print 1\")",
    "println!(\"0\")",
    "the starter does not fail for the stated reason: m1_one::it_prints_one (fail"
)]
#[case::reference(
    SOLUTION,
    "println!(\"2\")",
    "println!(\"20\")",
    "the reference fails: m2_more::it_prints_more (fail"
)]
#[case::alternative(
    "solutions/01-two-checks/alternative/src/lib.rs",
    "print!(\"1\\n\")",
    "print!(\"1\")",
    "the alternative fails: m1_one::it_prints_one (fail"
)]
#[case::mutant(
    "labs/01-two-checks/tests/spec/m1_one.rs",
    "\"1\\n\"",
    "\"1\"",
    "mutant prints_no_newline is not caught: m1_one::it_prints_one (pass"
)]
#[case::stale_patch(SOLUTION, "pub fn one()", "pub fn one ()", "mutant prints_no_newline: src/lib.rs: ")]
fn a_broken_invariant_is_told(
    #[case] path: &str,
    #[case] from: &str,
    #[case] to: &str,
    #[case] expected: &str,
) {
    let tiny = Tiny::new();
    tiny.edit(path, from, to);
    let (out, status) = tiny.told(&["verify"]);
    assert_eq!(status, Some(1), "{out}");
    assert!(out.contains(expected), "{expected} is not in\n{out}");
}

#[rstest]
#[case::wrong_catcher(
    "solutions/01-two-checks/mutants/prints_no_newline.patch",
    "it_prints_one",
    "it_prints",
    "mutant prints_no_newline: there is no check m1_one::it_prints"
)]
#[case::named_solution(
    "labs/01-two-checks/README.md",
    "# Two checks",
    "# sol01",
    "labs/01-two-checks/README.md:1: names `sol01`"
)]
#[case::editable(
    "labs/01-two-checks/lab.toml",
    "src/**/*.rs",
    "lib/*.rs",
    "labs/01-two-checks/lab.toml: no file is named by `lib/*.rs`"
)]
#[case::dependency(
    "solutions/01-two-checks/Cargo.toml",
    "[dev-dependencies]",
    "[dependencies]\ntestkit = { path = \"../../crates/testkit\" }\n[dev-dependencies]",
    "sol01-two-checks must not depend on testkit"
)]
fn a_broken_rule_is_told_without_a_run(
    #[case] path: &str,
    #[case] from: &str,
    #[case] to: &str,
    #[case] expected: &str,
) {
    let tiny = Tiny::new();
    tiny.edit(path, from, to);
    let (out, status) = tiny.told(&["verify", "--quick"]);
    assert_eq!(status, Some(1), "{out}");
    assert!(out.contains(expected), "{expected} is not in\n{out}");
}

#[test]
fn a_handout_builds_and_holds_no_solution() {
    let tiny = Tiny::new();
    tiny.git_add();
    fs::write(tiny.path("grades-of-last-year"), "secret").unwrap();
    let place = tempfile::tempdir().unwrap();
    let handout = place.path().join("course");
    tiny.xtask(&["handout", handout.to_str().unwrap()]).assert().code(0);
    let solutions: Vec<_> = fs::read_dir(handout.join("solutions")).unwrap().flatten().collect();
    assert_eq!(solutions.len(), 1, "{solutions:?}");
    let page = fs::read_to_string(handout.join("solutions/README.md")).unwrap();
    assert!(page.contains("<!-- mutants -->\nNot in a student's checkout.\n"), "{page}");
    assert!(!handout.join("grades-of-last-year").exists());
    assert!(!fs::read_to_string(handout.join("Cargo.lock")).unwrap().contains("sol01"));
    let build = Command::new("cargo")
        .args(["build", "--locked", "--offline", "--quiet"])
        .current_dir(&handout)
        .status();
    assert!(build.unwrap().success());
    // Once more into the same folder: nothing is overwritten.
    tiny.xtask(&["handout", handout.to_str().unwrap()]).assert().code(4).stderr(contains("is not empty"));
    // A student's checkout works, and says what it lacks.
    tiny.xtask(&["starters"]).current_dir(&handout).assert().code(4).stderr(contains("no solutions"));
    tiny.xtask(&["check", "01", "m1"]).current_dir(&handout).assert().code(1);
}
