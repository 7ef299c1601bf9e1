//! A System V message queue. See `sysvipc(7)`, `ftok(3)`, `msgget(2)`, `msgop(2)`, `msgctl(2)`.

#![allow(unsafe_code, reason = "nix has no System V queues")]

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr::null_mut;

use ipc_kit::retry;
use nix::errno::Errno;
use nix::libc::{self, c_int, c_long, key_t};

use crate::consume::Source;
use crate::failure::Failure;
use crate::posix_queue::message;
use crate::produce::Sink;
use crate::record::{Record, Sent, Took};

/// The second half of the key: what makes this queue another one than other programs' for the same file.
const PROJECT: c_int = 2;
/// The longest message, in bytes.
const LONGEST: usize = 8192;

/// A message as the calls want it. Its size does not count the type.
#[repr(C)]
struct Message {
    type_: c_long,
    bytes: [u8; LONGEST],
}

/// A queue.
pub(crate) struct SystemVQueue {
    id: c_int,
    what: String,
    /// The type of the messages to take; 0 takes them all.
    only: c_long,
    /// `IPC_NOWAIT`, or nothing.
    flags: c_int,
    message: Box<Message>,
}

impl SystemVQueue {
    /// Finds the queue that belongs to `file`, and makes it if it is missing. Takes messages of type `only`, or
    /// all. With `try_` it is not made, and nothing waits.
    ///
    /// # Errors
    /// What ftok(3) and msgget(2) say.
    pub(crate) fn open(file: &Path, what: String, only: Option<u8>, try_: bool) -> Result<Self, Failure> {
        let (make, flags) = if try_ { (0, libc::IPC_NOWAIT) } else { (libc::IPC_CREAT | 0o600, 0) };
        let id = find(file, make).map_err(Failure::on(&what))?;
        let only = only.map_or(0, |type_| c_long::from(type_) + 1);
        Ok(Self { id, what, only, flags, message: Box::new(Message { type_: 0, bytes: [0; LONGEST] }) })
    }

    fn receive(&mut self) -> nix::Result<usize> {
        // SAFETY: the message has room for a type and LONGEST bytes, and nobody else uses it during the call.
        let n =
            unsafe { libc::msgrcv(self.id, (&raw mut *self.message).cast(), LONGEST, self.only, self.flags) };
        Errno::result(n).map(|n| n as usize)
    }

    fn send_bytes(&mut self, len: usize) -> nix::Result<()> {
        // SAFETY: the message has a type and at least `len` bytes: `send` has put them there.
        let done = unsafe { libc::msgsnd(self.id, (&raw const *self.message).cast(), len, self.flags) };
        Errno::result(done).map(drop)
    }
}

/// The queue's number.
fn find(file: &Path, flags: c_int) -> nix::Result<c_int> {
    let file = CString::new(file.as_os_str().as_bytes()).map_err(|_| Errno::EINVAL)?;
    // SAFETY: the path ends with a zero byte.
    let key: key_t = Errno::result(unsafe { libc::ftok(file.as_ptr(), PROJECT) })?;
    // SAFETY: two integers; the kernel checks them.
    Errno::result(unsafe { libc::msgget(key, flags) })
}

impl Source for SystemVQueue {
    fn take(&mut self) -> Result<Took, Failure> {
        match retry(|| self.receive()) {
            Ok(n) => Ok(message(&self.message.bytes[..n])),
            Err(Errno::ENOMSG) => Ok(Took::Nothing),
            // Longer than any record can be; it stays where it is.
            Err(Errno::E2BIG) => Ok(Took::Malformed),
            Err(errno) => Err(Failure::on(&self.what)(errno)),
        }
    }
}

impl Sink for SystemVQueue {
    fn send(&mut self, record: &Record) -> Result<Sent, Failure> {
        let bytes = record.to_bytes();
        self.message.type_ = c_long::from(record.header.type_) + 1;
        self.message.bytes[..bytes.len()].copy_from_slice(&bytes);
        match retry(|| self.send_bytes(bytes.len())) {
            Ok(()) => Ok(Sent::Done),
            Err(Errno::EAGAIN) => Ok(Sent::Full),
            Err(errno) => Err(Failure::on(&self.what)(errno)),
        }
    }
}

/// Removes the queue that belongs to `file`.
///
/// # Errors
/// What the calls say, above all that there is no such queue.
pub(crate) fn remove(file: &Path, what: &str) -> Result<(), Failure> {
    let id = find(file, 0).map_err(Failure::on(what))?;
    // SAFETY: IPC_RMID takes no third argument.
    let done = unsafe { libc::msgctl(id, libc::IPC_RMID, null_mut()) };
    Errno::result(done).map(drop).map_err(Failure::on(what))
}
