//! Pipes, and whole transfers on raw descriptors.

use std::os::fd::{AsFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::unistd;

/// pipe2(2) — makes a pipe and gives its read end and its write end.
///
/// Both are closed by exec (`O_CLOEXEC`): a program gets only the ends that were given to it by `dup2`.
/// Without it, an end that leaks into some other program keeps the reader waiting for an end of file.
///
/// # Errors
/// `EMFILE` or `ENFILE`: no descriptor is left, here or in the system.
///
/// See also: `pipe(7)`, `dup2(2)`
pub fn pipe() -> nix::Result<(OwnedFd, OwnedFd)> {
    unistd::pipe2(OFlag::O_CLOEXEC)
}

/// signal(7) — repeats `call` as long as a signal interrupts it (`EINTR`).
///
/// Not for close(2): on Linux the descriptor is closed even then.
///
/// # Errors
/// Every other error of `call`.
pub fn retry<T>(mut call: impl FnMut() -> nix::Result<T>) -> nix::Result<T> {
    loop {
        match call() {
            Err(Errno::EINTR) => {}
            other => return other,
        }
    }
}

/// read(2) — reads until the end of file: from a pipe, until every copy of its write end is closed.
///
/// # Errors
/// What read(2) says; what was read until then is lost. A non-blocking descriptor gives `EAGAIN`.
pub fn read_to_end(from: impl AsFd) -> nix::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 16 << 10];
    loop {
        match retry(|| unistd::read(from.as_fd(), &mut buffer))? {
            0 => return Ok(bytes),
            n => bytes.extend_from_slice(&buffer[..n]),
        }
    }
}

/// write(2) — writes all of `bytes`, in as many calls as it takes.
///
/// Only writes of at most `PIPE_BUF` (4096) bytes are atomic: longer ones of several writers may mix.
///
/// # Errors
/// `EPIPE` if nobody can read any more and SIGPIPE is ignored; what else write(2) says.
pub fn write_all(to: impl AsFd, mut bytes: &[u8]) -> nix::Result<()> {
    while !bytes.is_empty() {
        let n = retry(|| unistd::write(to.as_fd(), bytes))?;
        bytes = &bytes[n..];
    }
    Ok(())
}
