//! The programs of this lecture. None may leave a queue behind.

use assert_cmd::assert::Assert;
use lecture_kit::{Lecture, run_then};
use nix::mqueue::{MQ_OFlag, mq_open};
use nix::sys::stat::Mode;
use nix::unistd::Pid;
use std::process::Command;

/// This lecture.
pub(crate) const LECTURE: Lecture =
    Lecture::new("producer-consumer", env!("CARGO_MANIFEST_DIR"), env!("CARGO_BIN_EXE_producer-consumer"));

/// Runs the example of that name.
pub(crate) fn example(name: &str) -> Assert {
    run(LECTURE.example_command(name))
}

/// Runs the lecture's program.
pub(crate) fn player(words: &[&str]) -> Assert {
    run(LECTURE.program(words))
}

fn run(mut command: Command) -> Assert {
    run_then(&mut command, |program| assert_eq!(queues_of(program), [""; 0], "it left a queue behind"))
}

/// The queues that the program made and did not remove: POSIX ones by their names, which have its process id in them,
/// and System V ones by who used them last.
fn queues_of(program: Pid) -> Vec<String> {
    // Asked one by one: there is no call to list them, and their file system is seldom mounted.
    let names = (0..4).map(|number| format!("/producer-consumer-{program}-{number}"));
    let posix = names.filter(|name| mq_open(name.as_str(), MQ_OFlag::O_RDONLY, Mode::empty(), None).is_ok());
    // key msqid perms cbytes qnum lspid lrpid ...: who sent or received last
    let system_v = std::fs::read_to_string("/proc/sysvipc/msg").unwrap_or_default();
    let used_last =
        |line: &&str| line.split_whitespace().skip(5).take(2).any(|pid| pid == program.to_string());
    let system_v: Vec<String> = system_v.lines().filter(used_last).map(str::to_owned).collect();
    posix.chain(system_v).collect()
}
