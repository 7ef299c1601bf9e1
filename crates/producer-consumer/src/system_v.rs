//! A System V message queue: each message has a type, and a receiver may choose by it.
//!
//! For new code: stay away. The queue is not a descriptor, so it cannot be polled; its key is a number that two
//! programs may choose both; it outlives everybody until somebody removes it. But the selection by type exists
//! only here. (POSIX queues have priorities: the *sender* decides what comes first.)
#![allow(
    unsafe_code,
    reason = "nix has no System V queues; msgsnd(2) and msgrcv(2) take a pointer to type and text"
)]

use nix::errno::Errno;
use nix::unistd::{Pid, getpid};

/// The longest text of these messages, in bytes.
pub const LONGEST: usize = 64;

/// What msgsnd and msgrcv want: the type, then the text. Only the text counts as length.
#[repr(C)]
struct Message {
    kind: libc::c_long,
    text: [u8; LONGEST],
}

/// A private queue. Its maker, and only its maker, removes it when it leaves.
pub struct Queue {
    /// Not a descriptor: a number for the whole IPC namespace. Whoever guesses it may use it, if the mode allows.
    id: libc::c_int,
    maker: Pid,
}

impl Queue {
    /// msgget—Makes a queue without a key (`IPC_PRIVATE`), mode 0600. Children find it by its id.
    ///
    /// # Errors
    /// `ENOSPC` when the system has no more, `ENOSYS` without System V IPC.
    ///
    /// See also: `msgget(2)`, `sysvipc(7)`
    pub fn new() -> nix::Result<Self> {
        // SAFETY: msgget(2) takes two integers and no pointer.
        let id = unsafe { libc::msgget(libc::IPC_PRIVATE, libc::IPC_CREAT | 0o600) };
        Ok(Self { id: Errno::result(id)?, maker: getpid() })
    }

    /// msgsnd—Puts in a message of type `kind`, which is above 0; waits while the queue is full.
    ///
    /// # Errors
    /// `EINVAL` when the type is not above 0, or when the text is longer than [`LONGEST`].
    pub fn send(&self, kind: i64, text: &str) -> nix::Result<()> {
        let mut message = Message { kind, text: [0; LONGEST] };
        message.text.get_mut(..text.len()).ok_or(Errno::EINVAL)?.copy_from_slice(text.as_bytes());
        ipc_kit::retry(|| {
            // SAFETY: the kernel reads a `long` and `text.len()` bytes behind it; `message` has at least as many,
            // checked by the slice above, in this order and without a gap (`repr(C)`, bytes need no alignment).
            let result = unsafe { libc::msgsnd(self.id, (&raw const message).cast(), text.len(), 0) };
            Errno::result(result).map(drop)
        })
    }

    /// msgrcv—Takes a message out: the oldest (`kind` 0), the oldest of that type, or for a negative number the lowest
    /// type up to its absolute value. The others stay, in their order. Waits while there is none.
    ///
    /// # Errors
    /// `EIDRM` when the queue is removed while we wait.
    pub fn receive(&self, kind: i64) -> nix::Result<(i64, String)> {
        self.receive_with(kind, 0)
    }

    /// msgrcv with IPC_NOWAIT—The same, if there is one now.
    ///
    /// # Errors
    /// `ENOMSG` when there is none.
    pub fn try_receive(&self, kind: i64) -> nix::Result<(i64, String)> {
        self.receive_with(kind, libc::IPC_NOWAIT)
    }

    fn receive_with(&self, kind: i64, flags: libc::c_int) -> nix::Result<(i64, String)> {
        let mut message = Message { kind: 0, text: [0; LONGEST] };
        let count = ipc_kit::retry(|| {
            // SAFETY: the kernel writes a `long` and at most LONGEST bytes behind it, which is what `message` has.
            let count = unsafe { libc::msgrcv(self.id, (&raw mut message).cast(), LONGEST, kind, flags) };
            Errno::result(count)
        })?;
        // The count is not negative (that was an error) and not above LONGEST (the kernel was told so).
        Ok((message.kind, String::from_utf8_lossy(&message.text[..count as usize]).into_owned()))
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        if self.maker == getpid() {
            // SAFETY: IPC_RMID ignores the third argument. A failure means that the queue is gone already.
            unsafe { libc::msgctl(self.id, libc::IPC_RMID, std::ptr::null_mut()) };
        }
    }
}
