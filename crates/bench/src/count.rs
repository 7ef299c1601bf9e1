//! Counts the system calls of a program and of all that it starts. A count needs no clock and no quiet machine.

#![allow(unsafe_code, reason = "a traced program asks for it between fork and exec")]

use std::collections::BTreeSet;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;

use anyhow::{Context as _, bail};
use nix::libc::SIGCONT;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, kill};
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
    let child = spawn(command)?;
    let counter = trace(child.id().cast_signed())?;
    match counter.end {
        Some(status) if status.success() => Ok(counter.calls),
        Some(status) => bail!("{status} under the counter of system calls"),
        None => bail!("its end was not seen"),
    }
}

/// How many a server makes from exec to its end by SIGTERM, which it gets when `work` is done. `work` gets its pid and
/// its standard output, and runs in a thread beside the counter; what it does itself is not counted.
///
/// # Errors
/// When the server cannot be traced or makes too many calls, and whatever `work` fails with.
pub fn calls_during(
    command: &mut Command,
    work: impl FnOnce(i32, ChildStdout) -> anyhow::Result<()> + Send,
) -> anyhow::Result<u64> {
    let mut child = spawn(command.stdin(Stdio::null()).stdout(Stdio::piped()))?;
    let pid = child.id().cast_signed();
    let output = child.stdout.take().context("hold the server's standard output")?;
    thread::scope(|scope| {
        let work = scope.spawn(move || {
            let done = work(pid, output);
            // It may have ended before its time; then `done` is the error that tells of it.
            let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
            done
        });
        let counter = trace(pid);
        work.join().map_err(|_| anyhow::anyhow!("the thread beside the counter panicked"))??;
        Ok(counter?.calls)
    })
}

fn spawn(command: &mut Command) -> anyhow::Result<Child> {
    let child = prepared(command).spawn();
    child.with_context(|| format!("start {}", command.get_program().to_string_lossy()))
}

/// Follows a child to its end.
fn trace(root: i32) -> anyhow::Result<Counter> {
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
    if counter.has_hung {
        bail!("hangs: no end after {} s", WATCHDOG.as_secs());
    }
    Ok(counter)
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
    use std::io::BufRead as _;

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
    fn a_server_is_counted_while_somebody_uses_it() {
        let count = |lines: usize| {
            let mut server = sh("while :; do echo line; done");
            calls_during(&mut server, |_, output| {
                let came = io::BufReader::with_capacity(5, output).lines().take(lines).count();
                anyhow::ensure!(came == lines);
                Ok(())
            })
        };
        // A pipe takes some thousand lines before it makes anybody wait.
        assert!(count(1).unwrap() > 1);
        let told = calls_during(&mut sh("exit 3"), |_, _| bail!("no answer")).unwrap_err();
        assert_eq!(told.to_string(), "no answer");
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
