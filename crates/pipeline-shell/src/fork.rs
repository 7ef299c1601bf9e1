//! fork by hand: one process becomes two, and the new one must end by itself.
//!
//! The trap of every first fork: code after it runs *twice*. Here the child runs a closure and then ends
//! by `_exit`, so that it never returns into its parent's code.
#![allow(unsafe_code, reason = "fork(2) and _exit(2) are the lesson, and Rust cannot check them")]

use anyhow::{Context, Result, ensure};
use nix::unistd::{ForkResult, Pid};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// fork—Starts a child that runs `body` and ends with the exit code that `body` returns.
///
/// The child starts with a copy of everything: memory, descriptors, signal settings, and also whatever is
/// still unwritten in this program's buffers. The child's own copy of the buffers is dropped, not written.
///
/// An error of `body` is printed on stderr and becomes exit code 1, a panic becomes 101.
///
/// # Errors
/// When the process has more than one thread: only the calling thread lives on in the child, so a lock that
/// another one held would stay locked for ever. And when fork fails (`EAGAIN`: too many processes).
///
/// See also: `fork(2)`, `_exit(2)`, `signal-safety(7)`
pub fn child(body: impl FnOnce() -> Result<u8>) -> Result<Pid> {
    let threads = std::fs::read_dir("/proc/self/task").context("list own threads")?.count();
    ensure!(
        threads == 1,
        "fork with {threads} threads: use spawn, whose child does nothing that needs a lock"
    );
    let report = || {
        body().unwrap_or_else(|error| {
            eprintln!("child: {error:#}");
            1
        })
    };
    // SAFETY: this thread is the only one (counted above, and nobody else could have started another since),
    // so the child's copy of every lock and of the allocator is in a consistent state.
    unsafe { fork_then_exit(report) }.context("fork")
}

/// fork—The bare call: `body` runs in the child, which then ends; the parent gets the child's pid.
///
/// # Safety
/// If the process may have more than one thread, `body` may do only what is async-signal-safe: no
/// allocation, no lock, no buffered output. See `signal-safety(7)`.
pub(crate) unsafe fn fork_then_exit(body: impl FnOnce() -> u8) -> nix::Result<Pid> {
    // SAFETY: the caller promises that the child does only what fork allows here (`# Safety` above).
    match unsafe { nix::unistd::fork() }? {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => {
            // A panic must not unwind out of here: the frames below belong to the parent's work.
            let code = catch_unwind(AssertUnwindSafe(body)).unwrap_or(101);
            // SAFETY: _exit(2) has no precondition. Not `std::process::exit`: that would run the exit handlers
            // that the parent registered and write its buffers a second time.
            unsafe { libc::_exit(i32::from(code)) }
        }
    }
}
