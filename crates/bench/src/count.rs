//! Counts the system calls of a program and of all that it starts. A count needs no clock and no quiet machine.

#![allow(unsafe_code, reason = "a traced program asks for it between fork and exec")]

use std::collections::BTreeSet;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
use nix::libc::SIGCONT;
use nix::sys::ptrace::{self, Options};
use nix::unistd::Pid;
use tracer::attach;
use tracer::stops::{self, Call, Event, Stop};

use crate::process::{WATCHDOG, Watchdog};

/// A program that makes more calls than this is ended: it costs minutes, and the answer is clear.
const MOST: u64 = 200_000;

/// How many system calls a program and its descendants make from exec to their end.
///
/// # Errors
/// When it cannot be traced, does not end with status 0, or makes too many calls.
pub fn calls(command: &mut Command) -> anyhow::Result<u64> {
    let child = prepared(command).spawn();
    let child = child.with_context(|| format!("start {}", command.get_program().to_string_lossy()))?;
    let root = child.id().cast_signed();
    attach(root, Options::empty())?;
    let watchdog = Watchdog::arm(Pid::from_raw(root), WATCHDOG)?;
    stops::resume(root, 0);
    let mut counter = Counter {
        root,
        others: BTreeSet::new(),
        watchdog,
        has_hung: false,
        is_continued: false,
        calls: 0,
        end: None,
    };
    while let Ok(Some(stop)) = stops::next(true) {
        counter.handle(stop);
        if counter.calls > MOST {
            stops::end(root);
        }
    }
    if counter.calls > MOST {
        bail!("makes more than {MOST} system calls");
    }
    match counter.end {
        _ if counter.has_hung => bail!("hangs: no end after {} s", WATCHDOG.as_secs()),
        Some(status) if status.success() => Ok(counter.calls),
        Some(status) => bail!("{status} under the counter of system calls"),
        None => bail!("its end was not seen"),
    }
}

fn prepared(command: &mut Command) -> &mut Command {
    // SAFETY: the closure makes one system call and allocates nothing.
    unsafe { command.pre_exec(|| ptrace::traceme().map_err(io::Error::from)) }.stderr(Stdio::null())
}

struct Counter {
    root: i32,
    others: BTreeSet<i32>,
    watchdog: Watchdog,
    has_hung: bool,
    is_continued: bool,
    calls: u64,
    end: Option<std::process::ExitStatus>,
}

impl Counter {
    fn handle(&mut self, Stop { tid, event }: Stop) {
        match event {
            Event::Ended(status) => {
                self.others.remove(&tid);
                if tid == self.root {
                    self.has_hung = self.watchdog.disarm();
                    self.end = Some(status);
                    // Whoever is left might wait for ever, and the watchdog knows only the program.
                    self.others.iter().for_each(|&left| stops::end(left));
                }
            }
            Event::Stopped => stops::listen(tid),
            Event::Call => {
                if matches!(stops::call(tid), Call::Entry { .. }) {
                    self.calls += 1;
                }
                stops::resume(tid, 0);
            }
            // The first one is ours, from the attaching.
            Event::Signal(SIGCONT) if tid == self.root && !self.is_continued => {
                self.is_continued = true;
                stops::resume(tid, 0);
            }
            Event::Signal(signal) => stops::resume(tid, signal),
            Event::Made(child) => {
                self.others.insert(child);
                stops::resume(tid, 0);
            }
            Event::Exec(_) | Event::Exiting(_) | Event::Trap => stops::resume(tid, 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]).stdin(Stdio::null()).stdout(Stdio::null());
        command
    }

    #[test]
    fn a_write_more_is_a_call_more_each_time() {
        let count = |script| calls(&mut sh(script)).unwrap();
        assert_eq!(count("echo a; echo b; echo c") - count("echo a"), 2);
    }

    #[test]
    fn what_a_child_does_counts_too() {
        assert!(
            calls(&mut sh("true; /bin/true; true")).unwrap() > calls(&mut sh("true; true")).unwrap() + 10
        );
    }

    #[test]
    fn what_a_program_leaves_behind_ends_with_it() {
        calls(&mut sh("sleep 1000 & exit 0")).unwrap();
    }

    #[test]
    fn a_program_that_fails_has_no_count() {
        assert!(calls(&mut sh("exit 3")).unwrap_err().to_string().starts_with("exit status: 3"));
        assert!(calls(&mut Command::new("/nowhere")).is_err());
    }
}
