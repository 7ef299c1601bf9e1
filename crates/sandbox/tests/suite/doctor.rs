//! The doctor, run where this machine's answer is known from the other tests: they need level `full`.

use std::process::Command;

use crate::harness::bin;

#[test]
fn the_doctor_finds_the_level_that_the_other_tests_run_at() {
    let output = Command::new(bin("sandbox-run")).arg("--probe").output().expect("start the doctor");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(said.starts_with("level: full\nlevel full: ok"), "{said}");
    assert!(said.contains("landlock: ABI"), "{said}");
}
