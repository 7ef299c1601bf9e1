//! The whole sample class, as the README shows it. It takes minutes, so it runs when asked for:
//! `cargo test -p xtask --test sample_class -- --ignored`.

use std::path::Path;
use std::process::Command;

/// What the README shows after `$ cargo xtask grade`, line by line.
fn shown() -> Vec<String> {
    let readme = include_str!("../../README.md");
    let (_, rest) = readme.split_once("$ cargo xtask grade\n").expect("the README shows a run");
    let (run, _) = rest.split_once("```").expect("the run ends");
    run.lines().map(str::to_owned).collect()
}

/// The line without what differs from run to run: the seed, and the folder's name.
fn constant(line: &str) -> String {
    let line = line.split("; seed:").next().unwrap_or(line);
    match line.strip_prefix("report: ") {
        Some(path) => format!("report: {}", Path::new(path).file_name().unwrap_or_default().display()),
        None => line.trim_end().to_owned(),
    }
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
    let real: Vec<String> = printed.lines().map(constant).collect();
    for line in shown().iter().filter(|line| line.trim() != "...") {
        assert!(real.contains(&constant(line)), "the README shows\n{line}\nbut the run printed\n{printed}");
    }
}
