//! When a grading run meets trouble: Ctrl-C, a full disk, a file that may not grow.

#![allow(unsafe_code, reason = "a limit is set for the grader between fork and exec")]

mod course_kit;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use course_kit::{Class, RIGHT, member, plain_xtask, target, xtask};
use nix::poll::poll;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};
use predicates::prelude::PredicateBooleanExt as _;
use predicates::str::contains;
use sandbox::protocol::Verdict;

const HANGS: &str = "pub fn run() -> u8 { loop { std::thread::park() } }";

#[test]
fn ctrl_c_keeps_what_was_graded_and_leaves_nothing_behind() {
    let class = Class::new();
    class.file("a right/src/lib.rs", RIGHT);
    // So many that hang that the run cannot end before it is interrupted.
    for number in 0..30 {
        class.file(&format!("hangs {number}/src/lib.rs"), HANGS);
    }
    let mut grader = plain_xtask(&class.args(&["--jobs", "2"]));
    let grader = grader.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let all_of_first = |text: &str| text.matches("\"member\":0,\"check\"").count() == 3;
    wait_until("the first member is graded", || journal(&class).is_some_and(|text| all_of_first(&text)));
    wait_until("a sandbox runs", || !descendants(&grader).is_empty());
    let family = descendants(&grader);
    let pid = Pid::from_raw(grader.id().cast_signed());
    kill(pid, Signal::SIGINT).unwrap();
    let done = grader.wait_with_output().unwrap();
    let told = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(130), "{told}");
    assert!(told.contains("interrupted; what was graded is in "), "{told}");
    let alive: Vec<_> = family.iter().filter(|process| started(process.0) == Some(process.1)).collect();
    assert!(alive.is_empty(), "still alive: {alive:?}");

    let results = class.results();
    assert!(!results.complete);
    assert_eq!(member(&results, "a right").total, 100);
    let last = member(&results, "hangs 9");
    assert_eq!((last.total, last.undecided), (0, 100));
    let is_not_run = |check: &grader::outcome::CheckOutcome| {
        check.verdict == Verdict::NotRun && check.text == "grading was interrupted before this check"
    };
    assert!(last.checks.iter().all(is_not_run), "{last:?}");
    assert!(results.members().all(|m| m.checks.iter().all(|c| c.verdict != Verdict::GraderError)));
    assert_eq!(run_folders_of(pid), Vec::<PathBuf>::new());
}

#[test]
fn ctrl_c_in_a_later_lab_keeps_what_was_graded_before_it() {
    let class = Class::new();
    class.file("a right/labs/01-hello/src/lib.rs", RIGHT);
    for number in 0..30 {
        let hangs = "pub fn count() { loop { std::thread::park() } } pub fn add() { count() }";
        class.file(&format!("hangs {number}/02-pair/src/lib.rs"), hangs);
    }
    let mut grader = plain_xtask(&class.args_of_course(&["--jobs", "2"]));
    let grader = grader.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let is_in_second = || journal_of(&class, "02").is_some_and(|text| text.contains("\"event\":\"check\""));
    wait_until("a check of lab 02 has ended", is_in_second);
    let family = descendants(&grader);
    kill(Pid::from_raw(grader.id().cast_signed()), Signal::SIGINT).unwrap();
    let pid = Pid::from_raw(grader.id().cast_signed());
    let done = grader.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(130), "{}", String::from_utf8_lossy(&done.stderr));
    let alive: Vec<_> = family.iter().filter(|process| started(process.0) == Some(process.1)).collect();
    assert!(alive.is_empty(), "still alive: {alive:?}");
    let results = class.results();
    assert!(results.labs[0].complete && !results.labs[1].complete);
    assert_eq!(member(&results, "a right").total, 100);
    assert!(results.students.iter().any(|student| student.undecided == 100));
    assert_eq!(run_folders_of(pid), Vec::<PathBuf>::new());
}

#[test]
fn a_report_that_cannot_be_written_leaves_the_old_one() {
    let class = Class::new();
    class.file("alice/src/lib.rs", RIGHT);
    class.graded(&[]);
    let files = ["results.json", "gradebook.csv", "milestones.csv", "report.html", "journal-01.jsonl"];
    let before = files.map(|name| class.read(name));
    let listed = || {
        let folder = fs::read_dir(class.out.path().join("latest")).unwrap();
        folder.map(|entry| entry.unwrap().file_name()).collect::<BTreeSet<_>>()
    };
    let listed_before = listed();
    let mut report = plain_xtask(&["report", class.out.path().to_str().unwrap()]);
    let limit = || Ok(setrlimit(Resource::RLIMIT_FSIZE, 100, 100)?);
    // SAFETY: setrlimit(2) is one system call; nothing is allocated between fork and exec.
    unsafe { report.pre_exec(limit) };
    let done = report.output().unwrap();
    let told = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(4), "{told}");
    assert!(told.contains("results.json: File too large") && told.contains("have every verdict"), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(files.map(|name| class.read(name)) == before, "a file has changed");
    assert_eq!(listed(), listed_before, "something half written was left");
}

#[test]
fn a_full_disk_is_said_in_one_line_and_the_journal_stays() {
    if !geteuid().is_root() {
        eprintln!("skipped: only root can mount a small tmpfs");
        return;
    }
    let class = Class::new();
    class.file("alice/src/lib.rs", RIGHT).file("bob/src/lib.rs", RIGHT);
    // Warm: what is built for the first time has nothing to do with the small disk.
    class.graded(&[]);
    let disk = tempfile::tempdir().unwrap();
    let script = "mount -t tmpfs -o size=12k,mode=755 tmpfs \"$1\" && \"$2\" grade \"$3\" --lab 01 --out \"$1\"; code=$?; \
                  cat \"$1\"/2*/journal-01.jsonl > \"$4\"; \
                  test -f \"$1\"/latest/journal-01.jsonl || echo \"latest leads nowhere\" >&2; ls \"$1\"/* >> \"$4\".ls; exit $code";
    let copy = class.out.path().join("journal");
    let done = Command::new("unshare")
        .args(["--mount", "sh", "-c", script, "sh"])
        .args([disk.path(), Path::new(env!("CARGO_BIN_EXE_xtask")), class.folder.path(), &copy])
        .current_dir(course_kit::root())
        .env("CARGO_TARGET_DIR", target())
        .output()
        .unwrap();
    let told = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(4), "{told}");
    let error: Vec<&str> = told.lines().filter(|line| line.starts_with("error: ")).collect();
    assert!(error.len() == 1 && error[0].contains("No space left on device; the journals"), "{told}");
    assert!(!told.contains("latest leads nowhere"), "{told}");
    let journal = fs::read_to_string(copy).unwrap();
    assert_eq!(journal.lines().filter(|line| line.contains("\"verdict\":\"pass\"")).count(), 6, "{journal}");
}

#[test]
fn grades_that_cannot_be_written_are_refused_before_anything_is_built() {
    let class = Class::new();
    class.file("alice/src/lib.rs", RIGHT);
    let file = class.out.path().join("file");
    fs::write(&file, "").unwrap();
    let folder = class.folder.path().to_str().unwrap();
    let args = ["grade", folder, "--lab", "01", "--out", file.to_str().unwrap()];
    xtask(&args).assert().code(4).stderr(contains("create ").and(contains("preparing").not()));
}

fn journal(class: &Class) -> Option<String> {
    journal_of(class, "01")
}

fn journal_of(class: &Class, lab: &str) -> Option<String> {
    let name = format!("journal-{lab}.jsonl");
    let folders = fs::read_dir(class.out.path()).ok()?;
    folders.flatten().find_map(|folder| fs::read_to_string(folder.path().join(&name)).ok())
}

/// Every process below the grader, with its start time.
fn descendants(grader: &Child) -> BTreeSet<(i32, u64)> {
    let all: Vec<(i32, i32)> = fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok())
        .filter_map(|pid| Some((pid, stat(pid)?.get(1)?.parse().ok()?)))
        .collect();
    let mut below = BTreeSet::from([grader.id().cast_signed()]);
    loop {
        let more: Vec<i32> = all
            .iter()
            .filter(|(pid, parent)| below.contains(parent) && !below.contains(pid))
            .map(|(pid, _)| *pid)
            .collect();
        if more.is_empty() {
            break;
        }
        below.extend(more);
    }
    below.remove(&grader.id().cast_signed());
    below.into_iter().filter_map(|pid| Some((pid, started(pid)?))).collect()
}

fn started(pid: i32) -> Option<u64> {
    stat(pid)?.get(19)?.parse().ok()
}

/// The fields of `/proc/PID/stat` after the name: state, parent, ... See proc(5).
fn stat(pid: i32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    Some(text.rsplit_once(')')?.1.split_whitespace().map(str::to_owned).collect())
}

/// Session folders whose owner was `pid`; other tests have theirs.
fn run_folders_of(pid: Pid) -> Vec<PathBuf> {
    let prefix = format!("run-{pid}-");
    let entries = fs::read_dir(target().join("ipc-labs")).unwrap().flatten().map(|entry| entry.path());
    entries.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(&prefix)).collect()
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        // A watchdog for a broken grader, not a measure: the first run compiles the course.
        assert!(start.elapsed() < Duration::from_secs(300), "waited in vain until {what}");
        poll(&mut [], 20_u8).unwrap();
    }
}
