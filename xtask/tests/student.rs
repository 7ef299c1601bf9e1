//! What a student types and sees, from outside.

mod tiny_kit;

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::process::Stdio;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use predicates::prelude::PredicateBooleanExt as _;
use predicates::str::{contains, starts_with};
use rstest::rstest;
use tiny_kit::{LIB, Tiny};

#[test]
fn bench_says_when_the_checkout_cannot_measure() {
    let output = Tiny::new().process(&["bench", "01"]).output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    assert_eq!(output.stderr, b"error: this checkout has no crates/bench, which measures\n");
}

#[test]
fn a_new_lab_is_red_for_the_stated_reason() {
    let (out, status) = Tiny::new().told(&["check", "01", "--seed", "7"]);
    assert_eq!(status, Some(1));
    assert_eq!(
        out,
        "lab 01 Two checks   seed 7

m1 One number
  crash         0/40  it prints one
  | two panicked: not yet implemented: M1: print 1
  | again: cargo xtask check 01 m1_one::it_prints_one --seed 7

m2 More numbers
  crash         0/60  it prints more

1 more without their texts: `cargo xtask check 01 MILESTONE` or `cargo xtask check 01 --full`

  m1   One number                                 0 / 40
  m2   More numbers                               0 / 60
  points                                          0 / 100
  2 crash

next: cargo xtask hint 01 m1
      cargo xtask explain m1_one::it_prints_one
"
    );
}

#[test]
fn a_solved_lab_is_green_and_leaves_nothing_behind() {
    let tiny = Tiny::new();
    tiny.solve();
    let temporary = tempfile::tempdir().unwrap();
    tiny.xtask(&["check"])
        .env("TMPDIR", temporary.path())
        .assert()
        .code(0)
        .stdout(contains("points                                        100 / 100"))
        .stdout(contains("next").not());
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
}

#[test]
fn in_a_labs_folder_the_lab_need_not_be_named() {
    let tiny = Tiny::new();
    tiny.solve();
    let check = |word: &str| {
        let output =
            tiny.process(&["check", word]).current_dir(tiny.path("labs/01-two-checks")).output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    for part in ["m2", "it_prints_more"] {
        let (out, _) = check(part);
        assert!(
            out.contains("pass         60/60  it prints more") && !out.contains("m1 One number"),
            "{out}"
        );
    }
    assert!(check("1").0.contains("100 / 100"));
    assert_eq!(check("m3").1, "error: there is no lab `m3`; the labs are: 01-two-checks\n");
}

#[test]
fn hints_are_broken_where_the_screen_ends() {
    let tiny = Tiny::new();
    let readme = "labs/01-two-checks/README.md";
    let long = format!("<details><summary>Hint 1</summary>\n{}\n", "Words and words. ".repeat(20));
    tiny.edit(readme, "<details><summary>Hint 1</summary>\n", &long);
    tiny.xtask(&["hint", "01", "m1"]).assert().stdout(contains("Words and words. ".repeat(20).trim_end()));
    let told = tiny.xtask(&["hint", "01", "m1", "--again"]).env("COLUMNS", "50").output().unwrap();
    let told = String::from_utf8(told.stdout).unwrap();
    let body: Vec<&str> = told.lines().filter(|line| line.starts_with("Words")).collect();
    assert!(body.len() > 5 && body.iter().all(|line| line.len() <= 50), "{told}");
}

#[test]
fn one_wrong_case_of_a_check_costs_its_points() {
    let tiny = Tiny::new();
    tiny.solve().edit(LIB, "println!(\"3\")", "println!(\"4\")");
    let (out, status) = tiny.told(&["check", "01", "m2"]);
    assert_eq!(status, Some(1));
    assert!(out.contains("| case 2 three: expected '3/n' received '4/n'"), "{out}");
    assert!(!out.contains("m1 One number"), "{out}");
}

#[test]
fn what_does_not_compile_is_shown_as_the_compiler_says_it() {
    let tiny = Tiny::new();
    tiny.edit(LIB, "todo!(\"M1: print 1\")", "missing()");
    tiny.xtask(&["check", "01"])
        .assert()
        .code(3)
        .stdout("")
        .stderr(contains("error[E0425]").and(contains("lab01-two-checks does not compile")))
        .stderr(contains("\u{1b}[").not());
}

#[test]
fn a_broken_specification_is_not_the_students_fault() {
    let tiny = Tiny::new();
    tiny.edit("crates/testkit/src/lib.rs", "pub fn run", "pub fnrun");
    tiny.xtask(&["check", "01"]).assert().code(5);
}

#[test]
fn a_referee_without_a_verdict_is_a_grader_error() {
    let tiny = Tiny::new();
    tiny.solve();
    tiny.edit(
        "crates/testkit/src/lib.rs",
        "writeln!(pipe",
        "std::process::exit(0);\n#[allow(unreachable_code)]\nwriteln!(pipe",
    );
    let (out, status) = tiny.told(&["check", "01", "m1"]);
    assert_eq!(status, Some(5), "{out}");
    assert!(out.contains("m1_one::it_prints_one gave no verdict: the referee ended with status 0"), "{out}");
    assert!(out.contains("our fault and not yours"), "{out}");
}

#[test]
fn a_check_without_points_is_told_before_anything_runs() {
    let tiny = Tiny::new();
    tiny.edit("labs/01-two-checks/tests/spec/m1_one.rs", "fn it_prints_one", "fn it_says_one");
    tiny.xtask(&["check", "01"])
        .assert()
        .code(4)
        .stdout("")
        .stderr(contains(
            "labs/01-two-checks/lab.toml: the check m1_one::it_says_one has no points in lab.toml",
        ))
        .stderr(contains("gives points to m1_one::it_prints_one, which no test is named"));
}

#[test]
fn ctrl_c_ends_everything_and_leaves_nothing() {
    let tiny = Tiny::new();
    // The student's program announces itself, then never ends; a child of its own leaves the group.
    tiny.solve().edit(
        LIB,
        "println!(\"1\")",
        "std::process::Command::new(\"setsid\").args([\"sleep\", \"4711\"]).spawn().unwrap();
    std::fs::write(std::env::var(\"ANNOUNCE\").unwrap(), \"\").unwrap();
    std::thread::sleep(std::time::Duration::from_secs(600))",
    );
    let temporary = tempfile::tempdir().unwrap();
    let announce = tiny.path("announced");
    let mut command = tiny.process(&["check", "01"]);
    command.env("TMPDIR", temporary.path()).env("ANNOUNCE", &announce);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).process_group(0).spawn().unwrap();
    while !announce.exists() {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::yield_now();
    }
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
    let lost: Vec<String> = running().into_iter().filter(|line| line.contains("sleep\x004711")).collect();
    assert!(lost.is_empty(), "{lost:?}");
}

fn running() -> Vec<String> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    entries.filter_map(|entry| fs::read_to_string(entry.path().join("cmdline")).ok()).collect()
}

#[rstest]
#[case::unknown_command(&["chek"], 2, "unrecognized subcommand 'chek'")]
#[case::unknown_lab(&["check", "09"], 2, "there is no lab `09`; the labs are: 01-two-checks")]
#[case::unknown_milestone(&["check", "01", "m7"], 2, "lab 01 has no milestone or check `m7`; its milestones are m1, m2")]
#[case::ambiguous(&["check", "01", "it_prints"], 2, "`it_prints` may be m1_one::it_prints_one or m2_more::it_prints_more")]
#[case::no_jobs(&["check", "01", "--jobs", "0"], 2, "a number from 1 to 256 is needed")]
#[case::bad_seed(&["check", "--seed", "x"], 2, "invalid value 'x' for '--seed <N>'")]
#[case::hint(&["hint", "01", "m9"], 2, "lab 01 has no milestone `m9`; it has m1, m2")]
#[case::explain(&["explain", "nothing"], 2, "lab 01 has no milestone or check `nothing`")]
fn wrong_usage_is_one_clear_line(#[case] args: &[&str], #[case] status: i32, #[case] line: &str) {
    Tiny::new()
        .xtask(args)
        .assert()
        .code(status)
        .stdout("")
        .stderr(starts_with("error: ").and(contains(line)));
}

#[test]
fn a_wrong_manifest_is_told_with_file_and_line() {
    let tiny = Tiny::new();
    tiny.edit("labs/01-two-checks/lab.toml", "points = 40", "points = 41");
    let line = "error: labs/01-two-checks/lab.toml:1: the points add up to 101, not 100\n";
    tiny.xtask(&["list"]).assert().code(4).stdout("").stderr(line);
}

#[test]
fn outside_of_a_course_there_is_nothing_to_do() {
    let tiny = Tiny::new();
    let elsewhere = tempfile::tempdir().unwrap();
    tiny.xtask(&["list"]).current_dir(elsewhere.path()).assert().code(4).stderr(contains("labs/"));
}

#[test]
fn a_check_is_explained_by_its_comment() {
    let (out, status) = Tiny::new().told(&["explain", "prints one"]);
    assert_eq!(status, Some(0));
    assert_eq!(
        out,
        "it prints one
lab 01, m1, 40 points: not tried yet

The first word is 1.

Man pages: printf(3).

labs/01-two-checks/tests/spec/m1_one.rs:9

   8  #[test]
   9  fn it_prints_one() {
  10      expect(\"m1_one::it_prints_one\", \"one\", \"1\\n\");
  11  }

it calls: expect, labs/01-two-checks/tests/spec/mod.rs:7

run it:  cargo xtask check 01 m1_one::it_prints_one
"
    );
}

#[test]
fn every_command_has_help_with_an_example() {
    let tiny = Tiny::new();
    for command in [
        "list", "check", "watch", "hint", "explain", "trace", "autopsy", "reset", "submit", "grade",
        "report", "starters", "readmes", "verify", "causes", "handout", "doctor", "ci",
    ] {
        let example = format!("cargo xtask {command}");
        tiny.xtask(&[command, "--help"]).assert().code(0).stdout(contains("Example").and(contains(example)));
    }
}

#[test]
fn a_full_disk_behind_standard_output_is_said_in_one_line() {
    let tiny = Tiny::new();
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let list = tiny.process(&["list"]).stdout(full).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let done = list.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(4));
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert_eq!(said, "error: write to standard output: No space left on device\n");
}
