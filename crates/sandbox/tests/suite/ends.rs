//! How a run ends: nobody survives it, and only plain files leave it.

use std::time::Duration;

use rstest::rstest;
use sandbox::{Collect, End, Level};

use crate::harness::{Bench, Want, eventually, process_with, run, start};

/// A word for a command line that no other process has.
fn marker(what: &str) -> String {
    format!("sandbox-marker-{what}-{}-{}", std::process::id(), crate::harness::slot())
}

#[rstest]
#[case::full(Level::Full)]
#[case::reduced(Level::Reduced)]
#[case::none(Level::None)]
fn a_daemon_is_dead_when_the_run_returns(#[case] level: Level) {
    let marker = marker("daemon");
    Want::Says("left").check(&Bench::new().attack(level, &["daemon", &marker]));
    assert_eq!(process_with(&marker), None);
}

#[rstest]
#[case::full(Level::Full)]
#[case::reduced(Level::Reduced)]
#[case::none(Level::None)]
fn a_deaf_loop_is_dead_when_the_run_returns(#[case] level: Level) {
    let marker = marker("deaf");
    let bench = Bench::new();
    let mut spec = bench.spec(level, &["ignore_everything", &marker]);
    spec.limits.wall = Duration::from_millis(500);
    Want::Ends(End::TimedOut).check(&run(&spec));
    assert_eq!(process_with(&marker), None);
}

#[rstest]
fn a_killed_grader_takes_the_programs_with_it(
    #[values(Level::Full, Level::Reduced, Level::None)] level: Level,
    #[values("ignore_everything", "spin")] attack: &str,
) {
    let marker = marker("orphan");
    let bench = Bench::new();
    let mut grader = start(&bench.spec(level, &[attack, &marker]));
    let running = || process_with(&format!("sandbox-probe {attack} {marker}")).is_some();
    eventually("the program runs", running);
    grader.kill().expect("kill the grader");
    grader.wait().expect("wait for the grader");
    eventually("the program is dead", || process_with(&marker).is_none());
}

#[rstest]
fn a_cancelled_run_still_returns_an_outcome(#[values(Level::Full, Level::Reduced)] level: Level) {
    let marker = marker("cancelled");
    let bench = Bench::new();
    let grader = start(&bench.spec(level, &["ignore_everything", &marker]));
    let running = || process_with(&format!("sandbox-probe ignore_everything {marker}")).is_some();
    eventually("the program runs", running);
    let pid = nix::unistd::Pid::from_raw(grader.id().cast_signed());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).expect("send SIGTERM");
    let output = grader.wait_with_output().expect("wait for the grader");
    let outcome: sandbox::Outcome = serde_json::from_slice(&output.stdout).expect("decode the outcome");
    assert_eq!(outcome.end, End::Cancelled);
    assert_eq!(process_with(&marker), None);
}

#[test]
fn a_killed_grader_takes_the_referee_with_it() {
    let marker = marker("referee");
    let bench = Bench::new();
    let mut spec = bench.spec(Level::Full, &[]);
    let mut config = sandbox::protocol::Config::default();
    config.programs.insert("student".to_owned(), crate::harness::PROBE.into());
    spec.job = sandbox::Job::Referee {
        exe: crate::harness::bin("sandbox-referee"),
        args: vec!["hang".to_owned(), marker.clone()],
        cwd: "/tmp".into(),
        config: Box::new(config),
    };
    let mut grader = start(&spec);
    eventually("the referee runs", || process_with(&format!("referee hang {marker}")).is_some());
    grader.kill().expect("kill the grader");
    grader.wait().expect("wait for the grader");
    eventually("the referee is dead", || process_with(&marker).is_none());
}

#[test]
fn names_left_without_namespaces_are_swept_for_root() {
    let name = marker("swept");
    Bench::new().attack(Level::Reduced, &["leak", &name]);
    let left = std::path::Path::new("/dev/shm").join(&name);
    if nix::unistd::geteuid().is_root() {
        assert!(!left.exists(), "{} is left", left.display());
    } else {
        println!("skipped: an ordinary user's own names cannot be told from the programs'");
        std::fs::remove_file(left).expect("remove the name again");
    }
}

#[rstest]
#[case::a_plain_file("file", Ok("result"))]
#[case::a_link("link", Err("ELOOP"))]
#[case::a_fifo("fifo", Err("not a regular file"))]
#[case::a_folder("folder", Err("not a regular file"))]
#[case::too_many_bytes("big", Err("more than 1000"))]
#[case::nothing("nothing", Err("ENOENT"))]
fn only_plain_files_of_the_right_size_are_handed_back(
    #[case] kind: &str,
    #[case] want: Result<&str, &str>,
    #[values(Level::Full, Level::Reduced)] level: Level,
) {
    let bench = Bench::new();
    let mut spec = bench.spec(level, &["leave", kind]);
    spec.collect = vec![Collect { path: "/tmp/result".into(), max: 1000 }];
    let files = run(&spec).files;
    match (want, &files[0]) {
        (Ok(text), Ok(bytes)) => assert_eq!(bytes, text.as_bytes()),
        (Err(text), Err(reason)) => assert!(reason.contains(text), "{reason}"),
        (want, got) => panic!("wanted {want:?}, got {got:?}"),
    }
}

#[test]
fn a_link_on_the_way_to_a_file_is_not_followed() {
    let bench = Bench::new();
    let mut spec = bench.spec(Level::Full, &["leave", "linked_folder"]);
    spec.collect = vec![Collect { path: "/tmp/folder/passwd".into(), max: 1000 }];
    let files = run(&spec).files;
    assert!(files[0].as_ref().is_err_and(|reason| reason.contains("ELOOP")), "{files:?}");
}

#[test]
fn no_file_is_handed_back_by_a_command_that_failed() {
    let bench = Bench::new();
    let mut spec = bench.spec(Level::Full, &["no such attack"]);
    spec.collect = vec![Collect { path: "/etc/passwd".into(), max: 1000 }];
    let outcome = run(&spec);
    assert_eq!(outcome.end, End::Exited(1));
    assert!(outcome.files[0].is_err());
}

#[test]
fn a_program_that_cannot_be_executed_is_a_failed_setup() {
    let bench = Bench::new();
    let mut spec = bench.spec(Level::Full, &[]);
    spec.job = sandbox::Job::Exec { argv: vec!["/usr/bin/no-such-program".to_owned()], cwd: "/".into() };
    let End::SetupFailed(reason) = run(&spec).end else { panic!("it ran") };
    assert!(reason.contains("execute /usr/bin/no-such-program"), "{reason}");
}

#[test]
fn only_the_beginning_of_a_stream_is_kept() {
    let bench = Bench::new();
    let mut spec = bench.spec(Level::Full, &["flood"]);
    spec.limits.keep = 1000;
    spec.limits.output = 1 << 20;
    let outcome = run(&spec);
    assert_eq!(outcome.end, End::OutputLimit);
    assert_eq!(outcome.stdout.bytes.len(), 1000);
    assert!(outcome.stdout.total > 1 << 20);
}
