//! A pipe: two descriptors, one direction, a small buffer in the kernel.

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use std::os::fd::{AsFd, OwnedFd};

/// pipe2—Makes a pipe: first the end to read from, then the end to write to.
///
/// Both are close-on-exec: a program gets an end only by dup2, and no program gets one by accident. Owned
/// descriptors are closed when dropped, and with pipes *when* is what matters: the reader sees the end of the
/// data only after the last write end is closed.
///
/// # Errors
/// `EMFILE` or `ENFILE` when this process or the system has no descriptor left.
///
/// See also: `pipe(2)`, `pipe(7)`
pub fn pipe() -> Result<(OwnedFd, OwnedFd)> {
    nix::unistd::pipe2(OFlag::O_CLOEXEC).context("make a pipe")
}

/// read—Reads until every write end is closed. One read gives what is there, so it takes a loop.
///
/// # Errors
/// `EAGAIN` when the descriptor is non-blocking and the pipe is empty, `EBADF` when it is a write end.
///
/// See also: `read(2)`
pub fn read_all(reader: impl AsFd) -> Result<Vec<u8>> {
    let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
    loop {
        match nix::unistd::read(&reader, &mut part) {
            Ok(0) => return Ok(bytes),
            Ok(count) => bytes.extend_from_slice(&part[..count]),
            Err(Errno::EINTR) => {}
            Err(reason) => return Err(reason).context("read from a pipe"),
        }
    }
}

/// write—Writes all of `bytes`. A write may take a part only (a signal came, the disk is full), so it loops.
///
/// # Errors
/// `EPIPE` when nobody can read any more and SIGPIPE is ignored, `EBADF` when it is a read end.
///
/// See also: `write(2)`
pub fn write_all(writer: impl AsFd, mut bytes: &[u8]) -> Result<()> {
    while !bytes.is_empty() {
        match nix::unistd::write(&writer, bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(Errno::EINTR) => {}
            Err(reason) => return Err(reason).context("write to a pipe"),
        }
    }
    Ok(())
}

/// fcntl—Makes reads and writes of this end fail with `EAGAIN` where they would wait.
///
/// The flag belongs to the open end, not to the descriptor: every copy made by dup or fork has it too.
///
/// # Errors
/// None for an open descriptor.
///
/// See also: `fcntl(2)`, `open(2)`
pub fn set_nonblocking(end: impl AsFd) -> Result<()> {
    fcntl(end, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).context("make a pipe end non-blocking").map(drop)
}
