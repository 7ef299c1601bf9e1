//! fork, then exec: how a program is started, and what the child must do between the two.
//!
//! ```text
//!   parent                      child
//!     |  fork ------------------->|
//!     |                           |  dup2: the pipe end becomes descriptor 0 or 1
//!     |                           |  SIGPIPE back to its default
//!     |  (goes on at once)        |  exec: other program, same process
//! ```
#![allow(unsafe_code, reason = "fork(2) is the lesson")]

use crate::{exec::Program, fork::fork_then_exit, sigpipe};
use anyhow::{Context, Result};
use nix::unistd::{Pid, dup2_stdin, dup2_stdout};
use std::os::fd::BorrowedFd;

/// What a program finds at its standard descriptors; what is `None` it shares with this process.
#[derive(Clone, Copy, Default)]
pub struct Wiring<'a> {
    /// Becomes descriptor 0.
    pub stdin: Option<BorrowedFd<'a>>,
    /// Becomes descriptor 1.
    pub stdout: Option<BorrowedFd<'a>>,
}

/// fork and exec—Starts `program`, which reads and writes where `wiring` says, and does not wait for it.
///
/// The program gets 0, 1, 2 and no other descriptor, if all others were opened close-on-exec. Whoever calls
/// this must still close its own copies of the pipe ends, and must wait for the child.
///
/// A program that cannot start is seen by its exit code: 127 or 126.
///
/// # Errors
/// When fork fails (`EAGAIN`: too many processes).
///
/// See also: `fork(2)`, `dup2(2)`, `execve(2)`, `posix_spawn(3)`
pub fn spawn(program: &Program, wiring: Wiring) -> Result<Pid> {
    // SAFETY: `become_program` calls dup2, sigaction and execv only; all are async-signal-safe, and everything
    // they need was allocated before.
    let pid = unsafe { fork_then_exit(|| become_program(program, wiring)) };
    pid.with_context(|| format!("fork for {}", program.name()))
}

/// The child's part. Returns an exit code if the program could not start.
fn become_program(program: &Program, wiring: Wiring) -> u8 {
    // dup2(n, n) would do nothing and leave close-on-exec set. It cannot happen here: Rust's start-up code makes
    // sure that 0, 1 and 2 are open, so a pipe made later has higher numbers.
    let connected = wiring.stdin.map_or(Ok(()), dup2_stdin).and(wiring.stdout.map_or(Ok(()), dup2_stdout));
    let reason = match connected.and_then(|()| sigpipe::restore_default()) {
        Ok(()) => program.exec(),
        Err(reason) => reason,
    };
    Program::code_of_failure(reason)
}
