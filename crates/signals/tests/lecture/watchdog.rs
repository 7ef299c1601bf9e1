//! Turns a hang of a program into a failure of its test.

use lecture_kit::WATCHDOG;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};

/// Kills a process that lives far too long: whoever waits for its state then sees that it has ended. Drop this after the
/// process was waited for.
pub(crate) struct Watchdog(#[allow(dead_code, reason = "dropping it is the message")] Sender<()>);

impl Watchdog {
    pub(crate) fn over(pid: Pid) -> Self {
        let (alive, dropped) = channel();
        std::thread::spawn(move || {
            if dropped.recv_timeout(WATCHDOG) == Err(RecvTimeoutError::Timeout) {
                // It may have ended in this very moment; then there is nothing to kill.
                let _ = kill(pid, Signal::SIGKILL);
            }
        });
        Self(alive)
    }
}
