//! A POSIX message queue. See `mq_overview(7)`, `mq_open(3)`, `mq_send(3)`, `mq_receive(3)`, `mq_getattr(3)`.

use crate::consume::Source;
use crate::failure::Failure;
use crate::produce::Sink;
use crate::record::{Record, Sent, Took};
use ipc_kit::retry;
use nix::errno::Errno;
use nix::mqueue::{MQ_OFlag, MqAttr, MqdT, mq_attr_member_t, mq_getattr, mq_open, mq_receive, mq_send};
use nix::mqueue::{mq_set_nonblock, mq_unlink};
use nix::sys::stat::Mode;
use std::ffi::CStr;
use std::os::fd::{AsFd, BorrowedFd};

/// How many messages a queue holds that is made without `--capacity`; more than the system allows at first.
pub const DEFAULT_CAPACITY: u8 = 10;
/// How long a message may be in a queue that is made here, in bytes; the system's limit at first.
const MESSAGE: mq_attr_member_t = 8192;

/// An open queue.
#[derive(Debug)]
pub struct PosixQueue {
    queue: MqdT,
    what: String,
}

impl PosixQueue {
    /// Opens the queue, and makes it for `capacity` messages if it is missing; with `--try` it is not made, and
    /// nothing waits.
    ///
    /// # Errors
    /// What mq_open(3) says.
    pub fn open(name: &CStr, what: String, capacity: u8, try_: bool) -> Result<Self, Failure> {
        todo!("M7: open or make the queue, mode 0600; with --try O_NONBLOCK and no O_CREAT (M8)")
    }

    /// From now on nothing waits, as with `--try`.
    ///
    /// # Errors
    /// As mq_setattr(3).
    pub fn do_not_wait(&self) -> Result<(), Failure> {
        todo!("M7: O_NONBLOCK for this open queue")
    }

    /// For poll(2): it is readable when a message is there.
    #[must_use]
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.queue.as_fd()
    }
}

impl Source for PosixQueue {
    fn take(&mut self) -> Result<Took, Failure> {
        todo!("M7: receive one message; it is one record, or malformed")
    }
}

impl Sink for PosixQueue {
    fn send(&mut self, record: &Record) -> Result<Sent, Failure> {
        todo!("M7: send the record as one message, its type as the priority")
    }
}

/// Removes the queue.
///
/// # Errors
/// What mq_unlink(3) says.
pub fn remove(name: &CStr, what: &str) -> Result<(), Failure> {
    todo!("M7: mq_unlink")
}
