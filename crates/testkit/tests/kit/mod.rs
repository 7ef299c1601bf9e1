//! What these tests share.
#![allow(dead_code, reason = "each test file uses its part")]

use std::io::Read;
use std::process::{Child, Command, Stdio};

use sandbox::protocol::{CONFIG_VAR, Config, Record};

/// Starts this same test file as a referee for some of its ignored tests, as the runner would, and gives the
/// records. Several tests run one after the other, as if they were the cases of one check.
pub(crate) fn referee(tests: &[String], config: Config) -> Vec<Record> {
    let (mut records, verdicts) = std::io::pipe().expect("a pipe");
    // Descriptor 0 is free in a referee: its programs get a standard input of their own.
    let config = Config { verdict_fd: Some(0), ..config };
    let mut referee = Command::new(std::env::current_exe().expect("this file"))
        .args(tests)
        .args(["--exact", "--ignored", "--test-threads=1", "--nocapture"])
        .env(CONFIG_VAR, serde_json::to_string(&config).expect("JSON"))
        .stdin(verdicts)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the referee starts");
    let mut text = String::new();
    records.read_to_string(&mut text).expect("records");
    referee.wait().expect("the referee ends");
    text.lines().map(|line| serde_json::from_str(line).expect("a record a line")).collect()
}

/// Processes that only burn processor time.
pub(crate) struct BusyLoops(Vec<Child>);

impl BusyLoops {
    pub(crate) fn start(n: usize) -> Self {
        let spawn = |_| Command::new("sh").args(["-c", "while :; do :; done"]).spawn().expect("sh starts");
        Self((0..n).map(spawn).collect())
    }
}

impl Drop for BusyLoops {
    fn drop(&mut self) {
        for child in &mut self.0 {
            child.kill().expect("a busy loop is killed");
            child.wait().expect("a busy loop ends");
        }
    }
}
