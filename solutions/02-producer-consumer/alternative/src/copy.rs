//! `copy`: two processes and a pipe between them, and prodcon, which only waits for both. See `splice(2)`.
//!
//! One end of each transfer is a pipe, so the kernel can move the bytes without showing them to anybody.

use std::io::{stdin, stdout};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::ptr::null_mut;

use ipc_kit::{pipe, retry, write_all};
use nix::errno::Errno;
use nix::libc;
use nix::unistd::{getpid, read};

use crate::children::{Children, Role};
use crate::failure::{Failure, say};

/// The most that one transfer takes.
const BLOCK: usize = 64 << 10;

/// Copies standard input to standard output.
///
/// # Errors
/// What the calls say; `Told` if a child has said it.
pub(crate) fn copy() -> Result<(), Failure> {
    let (read_end, write_end) = pipe().map_err(Failure::on("pipe"))?;
    let mut ends = Some((read_end, write_end));
    let mut children = Children::default();
    let consumer = children.start(Role::Consumer(0), || {
        let Some((from, to)) = ends.take() else { return Ok(()) };
        drop(to);
        pump(from.as_fd(), stdout().as_fd()).map_err(Failure::writing("-"))
    })?;
    children.start(Role::Producer(0), || {
        let Some((from, to)) = ends.take() else { return Ok(()) };
        drop(from);
        // The consumer can have nothing to say before this line: nothing is in the pipe.
        say(&format!("producer {} consumer {consumer}\n", getpid()));
        match pump(stdin().as_fd(), to.as_fd()) {
            // The consumer has gone, and has said why.
            Err(Errno::EPIPE) => Ok(()),
            other => other.map_err(Failure::on("-")),
        }
    })?;
    drop(ends);
    supervise(children)
}

/// Waits for both. Without the consumer the producer has nothing to do; what it has put is still written without it.
fn supervise(mut children: Children) -> Result<(), Failure> {
    let mut worst = 0;
    while let Some((role, status)) = children.next()? {
        worst = worst.max(status);
        if status != 0 && matches!(role, Role::Consumer(_)) {
            break;
        }
    }
    if worst == 0 { Ok(()) } else { Err(Failure::Told(worst)) }
}

/// Moves everything until end of file.
fn pump(from: BorrowedFd, to: BorrowedFd) -> nix::Result<()> {
    let mut buffer = Vec::new();
    loop {
        let moved = match retry(|| splice(from, to)) {
            // A terminal, or a file open for appending: not everything can be spliced.
            Err(Errno::EINVAL) => {
                buffer.resize(BLOCK, 0);
                let n = retry(|| read(from, &mut buffer))?;
                write_all(to, &buffer[..n])?;
                n
            }
            other => other?,
        };
        if moved == 0 {
            return Ok(());
        }
    }
}

/// splice(2) of what is there, at least a byte; 0 at end of file.
#[allow(unsafe_code, reason = "nix is built without splice(2)")]
fn splice(from: BorrowedFd, to: BorrowedFd) -> nix::Result<usize> {
    // SAFETY: both descriptors are open as long as they are borrowed; no offsets are passed.
    let n = unsafe { libc::splice(from.as_raw_fd(), null_mut(), to.as_raw_fd(), null_mut(), BLOCK, 0) };
    Errno::result(n).map(|n| n as usize)
}
