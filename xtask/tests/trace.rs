//! What a student sees of a program's life, from outside.

mod tiny_kit;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::process::Stdio;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use predicates::prelude::PredicateBooleanExt as _;
use predicates::str::contains;
use tiny_kit::{LIB, Tiny};

/// A program that starts `cat` at the end of a pipe and waits for it.
const FORGETFUL: &str = r#"
    use std::io::Write as _;
    let (reader, mut writer) = std::io::pipe().unwrap();
    let mut cat = std::process::Command::new("cat").stdin(reader).spawn().unwrap();
    writer.write_all(b"1\n").unwrap();
    // DROP
    cat.wait().unwrap();
"#;

fn forgetful() -> Tiny {
    let tiny = Tiny::new();
    tiny.edit(LIB, "todo!(\"M1: print 1\")", FORGETFUL);
    tiny
}

#[test]
fn a_forgotten_write_end_is_drawn_in_red_beside_the_reference() {
    let tiny = forgetful();
    let (out, status) = tiny.told(&["trace", "01", "--", "one"]);
    assert_eq!(status, Some(1), "{out}");
    for part in [
        "two one\n",
        "pipe A r=",
        "read A.r … for ever",
        "━ never closed ━",
        "two hangs: nobody can move any more",
        "for bytes or the end of pipe A, which does not come: still open in two (",
        "fix: close fd ",
        "page: target/ipc-labs/trace-01.html\n",
    ] {
        assert!(out.contains(part), "{part} is missing in {out}");
    }
    assert!(!out.contains('\u{1b}'), "{out}");
    let page = tiny.read("target/ipc-labs/trace-01.html");
    for part in
        ["stripe p0 w forgotten", "span hangs", "never closed", "The reference", "two ended with status 0"]
    {
        assert!(page.contains(part), "{part} is missing in the page");
    }
}

#[test]
fn a_closed_write_end_lets_the_reader_end() {
    let tiny = forgetful();
    tiny.edit(LIB, "// DROP", "drop(writer);");
    let (out, status) = tiny.told(&["trace", "01", "--text", "--width", "100", "--", "one"]);
    assert_eq!(status, Some(0), "{out}");
    // What the program prints comes first: it has this output for its own.
    assert!(out.starts_with("1\n\ntwo one\n"), "{out}");
    assert!(out.contains("read A.r EOF") && out.contains("two ended with status 0"), "{out}");
    assert!(!out.contains("never closed") && !out.contains("page:"), "{out}");
    assert!(!tiny.path("target/ipc-labs/trace-01.html").exists());
}

#[test]
fn a_students_checkout_knows_of_no_reference() {
    let tiny = forgetful();
    fs::remove_dir_all(tiny.path("solutions/01-two-checks")).unwrap();
    tiny.edit("Cargo.toml", ", \"solutions/*\"", "").edit(LIB, "// DROP", "drop(writer);");
    tiny.xtask(&["trace", "01", "--html", "mine.html", "--", "one"])
        .assert()
        .code(0)
        .stdout(contains("page: mine.html"));
    assert!(!tiny.read("mine.html").to_lowercase().contains("reference"));
    tiny.xtask(&["trace", "01", "--reference", "--", "one"])
        .assert()
        .code(4)
        .stderr(contains("this checkout has no solution"));
}

#[test]
fn what_cannot_be_is_told_before_anything_runs() {
    let tiny = forgetful();
    tiny.xtask(&["trace", "01", "--program", "three"])
        .assert()
        .code(2)
        .stderr(contains("lab 01 has no program `three`; it has two"));
    tiny.xtask(&["trace", "01", "--width", "5"]).assert().code(2).stderr(contains("from 40 to 1000"));
    tiny.xtask(&["trace", "01", "--html", "/proc/no/page.html", "--", "three"])
        .assert()
        .code(4)
        .stderr(contains("cannot write the page").and(contains("/proc/no")));
}

/// Somebody who traces us.
struct Debugger;

impl tracer::Audience for Debugger {
    fn wants_end(&self) -> bool {
        false
    }

    fn is_deadlock(&self, _: &tracer::Members) -> bool {
        false
    }

    fn at_rest(&self, _: &tracer::Members) {}

    fn idle(&self) {}

    fn left_behind(&self, _: &tracer::Members) {}
}

#[test]
fn where_tracing_is_refused_one_line_says_what_to_do() {
    let tiny = forgetful();
    tiny.edit(LIB, "// DROP", "drop(writer);");
    tiny.xtask(&["trace", "01", "--text", "--", "one"]).assert().code(0);
    let mut command = tiny.process(&["trace", "01", "--text", "--", "one"]);
    let (out, err) = (tiny.path("out"), tiny.path("err"));
    command.stdout(fs::File::create(&out).unwrap()).stderr(fs::File::create(&err).unwrap());
    let recording = tracer::record(&mut command, 1_000_000, &Debugger).unwrap();
    let end = recording.processes[0].ended.map(|(_, status)| status);
    let told = fs::read_to_string(&err).unwrap();
    assert_eq!(end, Some(tracer::Status::Exited(4)), "{told}");
    let line = told.lines().last().unwrap();
    assert!(line.starts_with("error: ptrace is refused: Operation not permitted; process "), "{told}");
    assert!(line.ends_with("traces this command already; start it without"), "{told}");
}

#[test]
fn ctrl_c_ends_the_program_and_draws_what_there_was() {
    let tiny = Tiny::new();
    tiny.edit(
        LIB,
        "todo!(\"M1: print 1\")",
        r#"println!("ready"); std::thread::sleep(std::time::Duration::from_secs(1000))"#,
    );
    let mut command = tiny.process(&["trace", "01", "--text", "--", "one"]);
    let mut child = command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    killpg(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).unwrap();
    let rest: Vec<String> = out.lines().map(Result::unwrap).collect();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let rest = rest.join("\n");
    assert!(rest.contains("nanosleep"), "{rest}");
}
