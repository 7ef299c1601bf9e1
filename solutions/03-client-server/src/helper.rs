// BEGIN SOLUTION
//! A helper's own side: a process that may wait for files. See `prctl(2)`: PR_SET_PDEATHSIG, `close_range(2)`.

#![allow(unsafe_code, reason = "close_range(2)")]

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

use ipc_kit::{run_in_child, write_all};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};
use nix::unistd::{Pid, getpid, getppid};

use crate::content::Content;
use crate::order::{Wanted, read_order, report};
use crate::root::Root;

/// Starts a helper; gives its id and filed's end of the socket between them.
///
/// # Errors
/// If there are not enough descriptors or processes.
pub fn start(root: &Root) -> nix::Result<(Pid, OwnedFd)> {
    let (ours, its) = socketpair(AddressFamily::Unix, SockType::Stream, None, SockFlag::SOCK_CLOEXEC)?;
    let filed = getpid();
    let helper = run_in_child(|| match run(its.as_fd(), root, filed) {
        Ok(()) => 0,
        Err(_) => 1,
    })?;
    Ok((helper, ours))
}

/// Carries out orders until filed closes its end.
fn run(socket: BorrowedFd<'_>, root: &Root, filed: Pid) -> nix::Result<()> {
    set_pdeathsig(Signal::SIGKILL)?;
    if getppid() != filed {
        // It died before we had asked to be told.
        return Ok(());
    }
    close_all_but([socket.as_raw_fd(), root.as_fd().as_raw_fd()])?;
    while let Some((wanted, name)) = read_order(socket)? {
        carry_out(socket, root, wanted, &name)?;
    }
    Ok(())
}

/// Closes every descriptor above 2 but two: clients, listeners and other helpers are filed's business. A copy of
/// a client's socket here would keep the connection open when filed closes it.
fn close_all_but(mut keep: [RawFd; 2]) -> nix::Result<()> {
    keep.sort_unstable();
    let mut first = 3;
    for number in keep {
        close_range(first, number - 1)?;
        first = number + 1;
    }
    close_range(first, RawFd::MAX)
}

fn close_range(first: RawFd, last: RawFd) -> nix::Result<()> {
    if first > last {
        return Ok(());
    }
    // Descriptors are not negative.
    let (first, last) = (first.cast_unsigned(), last.cast_unsigned());
    // SAFETY: close_range(2) touches no memory. The descriptors' owners are values of filed, of which this child has
    // copies that are never used nor dropped: it ends by _exit(2).
    Errno::result(unsafe { libc::close_range(first, last, 0) }).map(drop)
}

fn carry_out(socket: BorrowedFd<'_>, root: &Root, wanted: Wanted, name: &[u8]) -> nix::Result<()> {
    let file = root.file(name, OFlag::empty());
    match wanted {
        Wanted::Descriptor => match file.and_then(Content::readable) {
            Ok(file) => report(socket, Ok(0), Some(file.as_fd())),
            Err(refusal) => report(socket, Err(refusal), None),
        },
        Wanted::Bytes { limit } => match file.and_then(|file| Content::of(file, limit)) {
            Ok(content) => {
                report(socket, Ok(content.size()), None)?;
                // Too short: filed sees that we end, and knows how much is missing.
                if content.copy(|bytes| write_all(socket, bytes))? { Ok(()) } else { Err(Errno::ENODATA) }
            }
            Err(refusal) => report(socket, Err(refusal), None),
        },
    }
}
// END SOLUTION
