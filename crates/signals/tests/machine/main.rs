//! Claims that need something of the machine: where it is missing, the test is skipped by name, with the reason.
#![allow(unsafe_code, reason = "CommandExt::pre_exec runs in a forked child")]

#[path = "../lecture/run.rs"]
#[allow(dead_code, reason = "this test runs examples only")]
mod run;

use libtest_mimic::{Arguments, Failed, Trial};
use nix::sched::{CloneFlags, unshare};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    let tests = vec![trial(
        "a_reused_number_hits_a_stranger",
        namespaces(),
        &[
            "worker: exit code 0",
            "a stranger has the worker's number: true",
            "pidfd of the worker: Err(ESRCH)",
            "kill of the number: Ok(())",
            "stranger: ended by SIGTERM",
        ],
    )];
    libtest_mimic::run(&Arguments::from_args(), tests).exit_code()
}

/// Whether a process may make a namespace of users and processes here: containers often forbid it.
fn namespaces() -> Result<(), String> {
    let mut command = Command::new("true");
    // SAFETY: unshare(2) is one system call: it takes no lock and no memory.
    unsafe {
        command.pre_exec(|| {
            unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWPID).map_err(std::io::Error::from)
        })
    };
    command.status().map(drop).map_err(|error| format!("no namespaces: {error}"))
}

/// The example of that name prints exactly `lines`, or is skipped: the reason stands before its name.
fn trial(name: &'static str, here: Result<(), String>, lines: &'static [&str]) -> Trial {
    let test = Trial::test(name, move || -> Result<(), Failed> {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        run::example(name).success().stdout(text).stderr("");
        Ok(())
    });
    match here {
        Ok(()) => test,
        Err(reason) => test.with_kind(reason).with_ignored_flag(true),
    }
}
