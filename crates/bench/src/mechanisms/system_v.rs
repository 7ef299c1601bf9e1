//! A System V message queue: the kernel keeps messages apart, and chooses among them by their type.

#![allow(unsafe_code, reason = "nix knows none of the calls msgget(2), msgsnd(2), msgrcv(2) and msgctl(2)")]

use std::path::Path;

use anyhow::{Context as _, ensure};
use nix::errno::Errno;
use nix::libc;

use super::channel::{Channel, Mechanism};

/// What an ordinary user may have in one message: `/proc/sys/kernel/msgmax`.
const LARGEST: usize = 8192;

pub(super) const QUEUE: Mechanism = Mechanism { name: "System V mq", largest: LARGEST, make: queue };

/// What msgsnd takes: a type, then the bytes.
#[repr(C)]
struct Message {
    kind: libc::c_long,
    bytes: [u8; LARGEST],
}

/// A queue without a key. It would outlive its users: whoever made it removes it.
struct Queue {
    id: libc::c_int,
    maker: u32,
    message: Box<Message>,
}

impl Channel for Queue {
    fn send(&mut self, message: &[u8]) -> anyhow::Result<()> {
        self.message.bytes[..message.len()].copy_from_slice(message);
        let from: *const Message = &raw const *self.message;
        // SAFETY: the message lives through the call, and has at least so many bytes behind its type: the slice above.
        let sent = unsafe { libc::msgsnd(self.id, from.cast(), message.len(), 0) };
        Errno::result(sent).context("msgsnd").map(drop)
    }

    fn receive(&mut self, message: &mut [u8]) -> anyhow::Result<()> {
        let into: *mut Message = &raw mut *self.message;
        // SAFETY: the message lives through the call, has room for LARGEST bytes behind its type, and nobody else uses it.
        let came = unsafe { libc::msgrcv(self.id, into.cast(), LARGEST, 0, 0) };
        let came = Errno::result(came).context("msgrcv")?;
        ensure!(came == message.len().cast_signed(), "a message of {came} bytes came");
        message.copy_from_slice(&self.message.bytes[..message.len()]);
        Ok(())
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        if self.maker == std::process::id() {
            // SAFETY: IPC_RMID takes no third argument. A queue that is gone already is no harm.
            unsafe { libc::msgctl(self.id, libc::IPC_RMID, std::ptr::null_mut()) };
        }
    }
}

fn queue(_: usize, _: &Path) -> anyhow::Result<Box<dyn Channel>> {
    // SAFETY: it takes numbers only.
    let made = unsafe { libc::msgget(libc::IPC_PRIVATE, libc::IPC_CREAT | 0o600) };
    let id = Errno::result(made).context("make a System V queue")?;
    let message = Box::new(Message { kind: 1, bytes: [0; LARGEST] });
    Ok(Box::new(Queue { id, maker: std::process::id(), message }))
}
