//! How much a buffer holds, seen from outside: by asking the kernel, without taking anything out.
#![allow(unsafe_code, reason = "ioctl(2) takes a pointer whose type depends on the request")]

use anyhow::{Context, Result};
use nix::errno::Errno;
use std::os::fd::{AsFd, AsRawFd};

/// ioctl FIONREAD—The number of bytes that wait in a pipe.
///
/// # Errors
/// `ENOTTY` for a descriptor that has no such number.
///
/// See also: `ioctl_tty(2)` (FIONREAD; it answers for pipes, too)
pub fn bytes_in(end: impl AsFd) -> Result<usize> {
    let mut count: libc::c_int = 0;
    // SAFETY: FIONREAD stores one int through the pointer, which is that of a live `c_int` of ours.
    let result = unsafe { libc::ioctl(end.as_fd().as_raw_fd(), libc::FIONREAD, &raw mut count) };
    Errno::result(result).context("ask how much the pipe holds")?;
    usize::try_from(count).context("read the number of bytes")
}
