//! Small rules about descriptors that hold everywhere in psh.

#![allow(unsafe_code, reason = "close_range(2) has no wrapper in nix")]

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use nix::unistd::write;
use std::os::fd::{AsFd, FromRawFd, OwnedFd, RawFd};

/// The first descriptor that no redirection can name.
pub const FIRST_PRIVATE: RawFd = 10;

/// A copy of `fd` at 10 or above, closed on exec: out of the way of the user's `n>`.
///
/// # Errors
/// As `fcntl(2)`; a limit so low that there is no number from 10 on counts as `EMFILE`.
pub fn private_copy(fd: impl AsFd) -> nix::Result<OwnedFd> {
    let copy = fcntl(fd, FcntlArg::F_DUPFD_CLOEXEC(FIRST_PRIVATE)).map_err(|errno| match errno {
        Errno::EINVAL => Errno::EMFILE,
        other => other,
    })?;
    // SAFETY: fcntl has just made this descriptor, and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(copy) })
}

/// Writes all of `bytes`: one `write(2)` may write less than it was asked to.
///
/// # Errors
/// As `write(2)`; `EPIPE` if nobody reads, for psh ignores SIGPIPE.
pub fn write_all(fd: impl AsFd, mut bytes: &[u8]) -> nix::Result<()> {
    while !bytes.is_empty() {
        match write(&fd, bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// Marks all that psh inherited beyond 0, 1 and 2: no command gets it.
///
/// # Errors
/// As `close_range(2)`.
pub fn keep_from_commands() -> nix::Result<()> {
    close_range(libc::CLOSE_RANGE_CLOEXEC.cast_signed())
}

/// Closes everything but 0, 1 and 2, in a child that runs a list and so never execs.
///
/// The `OwnedFd`s of the frames above are then only numbers; see [`crate::spawn`] why nobody drops them.
///
/// # Errors
/// As `close_range(2)`.
pub(crate) fn close_all_private() -> nix::Result<()> {
    close_range(0)
}

fn close_range(flags: libc::c_int) -> nix::Result<()> {
    // SAFETY: the call takes numbers only. With CLOEXEC it closes nothing now; without, the caller
    // promises that no owner of a closed descriptor uses or drops it (`close_all_private`).
    let result = unsafe { libc::close_range(3, libc::c_uint::MAX, flags) };
    Errno::result(result).map(drop)
}
