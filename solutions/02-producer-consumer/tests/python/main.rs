//! The records are no secret between two Rust programs: the Python script in the lab's README reads what `produce`
//! writes, and prints what `consume` prints; and `consume` reads what Python writes.
//!
//! Without python3 in PATH each test says so and ends.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use rstest::rstest;

/// The program under test.
const PRODCON: &str = env!("CARGO_BIN_EXE_sol-prodcon");

/// Writes records by `struct.pack`: of producer 9, types 0 to 4, and an end of another producer in between.
const WRITER: &str = r#"
import struct, sys

out = sys.stdout.buffer
for seq, size in enumerate([4, 5, 100, 4088, 65536]):
    payload = struct.pack("<I", seq) + bytes((seq * 7 + i) % 256 for i in range(size - 4))
    out.write(struct.pack("<IHBB", size, 9, 0, seq) + payload)
    out.write(struct.pack("<IHBB", 0, 3, 1, 0))
"#;

/// The first `python` block of the lab's README.
fn script_of_the_readme() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../labs/02-producer-consumer/README.md");
    let readme = std::fs::read_to_string(path).expect("the lab's README");
    let (_, rest) = readme.split_once("```python\n").expect("a block of Python");
    let (script, _) = rest.split_once("```").expect("the end of the block");
    script.to_owned()
}

/// Whether Python is here; if not, the test says that it is skipped.
fn has_python(test: &str) -> bool {
    let has = Command::new("python3").arg("--version").output().is_ok_and(|done| done.status.success());
    if !has {
        eprintln!("skipped: {test}: no python3 in PATH");
    }
    has
}

/// Runs a program with these bytes as its input.
fn run(program: &str, args: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut stdin = child.stdin.take().expect("its input");
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("it ends");
    // Who ends early is told by its status.
    drop(writer.join().expect("the writer ends"));
    output
}

fn produce(id: &str, count: &str, size: &str) -> Vec<u8> {
    let args =
        ["produce", "--id", id, "--count", count, "--size", size, "--to", "-", "--type", "200", "--end"];
    let done = run(PRODCON, &args, b"");
    assert!(done.status.success(), "{done:?}");
    done.stdout
}

#[rstest]
#[case("0", "0", "4")]
#[case("7", "2", "10")]
#[case("65535", "300", "4")]
#[case("300", "40", "4088")]
#[case("1", "5", "65536")]
fn the_script_of_the_readme_prints_what_consume_prints(
    #[case] id: &str,
    #[case] count: &str,
    #[case] size: &str,
) {
    if !has_python("the_script_of_the_readme_prints_what_consume_prints") {
        return;
    }
    let records = produce(id, count, size);
    let python = run("python3", &["-c", &script_of_the_readme()], &records);
    let consume = run(PRODCON, &["consume", "--from", "-"], &records);
    assert!(python.status.success() && consume.status.success(), "{python:?}\n{consume:?}");
    assert_eq!(String::from_utf8_lossy(&python.stdout), String::from_utf8_lossy(&consume.stdout));
    assert_eq!(consume.stdout.iter().filter(|&&byte| byte == b'\n').count().to_string(), count);
}

#[test]
fn consume_reads_what_python_writes() {
    if !has_python("consume_reads_what_python_writes") {
        return;
    }
    let written = run("python3", &["-c", WRITER], b"");
    assert!(written.status.success(), "{written:?}");
    let consume = run(PRODCON, &["consume", "--from", "-"], &written.stdout);
    let python = run("python3", &["-c", &script_of_the_readme()], &written.stdout);
    assert!(consume.status.success() && python.status.success(), "{consume:?}\n{python:?}");
    assert_eq!(String::from_utf8_lossy(&consume.stdout), String::from_utf8_lossy(&python.stdout));
    assert_eq!(consume.stdout.iter().filter(|&&byte| byte == b'\n').count(), 5);
}
