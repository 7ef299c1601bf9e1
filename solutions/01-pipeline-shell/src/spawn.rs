//! The one place where psh forks. See `fork(2)`, `setpgid(2)`.
// BEGIN SOLUTION
//!
//! There are two ways. A child that goes on as a shell needs memory of its own: `fork(2)` copies psh's page tables, and
//! later each page that one of the two changes. A child that only becomes another program would throw that copy away, so
//! it borrows psh's memory, and psh sleeps until it has done with it: `clone(2)` with `CLONE_VM` and `CLONE_VFORK`. That is
//! what `vfork(2)` does, and what `posix_spawn(3)` is made of; its cost does not grow with psh.
//!
//! ```text
//!   start_process          psh ---- fork ------------------------------------->
//!                                     \____ copy of psh: a list, a builtin ...
//!
//!   start_program          psh ---- clone . . . . . . (sleeps) . . . .----->
//!                                     \____ in psh's memory ____ exec
//! ```
// END SOLUTION

#![allow(unsafe_code, reason = "fork(2), its kin and _exit(2)")]

use crate::failure::{Failure, complain, reason};
use crate::shell::Shell;
use nix::errno::Errno;
use nix::libc;
// BEGIN SOLUTION
use nix::sched::{CloneFlags, clone};
// END SOLUTION
use nix::unistd::{ForkResult, Pid, fork, getpid, setpgid};
use std::panic::{AssertUnwindSafe, catch_unwind};
// BEGIN SOLUTION
use std::sync::{Mutex, PoisonError};
// END SOLUTION
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

    /// Starts a process whose `work` ends by becoming a program, at once. What it returns is its exit status, if it cannot.
    ///
    /// `work` runs in psh's memory, and psh sleeps meanwhile: it must not wait for anything that psh or another command
    /// would have to do, like `open(2)` of a FIFO. What it changes there stays, so it gets everything by shared reference.
    /// Descriptors, signal actions and the mask are its own, as after fork.
    ///
    /// # Errors
    /// `EAGAIN` or `ENOMEM`, if there are too many processes.
    pub fn start_program(
        &mut self,
        group: Group,
        work: impl Fn(&Shell) -> nix::Result<u8>,
    ) -> Result<Pid, Failure> {
        /// Bytes of the child's stack. It needs a tenth of that, when it has to say why there is no program.
        const STACK: usize = 256 << 10;
        /// Made once: new pages cost more than the call.
        static KEPT: Mutex<Vec<u8>> = Mutex::new(Vec::new());
        let shell = &*self;
        let child = || {
            let result = catch_unwind(AssertUnwindSafe(|| {
                shell.enter_group(group)?;
                work(shell)
            }));
            isize::from(status_of(result))
        };
        let mut stack = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        stack.resize(STACK, 0);
        let flags = CloneFlags::CLONE_VM | CloneFlags::CLONE_VFORK;
        // SAFETY: psh has one thread, which the kernel holds in this call until the child has exec'd or ended. So nobody
        // else runs in this memory meanwhile, and `stack`, which nobody else uses, outlives the child's use of it. The
        // child reads through shared references, and what it owns itself it drops or forgets; its end runs no handler.
        let started = unsafe { clone(Box::new(child), &mut stack, flags, Some(libc::SIGCHLD)) };
        drop(stack);
        let child = started.map_err(Failure::fork)?;
        // It is in its group already: it has exec'd, or it has ended.
        self.children.started(child);
        Ok(child)
    }

    /// The child's half of [`Shell::settle_group`]: it must be in its group before it execs.
    fn enter_group(&self, group: Group) -> nix::Result<()> {
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
    let status = status_of(result);
    // SAFETY: `_exit` only ends the process; it runs no destructor and no exit handler.
    unsafe { libc::_exit(status.into()) }
}

fn status_of(result: thread::Result<nix::Result<u8>>) -> u8 {
    match result {
        Ok(Ok(status)) => status,
        Ok(Err(errno)) => {
            complain(b"child", &reason(errno));
            126
        }
        Err(_) => 101,
    }
}
// END SOLUTION
