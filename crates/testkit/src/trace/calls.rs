//! Which system calls do the same.

use tracer::calls::{duplicates, known, makes_process};

use super::fault::Family;

/// Whether a call belongs to `family`. Of the fork family: only if it makes a process; `clone3_flags` is
/// asked for the flags of a `clone3`.
pub(super) fn is_in(family: Family, number: i64, args: &[u64; 6], clone3_flags: impl Fn() -> u64) -> bool {
    let Some(name) = known(number) else { return false };
    match family {
        Family::Fork => makes_process(name, args, clone3_flags),
        Family::Pipe => matches!(name, "pipe" | "pipe2"),
        Family::Open => matches!(name, "open" | "openat" | "openat2" | "creat" | "memfd_create"),
        Family::Dup => duplicates(name, args),
        Family::Exec => matches!(name, "execve" | "execveat"),
        Family::Wait => matches!(name, "wait4" | "waitid"),
        Family::Named(wanted) => name == wanted,
    }
}

/// Which argument (from 0) is the number of bytes that a transfer on a stream may move at most; of readv and writev, the
/// number of pieces. Transfers at a given place of a file are no stream's: the dynamic loader relies on them.
pub(super) fn length_argument(number: i64) -> Option<usize> {
    match number {
        libc::SYS_read
        | libc::SYS_write
        | libc::SYS_sendto
        | libc::SYS_recvfrom
        | libc::SYS_readv
        | libc::SYS_writev
        | libc::SYS_tee => Some(2),
        libc::SYS_sendfile => Some(3),
        libc::SYS_splice | libc::SYS_copy_file_range => Some(4),
        _ => None,
    }
}
