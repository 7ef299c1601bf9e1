//! A part of the work in a child of its own. See `fork(2)`, `pipe(2)`, `waitpid(2)`.

// BEGIN SOLUTION
#![allow(unsafe_code, reason = "close_range(2) closes descriptors by number")]

use std::ffi::c_uint;
use std::os::fd::AsRawFd;
// END SOLUTION
use std::os::fd::OwnedFd;

use nix::unistd::Pid;

use crate::failure::Failure;
// BEGIN SOLUTION
use ipc_kit::{pipe, read_to_end, run_in_child, wait_for, write_all};
use nix::errno::Errno;
use nix::sys::wait::WaitStatus;
// END SOLUTION

/// A child that works, and the pipe by which its result comes.
#[derive(Debug)]
pub struct Child {
    part: usize,
    pid: Pid,
    result: OwnedFd,
}

impl Child {
    /// Starts a child that does `body` for part `part`, and sends what it returns.
    ///
    /// # Errors
    /// `fork` or `pipe` failed.
    pub fn start(part: usize, body: impl FnOnce() -> Result<Vec<u8>, Failure>) -> Result<Child, Failure> {
        // BEGIN SOLUTION
        let (read, write) = pipe().map_err(|errno| Failure::system("pipe", errno))?;
        let pid = run_in_child(|| {
            // A child that held a read end, its own or a sister's, would keep its writer from seeing that the
            // reader is gone.
            if keep_only(&write).is_err() {
                return 1;
            }
            match body() {
                Ok(bytes) => write_all(&write, &bytes).map_or(1, |()| 0),
                Err(failure) => failure.tell("dnc"),
            }
        })
        .map_err(|errno| Failure::system("fork", errno))?;
        // `write` is closed here: if the parent kept it, the result would have no end.
        Ok(Child { part, pid, result: read })
        // END SOLUTION
        // STUB: todo!("M1: make a pipe and a child that sends its result through it")
    }

    /// Waits for the result, and for the end of the child.
    ///
    /// # Errors
    /// The child did not end well: then whatever it has sent is no result.
    pub fn finish(self) -> Result<Vec<u8>, Failure> {
        // BEGIN SOLUTION
        // First the pipe, then the child: it cannot end as long as its result does not fit into the pipe.
        let bytes = read_to_end(&self.result);
        let end = wait_for(self.pid);
        let lost = |reason: String| Failure::new(format!("part {}", self.part), reason);
        match end {
            Ok(WaitStatus::Exited(_, 0)) => bytes.map_err(|errno| Failure::system("read", errno)),
            Ok(WaitStatus::Exited(_, status)) => Err(lost(format!("exit status {status}"))),
            Ok(WaitStatus::Signaled(_, signal, _)) => Err(lost(format!("signal {}", signal as i32))),
            Ok(_) => Err(lost("not ended".to_owned())),
            Err(errno) => Err(Failure::system("waitpid", errno)),
        }
        // END SOLUTION
        // STUB: todo!("M1: read the result, then reap the child")
    }
}
// BEGIN SOLUTION

/// Closes every descriptor from 3 on, but one.
fn keep_only(kept: &OwnedFd) -> nix::Result<()> {
    let kept = c_uint::try_from(kept.as_raw_fd()).map_err(|_| Errno::EBADF)?;
    close_range(3, kept.saturating_sub(1))?;
    close_range((kept + 1).max(3), c_uint::MAX)
}

fn close_range(first: c_uint, last: c_uint) -> nix::Result<()> {
    if first > last {
        return Ok(());
    }
    // SAFETY: this is a child that never returns to the code of its parent, and drops none of the values there
    // (`run_in_child` ends it by _exit): nobody uses or closes these numbers again.
    Errno::result(unsafe { libc::close_range(first, last, 0) }).map(drop)
}
// END SOLUTION
