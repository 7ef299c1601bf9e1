//! The processes psh started: their states, and how it waits for them.
//!
//! No handler and no SIGCHLD: a blocking `waitpid(2)` when only children matter, and `pidfd_open(2)` with `poll(2)`
//! when a descriptor matters too.

use std::collections::HashMap;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::sys;

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Running,
    /// By this signal.
    Stopped(u8),
    /// With this status, in the shell's counting.
    Ended(u8),
}

/// All children of this process that still matter.
#[derive(Default)]
pub(crate) struct Procs {
    states: HashMap<i32, State>,
    /// Of children that live, opened when first needed.
    pidfds: HashMap<i32, OwnedFd>,
}

impl Procs {
    pub(crate) fn add(&mut self, pid: i32) {
        self.states.insert(pid, State::Running);
    }

    pub(crate) fn state(&self, pid: i32) -> Option<State> {
        self.states.get(&pid).copied()
    }

    pub(crate) fn forget(&mut self, pid: i32) {
        self.states.remove(&pid);
    }

    /// It is about to get SIGCONT.
    pub(crate) fn resume(&mut self, pid: i32) {
        if let Some(state @ State::Stopped(_)) = self.states.get_mut(&pid) {
            *state = State::Running;
        }
    }

    /// In a forked child: none of these is a child of ours. Their descriptors are closed already.
    pub(crate) fn disown(&mut self) {
        std::mem::forget(std::mem::take(&mut self.pidfds));
        self.states.clear();
    }

    /// Whether a child may still end.
    pub(crate) fn any_lives(&self) -> bool {
        self.states.values().any(|state| !matches!(state, State::Ended(_)))
    }

    /// Takes in one change of a child; false if there is none.
    fn change(&mut self, block: bool) -> bool {
        loop {
            match sys::wait_any(block) {
                Ok(Some((pid, state))) => {
                    if let Some(known) = self.states.get_mut(&pid) {
                        *known = state;
                    }
                    if matches!(state, State::Ended(_)) {
                        self.pidfds.remove(&pid);
                    }
                    return true;
                }
                Ok(None) => return false,
                Err(Errno::EINTR) => {}
                Err(_) => {
                    // No children at all: whoever reaped them kept their statuses.
                    for state in self.states.values_mut().filter(|s| !matches!(s, State::Ended(_))) {
                        *state = State::Ended(127);
                    }
                    return false;
                }
            }
        }
    }

    /// Takes in all that has happened, without waiting.
    pub(crate) fn sweep(&mut self) {
        while self.change(false) {}
    }

    /// Waits until something happens to some child.
    pub(crate) fn wait_change(&mut self) {
        self.change(true);
    }

    /// Waits until `fd` is readable (or closed), and reaps every child that ends meanwhile.
    pub(crate) fn wait_readable(&mut self, fd: BorrowedFd<'_>) {
        loop {
            let living = self.states.iter().filter(|(_, state)| !matches!(state, State::Ended(_)));
            for (&pid, _) in living {
                if !self.pidfds.contains_key(&pid)
                    && let Ok(pidfd) = sys::pidfd(pid)
                {
                    self.pidfds.insert(pid, pidfd);
                }
            }
            let mut polled = vec![PollFd::new(fd, PollFlags::POLLIN)];
            polled.extend(self.pidfds.values().map(|pidfd| PollFd::new(pidfd.as_fd(), PollFlags::POLLIN)));
            match poll(&mut polled, PollTimeout::NONE) {
                Err(Errno::EINTR) => continue,
                Err(_) => return,
                Ok(_) => {}
            }
            let ready = polled[0].any() == Some(true);
            if polled.iter().skip(1).any(|one| one.any() == Some(true)) {
                self.sweep();
            }
            if ready {
                return;
            }
        }
    }
}
