//! futex(2): sleeping until another process says that a word has changed.
//!
//! The word is an ordinary atomic in shared memory; the kernel looks at it once, when somebody wants to sleep.
//! Everything else is a protocol between the processes:
//!
//! ```text
//!     who waits                                  who changes
//!     1. seen = word                             1. change the state
//!     2. look at the state; good? then done      2. change the word
//!     3. FUTEX_WAIT(word, seen); back to 1       3. FUTEX_WAKE(word)
//! ```
//!
//! Between 2 and 3 the state may change. Then the word is no longer what was seen, and FUTEX_WAIT returns at once.
#![allow(unsafe_code, reason = "there is no wrapper for futex(2)")]

use std::ptr;
use std::sync::atomic::AtomicU32;

use nix::errno::Errno;

/// By what the kernel finds the sleepers of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// By the memory: file and offset. Works between processes.
    Shared,
    /// By the address in this process (FUTEX_PRIVATE_FLAG). Faster to find, and blind for every other process.
    Private,
}

impl Scope {
    fn with(self, operation: libc::c_int) -> libc::c_int {
        match self {
            Self::Shared => operation,
            Self::Private => operation | libc::FUTEX_PRIVATE_FLAG,
        }
    }
}

/// FUTEX_WAIT—Sleeps as long as nobody wakes us, if the word still is `expected`. A return may mean nothing: look
/// again.
///
/// # Errors
/// `EAGAIN` when the word is another already, `EINTR` after a signal's handler.
///
/// See also: `FUTEX_WAIT(2const)`
pub fn wait(word: &AtomicU32, expected: u32, scope: Scope) -> nix::Result<()> {
    let forever = ptr::null::<libc::timespec>();
    let operation = scope.with(libc::FUTEX_WAIT);
    // SAFETY: the word is alive and aligned, as every reference is; without a time limit the fourth argument is null.
    let done = unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), operation, expected, forever) };
    Errno::result(done).map(drop)
}

/// Everybody, as the count for [`wake`]. The kernel reads the count as a signed number: `u32::MAX` would be -1, and
/// wake one.
pub const ALL: u32 = i32::MAX.cast_unsigned();

/// FUTEX_WAKE—Wakes at most `most` sleepers of the word, and says how many were woken.
///
/// # Errors
/// None on a word that is mapped and aligned, as every reference is.
///
/// See also: `FUTEX_WAKE(2const)`
pub fn wake(word: &AtomicU32, most: u32, scope: Scope) -> nix::Result<i64> {
    let operation = scope.with(libc::FUTEX_WAKE);
    let most = most.min(ALL);
    // SAFETY: the word is alive and aligned, as every reference is.
    let woken = unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), operation, most) };
    Errno::result(woken)
}
