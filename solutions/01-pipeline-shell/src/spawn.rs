//! The one place where psh forks. See `fork(2)`, `setpgid(2)`.

#![allow(unsafe_code, reason = "fork(2) and _exit(2)")]

use crate::failure::{Failure, complain, reason};
use crate::shell::Shell;
use nix::errno::Errno;
use nix::libc;
use nix::unistd::{ForkResult, Pid, fork, getpid, setpgid};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

/// The process group of a new child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// That of the shell which starts it.
    Same,
    /// One of its own.
    New {
        /// Whether it gets the terminal.
        foreground: bool,
    },
    /// That of the process which started it.
    Join(Pid),
}

impl Shell {
    /// Starts a process that does `work` and exits with the status it returns.
    ///
    /// `work` may only borrow what holds descriptors, never own it: the child may have closed it.
    ///
    /// # Errors
    /// `EAGAIN` or `ENOMEM`, if there are too many processes.
    pub fn start_process(
        &mut self,
        group: Group,
        work: impl FnOnce(&mut Shell) -> nix::Result<u8>,
    ) -> Result<Pid, Failure> {
        // BEGIN SOLUTION
        // SAFETY: psh has one thread only, so no lock of the C library or the allocator can be held
        // by somebody who is missing in the child: after fork it may do all that psh may do. Even
        // so, a command's child only makes system calls up to its exec.
        match unsafe { fork() }.map_err(Failure::fork)? {
            ForkResult::Child => {
                let result = catch_unwind(AssertUnwindSafe(|| {
                    self.enter_group(group)?;
                    work(self)
                }));
                exit_now(result)
            }
            ForkResult::Parent { child } => {
                self.settle_group(child, group);
                self.children.started(child);
                Ok(child)
            }
        }
        // END SOLUTION
        // STUB: todo!("M1: fork; the child does `work` and leaves by _exit, psh notes the child's pid")
    }
    // BEGIN SOLUTION

    /// The child's half of [`Shell::settle_group`]: it must be in its group before it execs.
    fn enter_group(&mut self, group: Group) -> nix::Result<()> {
        let itself = Pid::from_raw(0);
        match group {
            Group::Same => Ok(()),
            Group::Join(leader) => setpgid(itself, leader),
            Group::New { foreground } => {
                setpgid(itself, itself)?;
                match &self.terminal {
                    Some(terminal) if foreground => terminal.give_to(getpid()),
                    _ => Ok(()),
                }
            }
        }
    }

    /// The parent's half: whoever runs first, the group exists when the next stage joins it, and the
    /// terminal is given before psh waits.
    fn settle_group(&mut self, child: Pid, group: Group) {
        let result = match group {
            Group::Same => Ok(()),
            Group::Join(leader) => setpgid(child, leader),
            Group::New { foreground } => setpgid(child, child).and_then(|()| match &self.terminal {
                Some(terminal) if foreground => terminal.give_to(child),
                _ => Ok(()),
            }),
        };
        // EACCES: it has been in its group so long that it has exec'd already.
        if let Err(errno) = result
            && errno != Errno::EACCES
        {
            complain(b"setpgid", &reason(errno));
        }
    }
    // END SOLUTION
}
// BEGIN SOLUTION

/// Ends this child. It never returns or unwinds into the frames above: they belong to the parent's work.
fn exit_now(result: thread::Result<nix::Result<u8>>) -> ! {
    let status = match result {
        Ok(Ok(status)) => status,
        Ok(Err(errno)) => {
            complain(b"child", &reason(errno));
            126
        }
        Err(_) => 101,
    };
    // SAFETY: `_exit` only ends the process; it runs no destructor and no exit handler.
    unsafe { libc::_exit(status.into()) }
}
// END SOLUTION
