//! `cargo xtask autopsy`, as a student types it.

use std::process::{Child, Command, Stdio};

use assert_cmd::assert::OutputAssertExt as _;
use predicates::str::contains;

/// A program that waits for this test, and ends with it.
struct Waiting(Child);

impl Waiting {
    fn new() -> Self {
        Self(Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap())
    }

    fn pid(&self) -> String {
        self.0.id().to_string()
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // It may have ended; both errors then say just that.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn autopsy(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.arg("autopsy").args(args);
    command
}

#[test]
fn a_program_is_explained_in_full_and_as_json() {
    let waiting = Waiting::new();
    let pid = waiting.pid();
    let who = format!("`cat` (pid {pid})");
    autopsy(&[&pid]).assert().code(0).stdout(contains(format!("cargo xtask autopsy {pid} --full")));
    let parent = format!("may hang itself: cargo xtask autopsy {}", std::process::id());
    autopsy(&[&pid]).assert().stdout(contains(parent));
    autopsy(&[&pid, "--full"]).assert().code(0).stdout(contains(&who));
    let out = autopsy(&[&pid, "--json"]).output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(report["waits"][0]["pid"].to_string(), pid);
}

#[test]
fn a_process_that_is_not_there_is_bad_input() {
    // No kernel gives this number: pid_max is at most 2^22.
    autopsy(&["4194305"]).assert().code(4).stderr(contains("error: no process 4194305\n"));
    autopsy(&["0"]).assert().code(2);
}
