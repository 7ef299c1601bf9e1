//! Waiting: what has become of each child. See `waitpid(2)`, `ppoll(2)`, `signal(7)`.
//!
//! psh waits in two ways, and reaps every child in both. For a pipeline it sleeps in
//! `waitpid(-1)`, which any child ends. For the next line of input it sleeps in `ppoll` on the
//! input *and* on SIGCHLD. That signal is blocked at all other times, so one that comes between
//! "nobody has ended" and falling asleep stays pending and ends `ppoll` at once: no lost wake-up.

#![allow(unsafe_code, reason = "nix's waitpid cannot say that a real-time signal killed a child")]

use crate::signals::Signals;
use nix::errno::Errno;
use nix::libc::{self, c_int};
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::unistd::Pid;
use std::collections::HashMap;
use std::os::fd::AsFd;

/// What is known about a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It runs, or may.
    Running,
    /// This signal stopped it.
    Stopped(u8),
    /// It has ended with this status (128 + n if signal n killed it) and is reaped.
    Ended(u8),
}

impl State {
    /// The status the shell reports. A child that is lost (nobody can wait for it) gives 127.
    pub fn status(self) -> u8 {
        match self {
            State::Ended(status) => status,
            State::Stopped(signal) => 128 + signal,
            State::Running => 127,
        }
    }
}

/// The children of this shell.
#[derive(Debug)]
pub struct Children {
    /// Ended ones stay, for `wait PID`, until their status is told or the number is used again.
    states: HashMap<Pid, State>,
    /// Whether there may be a child to wait for; psh may have inherited some.
    may_exist: bool,
}

/// What one `waitpid(2)` brought.
enum Change {
    Noted,
    Nothing,
    NoChildren,
}

impl Children {
    /// Before the first child is known.
    pub fn new() -> Self {
        Children { states: HashMap::new(), may_exist: true }
    }

    /// Notes a new child.
    pub fn started(&mut self, pid: Pid) {
        self.states.insert(pid, State::Running);
        self.may_exist = true;
    }

    /// Notes that a stopped child was sent SIGCONT.
    pub fn continued(&mut self, pid: Pid) {
        if let Some(state @ State::Stopped(_)) = self.states.get_mut(&pid) {
            *state = State::Running;
        }
    }

    /// What is known of `pid`; `None` if it was never started, or is forgotten.
    pub fn state(&self, pid: Pid) -> Option<State> {
        self.states.get(&pid).copied()
    }

    /// Forgets a child whose status has been told.
    pub fn forget(&mut self, pid: Pid) {
        self.states.remove(&pid);
    }

    /// Sleeps until any child changes its state, and notes that; `false` if there is none to wait for.
    pub fn wait_for_change(&mut self) -> bool {
        // BEGIN SOLUTION
        matches!(self.change(0), Change::Noted)
        // END SOLUTION
        // STUB: todo!("M1: sleep in waitpid until a child ends and note its status")
    }

    /// Notes all changes that have happened already; never sleeps.
    pub fn note_changes(&mut self) {
        // BEGIN SOLUTION
        // One SIGCHLD may stand for many children: go on until there are no more.
        while self.may_exist && matches!(self.change(libc::WNOHANG), Change::Noted) {}
        // END SOLUTION
        // STUB: // M6: reap all children that have ended by now, without sleeping (WNOHANG)
    }

    /// Sleeps until `source` can be read or is at its end (`true`), or children have changed their
    /// state, and notes that (`false`).
    ///
    /// # Errors
    /// As `ppoll(2)`.
    pub fn wait_readable(&mut self, source: impl AsFd, signals: &Signals) -> nix::Result<bool> {
        // BEGIN SOLUTION
        if !self.may_exist {
            return Ok(true);
        }
        self.note_changes();
        let mut sources = [PollFd::new(source.as_fd(), PollFlags::POLLIN)];
        match ppoll(&mut sources, None, Some(signals.while_polling)) {
            Err(Errno::EINTR) => {
                self.note_changes();
                Ok(false)
            }
            result => result.map(|_| true),
        }
        // END SOLUTION
        // STUB: Ok(true) // M6: sleep in ppoll, with the mask that lets SIGCHLD in
    }
    // BEGIN SOLUTION

    /// Waits for any one child, and notes what became of it.
    fn change(&mut self, flags: c_int) -> Change {
        let mut raw = 0;
        loop {
            // SAFETY: `raw` is valid for the call to write to.
            let pid = unsafe { libc::waitpid(-1, &mut raw, flags | libc::WUNTRACED | libc::WCONTINUED) };
            match Errno::result(pid) {
                Ok(0) => return Change::Nothing,
                Ok(pid) => {
                    // A child that psh did not start, but inherited, is reaped and no more.
                    if let Some(state) = self.states.get_mut(&Pid::from_raw(pid)) {
                        *state = decode(raw);
                    }
                    return Change::Noted;
                }
                Err(Errno::EINTR) => {}
                Err(_) => {
                    self.may_exist = false;
                    return Change::NoChildren;
                }
            }
        }
    }
    // END SOLUTION
}
// BEGIN SOLUTION

/// Reads the status word of `waitpid(2)`.
fn decode(raw: c_int) -> State {
    // Signal numbers and exit statuses are below 256: the casts lose nothing.
    if libc::WIFEXITED(raw) {
        State::Ended(libc::WEXITSTATUS(raw) as u8)
    } else if libc::WIFSIGNALED(raw) {
        State::Ended(128 + libc::WTERMSIG(raw) as u8)
    } else if libc::WIFSTOPPED(raw) {
        State::Stopped(libc::WSTOPSIG(raw) as u8)
    } else {
        State::Running
    }
}
// END SOLUTION

impl Default for Children {
    fn default() -> Self {
        Children::new()
    }
}
