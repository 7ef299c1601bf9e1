//! Questions that proc does not answer: asked on a descriptor borrowed for a moment, or of a process's memory.
//!
//! A borrowed descriptor is the same open file description, so that no new reader or writer appears. It is
//! closed at once. Opening `/proc/PID/fd/N` instead would make a new end, which the watched could notice.
#![allow(unsafe_code, reason = "pidfd_open(2), pidfd_getfd(2), kcmp(2) and FIONREAD have no safe wrapper")]

use std::io::IoSliceMut;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};

use nix::fcntl::{FcntlArg, fcntl};
use nix::sys::socket::{getsockopt, sockopt};
use nix::sys::time::TimeValLike;
use nix::sys::uio::{RemoteIoVec, process_vm_readv};
use nix::unistd::Pid;

mod raw {
    nix::ioctl_read_bad!(unread, libc::FIONREAD, libc::c_int);
}

/// Set by a test: ptrace attach is refused.
static IS_REFUSED: AtomicBool = AtomicBool::new(false);

/// Behaves from now on, in this process, as where ptrace(2) attach is refused (Yama's scope 2, some containers): no system
/// calls, no memory, no borrowed descriptor. For tests: few machines refuse it.
#[doc(hidden)]
pub fn pretend_attach_is_refused() {
    IS_REFUSED.store(true, Ordering::Relaxed);
}

/// Whether a test asked for [`pretend_attach_is_refused`].
pub(crate) fn is_refused() -> bool {
    IS_REFUSED.load(Ordering::Relaxed)
}

/// How much of `kcmp(2)` is used: `KCMP_FILES` in `<linux/kcmp.h>`.
const KCMP_FILES: libc::c_int = 2;

/// Bytes in a pipe, and how many fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fill {
    pub(crate) bytes: u64,
    pub(crate) size: u64,
}

/// How full the pipe at descriptor `number` of `pid` is; `None` if that may not be asked.
pub(crate) fn fill(pid: i32, number: i32) -> Option<Fill> {
    let pipe = borrow(pid, number)?;
    let mut bytes = 0;
    // SAFETY: FIONREAD (ioctl_pipe in the kernel) writes one int, and `bytes` is one; the descriptor is ours.
    unsafe { raw::unread(pipe.as_raw_fd(), &mut bytes) }.ok()?;
    let size = fcntl(&pipe, FcntlArg::F_GETPIPE_SZ).ok()?;
    Some(Fill { bytes: bytes.try_into().ok()?, size: size.try_into().ok()? })
}

/// Whether the socket at `number` of `pid` gives up by itself (`SO_RCVTIMEO`, `SO_SNDTIMEO`; socket(7));
/// `None` if that may not be asked.
pub(crate) fn gives_up(pid: i32, number: i32, sending: bool) -> Option<bool> {
    let socket = borrow(pid, number)?;
    let limit = if sending {
        getsockopt(&socket, sockopt::SendTimeout)
    } else {
        getsockopt(&socket, sockopt::ReceiveTimeout)
    };
    Some(limit.ok()?.num_microseconds() != 0)
}

/// A second descriptor for what `pid` has open as `number`: the same open file description (pidfd_getfd(2)), closed by
/// exec. `None` where that may not be asked, or where there is none.
#[must_use]
pub fn borrow(pid: i32, number: i32) -> Option<OwnedFd> {
    if is_refused() {
        return None;
    }
    // SAFETY: pidfd_open(2) takes two integers and touches no memory of ours.
    let process = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    let process = owned(process)?;
    // SAFETY: pidfd_getfd(2) takes three integers and touches no memory of ours.
    let descriptor = unsafe { libc::syscall(libc::SYS_pidfd_getfd, process.as_raw_fd(), number, 0) };
    owned(descriptor)
}

fn owned(answer: libc::c_long) -> Option<OwnedFd> {
    let number = i32::try_from(answer).ok().filter(|number| *number >= 0)?;
    // SAFETY: the kernel has just made this descriptor for us (both calls set O_CLOEXEC), and nobody else has it.
    Some(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Whether two threads use one table of descriptors. Where the kernel does not say, they are taken to be
/// different: the caller then reads both.
pub(crate) fn share_descriptors(one: i32, other: i32) -> bool {
    // SAFETY: kcmp(2) with KCMP_FILES takes integers only and touches no memory of ours.
    unsafe { libc::syscall(libc::SYS_kcmp, one, other, KCMP_FILES, 0, 0) == 0 }
}

/// `N` bytes at `address` of the memory of `pid`.
pub(crate) fn peek<const N: usize>(pid: i32, address: u64) -> Option<[u8; N]> {
    peek_vec(pid, address, N)?.try_into().ok()
}

/// `length` bytes at `address` of the memory of `pid`, all or none.
pub(crate) fn peek_vec(pid: i32, address: u64, length: usize) -> Option<Vec<u8>> {
    let bytes = peek_some(pid, address, length)?;
    (bytes.len() == length).then_some(bytes)
}

/// A text that ends in a zero byte, such as a path.
pub(crate) fn peek_text(pid: i32, address: u64) -> Option<String> {
    // A read never crosses a page's end, so that an unmapped next page cannot spoil it.
    let mut bytes = Vec::new();
    while bytes.len() < libc::PATH_MAX as usize {
        let at = address.checked_add(bytes.len() as u64)?;
        let piece = peek_some(pid, at, 256 - (at % 256) as usize)?;
        match piece.iter().position(|&byte| byte == 0) {
            Some(end) => {
                bytes.extend(&piece[..end]);
                return Some(String::from_utf8_lossy(&bytes).into_owned());
            }
            None if piece.is_empty() => return None,
            None => bytes.extend(piece),
        }
    }
    None
}

fn peek_some(pid: i32, address: u64, length: usize) -> Option<Vec<u8>> {
    if is_refused() {
        return None;
    }
    let mut bytes = vec![0; length];
    let remote = [RemoteIoVec { base: usize::try_from(address).ok()?, len: length }];
    let read = process_vm_readv(Pid::from_raw(pid), &mut [IoSliceMut::new(&mut bytes)], &remote).ok()?;
    bytes.truncate(read);
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn me() -> i32 {
        Pid::this().as_raw()
    }

    #[test]
    fn a_pipe_tells_how_full_it_is() {
        let (reader, mut writer) = std::io::pipe().unwrap();
        writer.write_all(b"12345").unwrap();
        let fill = fill(me(), reader.as_raw_fd()).unwrap();
        assert_eq!(fill.bytes, 5);
        assert!(fill.size >= 4096);
    }

    #[test]
    fn a_socket_tells_whether_it_gives_up() {
        let (one, _other) = std::os::unix::net::UnixStream::pair().unwrap();
        assert_eq!(gives_up(me(), one.as_raw_fd(), false), Some(false));
        one.set_read_timeout(Some(std::time::Duration::from_secs(9))).unwrap();
        assert_eq!(gives_up(me(), one.as_raw_fd(), false), Some(true));
        assert_eq!(gives_up(me(), one.as_raw_fd(), true), Some(false));
    }

    #[test]
    fn memory_is_read_up_to_the_zero_byte() {
        let text = std::ffi::CString::new("x".repeat(1000) + "end").unwrap();
        let read = peek_text(me(), text.as_ptr() as u64).unwrap();
        assert_eq!(read.len(), 1003);
        assert_eq!(peek::<3>(me(), text.as_ptr() as u64), Some(*b"xxx"));
        assert_eq!(peek_text(me(), 8), None);
    }
}
