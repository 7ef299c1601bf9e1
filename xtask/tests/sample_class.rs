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

#[test]
#[ignore = "grades 72 programs; continuous integration asks for it"]
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
}
