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
    // BEGIN SOLUTION
    id: c_int,
    /// What is asked for: 0 is any message.
    wanted: c_long,
    /// IPC_NOWAIT, or nothing.
    flags: c_int,
    message: Box<Message>,
    // END SOLUTION
    what: String,
}

impl SystemVQueue {
    /// Finds the queue that belongs to `file`, and makes it if it is missing. Takes messages of type `only`, or
    /// all. With `--try` it is not made, and nothing waits.
    ///
    /// # Errors
    /// What ftok(3) and msgget(2) say.
    pub fn open(file: &Path, what: String, only: Option<u8>, try_: bool) -> Result<Self, Failure> {
        // BEGIN SOLUTION
        let make = if try_ { 0 } else { libc::IPC_CREAT };
        let id = find(file, make).map_err(Failure::on(&what))?;
        Ok(Self {
            id,
            wanted: only.map_or(0, |type_| c_long::from(type_) + 1),
            flags: if try_ { libc::IPC_NOWAIT } else { 0 },
            message: Box::new(Message { type_: 0, bytes: [0; HEADER + LONGEST] }),
            what,
        })
        // END SOLUTION
        // STUB: todo!("M7: ftok and msgget, mode 0600; with --try no IPC_CREAT (M8)")
    }
}
// BEGIN SOLUTION

/// The id of the file's queue; `flags` may be IPC_CREAT.
fn find(file: &Path, flags: c_int) -> nix::Result<c_int> {
    let file = CString::new(file.as_os_str().as_bytes()).map_err(|_| Errno::ENOENT)?;
    // SAFETY: ftok reads the path, which ends with NUL and lives until it returns.
    let key = Errno::result(unsafe { libc::ftok(file.as_ptr(), PROJECT) })?;
    // SAFETY: msgget takes numbers only.
    Errno::result(unsafe { libc::msgget(key, flags | 0o600) })
}
// END SOLUTION

impl Source for SystemVQueue {
    fn take(&mut self) -> Result<Took, Failure> {
        // BEGIN SOLUTION
        let room = self.message.bytes.len();
        let message: *mut Message = &raw mut *self.message;
        let got = retry(|| {
            // SAFETY: `message` is a type and `room` bytes, ours alone, and any bytes are a right value of it.
            let got = unsafe { libc::msgrcv(self.id, message.cast(), room, self.wanted, self.flags) };
            Errno::result(got)
        });
        match got {
            Ok(length) => {
                let bytes = &self.message.bytes[..usize::try_from(length).unwrap_or_default()];
                Ok(Record::from_message(bytes).map_or(Took::Malformed, Took::Record))
            }
            Err(Errno::ENOMSG) => Ok(Took::Nothing),
            Err(errno) => Err(Failure::on(&self.what)(errno)),
        }
        // END SOLUTION
        // STUB: todo!("M7: msgrcv of the wanted type; a message is one record, or malformed")
    }
}

impl Sink for SystemVQueue {
    fn send(&mut self, record: &Record) -> Result<Sent, Failure> {
        // BEGIN SOLUTION
        let length = record.bytes.len();
        self.message.type_ = c_long::from(record.header.type_) + 1;
        self.message.bytes[..length].copy_from_slice(&record.bytes);
        let message: *const Message = &raw const *self.message;
        let sent = retry(|| {
            // SAFETY: `message` is a type and at least `length` bytes, all of them initialised.
            Errno::result(unsafe { libc::msgsnd(self.id, message.cast(), length, self.flags) })
        });
        match sent {
            Ok(_) => Ok(Sent::Done),
            Err(Errno::EAGAIN) => Ok(Sent::Full),
            Err(errno) => Err(Failure::on(&self.what)(errno)),
        }
        // END SOLUTION
        // STUB: todo!("M7: msgsnd with the record's type plus 1")
    }
}

/// Removes the queue that belongs to `file`.
///
/// # Errors
/// What the calls say, above all that there is no such queue.
pub fn remove(file: &Path, what: &str) -> Result<(), Failure> {
    // BEGIN SOLUTION
    let id = find(file, 0).map_err(Failure::on(what))?;
    // SAFETY: IPC_RMID does not look at the buffer.
    let removed = unsafe { libc::msgctl(id, libc::IPC_RMID, std::ptr::null_mut()) };
    Errno::result(removed).map(drop).map_err(Failure::on(what))
    // END SOLUTION
    // STUB: todo!("M7: msgctl with IPC_RMID")
}
