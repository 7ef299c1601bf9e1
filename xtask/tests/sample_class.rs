//! The whole sample class, as the README shows it. It takes minutes, so it runs when asked for:
//! `cargo test -p xtask --test sample_class -- --ignored`.

use std::path::Path;
use std::process::Command;

use grader::readme;

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

/// What the report says of a member's check.
fn told(out: &Path, member: &str, check: &str) -> String {
    let text = std::fs::read_to_string(out.join("latest/results.json")).expect("results");
    let results: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let all = |value: &serde_json::Value, list: &str| value[list].as_array().expect("a list").clone();
    let members = all(&results, "members");
    let member = members.iter().find(|found| found["name"] == member).expect("the member");
    let checks = all(member, "checks");
    let check = checks.iter().find(|found| found["check"] == check).expect("the check");
    check["text"].as_str().expect("a text").to_owned()
}

#[test]
#[ignore = "grades 73 programs; continuous integration asks for it"]
fn the_sample_class_is_graded_as_expected_and_as_the_readme_shows() {
    let out = tempfile::tempdir().expect("a folder for the grades");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let done = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["grade", "--out"])
        .arg(out.path())
        .current_dir(root)
        .output()
        .expect("xtask starts");
    let printed = String::from_utf8_lossy(&done.stdout).into_owned();
    let diagnosed = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{printed}\n{diagnosed}");
    assert!(!printed.contains("NOT AS EXPECTED"), "{printed}");
    assert!(readme::is_like(shown(), &printed), "the README shows another run than\n{printed}");
    let check = "m2_pipe::the_reader_sees_end_of_file_when_the_writer_exits";
    let told = told(out.path(), "mutant psh_keeps_the_write_end", check);
    let (_, told) = told.split_once("command: psh").expect("a command");
    let told = told.split("\nseed: ").next().unwrap_or_default();
    assert!(readme::is_like(shown_of_a_hang(), told), "the README shows another hang than\n{told}");
}
