//! The whole sample class of every lab, as the README shows it. It takes minutes, so it runs when asked for:
//! `cargo test -p xtask --test sample_class -- --ignored`.

use std::path::{Path, PathBuf};
use std::process::Command;

use grader::readme;
use grader::score::Results;

/// What the README shows after `$ cargo xtask grade`; `...` and `…` stand for any lines and any text.
fn shown() -> &'static str {
    let readme = include_str!("../../README.md");
    let (_, rest) = readme.split_once("$ cargo xtask grade\n").expect("the README shows a run");
    rest.split_once("```").expect("the run ends").0
}

/// What the README shows of a hang.
fn shown_of_a_hang() -> &'static str {
    let readme = include_str!("../../README.md");
    let (_, rest) = readme.split_once("```text\ncommand: psh").expect("the README shows a hang");
    rest.split_once("```").expect("the text ends").0
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What `grade` prints, with these options and its grades in `out`.
fn grade(out: &Path, options: &[&str]) -> String {
    let mut grade = Command::new(env!("CARGO_BIN_EXE_xtask"));
    grade.args(["grade", "--fresh", "--out"]).arg(out).args(options).current_dir(root());
    let done = grade.output().expect("xtask starts");
    let printed = String::from_utf8_lossy(&done.stdout).into_owned();
    let diagnosed = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{printed}\n{diagnosed}");
    assert!(!printed.contains("NOT AS EXPECTED"), "{printed}");
    printed
}

fn results(out: &Path) -> Results {
    let text = std::fs::read(out.join("latest/results.json")).expect("results");
    grader::report::json::parse(&text).expect("the results as they are documented")
}

/// What the report says of a member's check in lab 01.
fn told(results: &Results, member: &str, check: &str) -> String {
    let members = &results.labs[0].members;
    let member = members.iter().find(|found| found.entry.name == member).expect("the member");
    let check = member.checks.iter().find(|found| found.check == check).expect("the check");
    check.text.clone()
}

/// The labs of the course, by the names of their folders.
fn labs(root: &Path) -> Vec<String> {
    let names = std::fs::read_dir(root.join("labs")).expect("labs").flatten();
    let names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut ids: Vec<String> = names.filter_map(|name| Some(name.split_once('-')?.0.to_owned())).collect();
    ids.sort();
    ids
}

#[test]
#[ignore = "grades some hundred programs; continuous integration asks for it"]
fn the_sample_class_is_graded_as_expected_and_as_the_readme_shows() {
    let out = tempfile::tempdir().expect("a folder for the grades");
    let printed = grade(out.path(), &[]);
    assert!(readme::is_like(shown(), &printed), "the README shows another run than\n{printed}");
    let results = results(out.path());
    let graded: Vec<&str> = results.labs.iter().map(|lab| lab.head.lab.as_str()).collect();
    assert_eq!(graded, labs(&root()), "each lab of the course is graded");
    for lab in &results.labs {
        let (met, all) = lab.expected().expect("a sample class");
        // The reference, the starter, the alternative, and a bug for each milestone.
        assert!(met == all && all == 12, "lab {}: {met} of {all}", lab.head.lab);
        assert!(lab.complete, "lab {}: something is undecided", lab.head.lab);
    }
}

#[test]
#[ignore = "builds and grades a program; continuous integration asks for it"]
fn a_hang_is_told_as_the_readme_shows() {
    let out = tempfile::tempdir().expect("a folder for the grades");
    grade(out.path(), &["--lab", "01", "--mutant", "psh_keeps_the_write_end"]);
    let results = results(out.path());
    let check = "m2_pipe::the_reader_sees_end_of_file_when_the_writer_exits";
    let told = told(&results, "mutant psh_keeps_the_write_end", check);
    let (_, told) = told.split_once("command: psh").expect("a command");
    let told = told.split("\nseed: ").next().unwrap_or_default();
    assert!(readme::is_like(shown_of_a_hang(), told), "the README shows another hang than\n{told}");
}
