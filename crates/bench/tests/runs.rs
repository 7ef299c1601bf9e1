//! `bench` from outside, with tiny counts: what it measures does not matter here, only that it does and what it says.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use tempfile::TempDir;

fn bench(arguments: &[&str]) -> (String, String, Option<i32>) {
    let output = Command::new(env!("CARGO_BIN_EXE_bench")).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code())
}

/// A program of some lab, as a script.
fn script(folder: &TempDir, name: &str, body: &str) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
    fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    path
}

fn given(who: &str, path: &Path) -> String {
    format!("{who}={}", path.display())
}

#[test]
fn the_machine_has_a_screen_and_a_page() {
    let folder = TempDir::new().unwrap();
    let page = folder.path().join("new/machine.html");
    let (out, err, status) = bench(&["phys", "--quick", "--html", page.to_str().unwrap()]);
    assert_eq!(status, Some(0), "{out}{err}");
    for part in
        ["this machine now: ", "system call that does nothing", "copied on one core (limit)", "page: "]
    {
        assert!(out.contains(part), "{part} is missing in {out}");
    }
    assert!(fs::read_to_string(page).unwrap().contains("<svg"));
}

#[test]
fn a_shell_is_measured_beside_another_one() {
    let folder = TempDir::new().unwrap();
    let yours = given("yours/psh", &script(&folder, "psh", "exec bash \"$@\""));
    let (out, err, status) = bench(&["lab", "01", "--quick", "--program", &yours]);
    assert_eq!(status, Some(0), "{out}{err}");
    assert!(!out.contains("yours failed"), "{out}");
    assert!(
        out.contains("a pipeline of 5 programs that do nothing [µs a pipeline; less is better]"),
        "{out}"
    );
    assert!(out.contains("no shell (limit)"), "{out}");
}

#[test]
fn a_shell_that_prints_rubbish_or_fails_gets_a_line_and_the_rest_goes_on() {
    let folder = TempDir::new().unwrap();
    let rubbish = script(&folder, "psh", "echo rubbish");
    let broken = script(&folder, "sol-psh", "echo 'psh: todo' >&2; exit 101");
    let (yours, reference) = (given("yours/psh", &rubbish), given("reference/psh", &broken));
    let (out, err, status) = bench(&["lab", "01", "--quick", "--program", &yours, "--program", &reference]);
    assert_eq!(status, Some(0), "{out}{err}");
    assert!(out.contains("failed: expected 1342177 from wc, received `rubbish`"), "{out}");
    assert!(out.contains("failed: exit status: 101: psh: todo"), "{out}");
    assert!(out.contains("no shell"), "{out}");
}

#[test]
fn a_ring_that_cannot_be_made_gets_a_line_and_a_pipe_is_measured() {
    let folder = TempDir::new().unwrap();
    let yours = given("yours/ring", &script(&folder, "ring", "echo 'ring: not yet' >&2; exit 1"));
    let (out, err, status) = bench(&["lab", "07", "--quick", "--program", &yours]);
    assert_eq!(status, Some(0), "{out}{err}");
    assert!(out.contains("failed: create: exit status: 1: ring: not yet"), "{out}");
    assert!(out.contains("rtrb: crates/bench-peers is not built"), "{out}");
    assert!(out.contains("cat | cat"), "{out}");
}

#[test]
fn every_lab_names_who_fails_and_measures_the_rest() {
    let folder = TempDir::new().unwrap();
    let broken = script(&folder, "broken", "echo 'broken: not yet' >&2; exit 1");
    let labs = [
        ("02", &["prodcon"][..], "records of 64 bytes through a pipe", "cat | cat"),
        ("03", &["filed"], "ECHO of 64 bytes over TCP", "two wake-ups"),
        ("04", &["pool"], "share of the busier worker", "no queue, two threads"),
        ("05", &["dnc", "mpirun", "ranks"], "a barrier of 2 ranks", "what the cores are worth"),
        ("06", &["sigcount", "flushd", "within", "superv"], "`true` under a limit of 60 s", "timeout"),
        ("08", &["rpcd", "rpcc"], "add(a, b), 64 calls under way", "core to core"),
    ];
    for (lab, programs, title, row) in labs {
        let given: Vec<String> =
            programs.iter().map(|name| given(&format!("yours/{name}"), &broken)).collect();
        let mut arguments = vec!["lab", lab, "--quick"];
        given.iter().for_each(|one| arguments.extend(["--program", one.as_str()]));
        let (out, err, status) = bench(&arguments);
        assert_eq!(status, Some(0), "{out}{err}");
        for part in [title, row, "failed: ", "exit status: 1: broken: not yet"] {
            assert!(out.contains(part), "lab {lab}: {part} is missing in {out}");
        }
    }
}

#[test]
fn the_mechanisms_end_in_a_table_to_choose_from() {
    let (out, err, status) = bench(&["mechanisms", "--quick"]);
    assert_eq!(status, Some(0), "{out}{err}");
    for part in ["what they cost here", "ring in memory", "outlives its users", "no message of 65536 bytes"] {
        assert!(out.contains(part), "{part} is missing in {out}");
    }
    assert_eq!(out.matches("failed: ").count(), 2, "only the two queues have a limit: {out}");
}

#[test]
fn wrong_usage_ends_with_2_and_a_missing_program_is_named() {
    let (_, err, status) = bench(&["fly"]);
    assert_eq!(status, Some(2));
    assert!(err.starts_with("error: there is no command `fly`\nusage: bench labs\n"), "{err}");
    let (_, err, status) = bench(&["lab", "07", "--program", "yours/ring=/nowhere"]);
    assert_eq!(status, Some(5));
    assert_eq!(err, "error: --program yours/ring=/nowhere: /nowhere is no program\n");
    let (_, err, _) = bench(&["lab", "99"]);
    assert_eq!(err, "error: lab 99 cannot be measured\n");
}

#[test]
fn a_page_that_cannot_be_written_is_an_error() {
    let (_, err, status) = bench(&["phys", "--quick", "--html", "/dev/null/page.html"]);
    assert_eq!(status, Some(5));
    assert!(err.starts_with("error: write /dev/null/page.html: "), "{err}");
}

#[test]
fn the_labs_are_listed_with_their_programs() {
    assert_eq!(
        bench(&["labs"]).0,
        "01 psh\n02 prodcon\n03 filed\n04 pool\n05 dnc mpirun ranks\n06 sigcount flushd within superv\n07 ring\n08 rpcd rpcc\n"
    );
}
