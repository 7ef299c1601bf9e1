//! A System V message queue. See `sysvipc(7)`, `ftok(3)`, `msgget(2)`, `msgop(2)`, `msgctl(2)`.

#![allow(unsafe_code, reason = "nix has no System V queues")]

use crate::consume::Source;
use crate::failure::Failure;
use crate::produce::Sink;
use crate::record::{HEADER, LONGEST, Record, Sent, Took};
use ipc_kit::retry;
use nix::errno::Errno;
use nix::libc::{self, c_int, c_long};
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The second half of the key: what makes this queue another one than other programs' for the same file.
const PROJECT: c_int = 2;

/// A message as the calls want it. Its size does not count the type.
#[repr(C)]
struct Message {
    type_: c_long,
    bytes: [u8; HEADER + LONGEST],
}

/// A queue.
pub struct SystemVQueue {
    what: String,
}

impl SystemVQueue {
    /// Finds the queue that belongs to `file`, and makes it if it is missing. Takes messages of type `only`, or
    /// all. With `--try` it is not made, and nothing waits.
    ///
    /// # Errors
    /// What ftok(3) and msgget(2) say.
    pub fn open(file: &Path, what: String, only: Option<u8>, try_: bool) -> Result<Self, Failure> {
        todo!("M7: ftok and msgget, mode 0600; with --try no IPC_CREAT (M8)")
    }
}

impl Source for SystemVQueue {
    fn take(&mut self) -> Result<Took, Failure> {
        todo!("M7: msgrcv of the wanted type; a message is one record, or malformed")
    }
}

impl Sink for SystemVQueue {
    fn send(&mut self, record: &Record) -> Result<Sent, Failure> {
        todo!("M7: msgsnd with the record's type plus 1")
    }
}

/// Removes the queue that belongs to `file`.
///
/// # Errors
/// What the calls say, above all that there is no such queue.
pub fn remove(file: &Path, what: &str) -> Result<(), Failure> {
    todo!("M7: msgctl with IPC_RMID")
}
