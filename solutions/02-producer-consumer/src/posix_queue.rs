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
    // BEGIN SOLUTION
    /// As long as the longest message of this queue: mq_receive takes no shorter one.
    buffer: Vec<u8>,
    // END SOLUTION
}

impl PosixQueue {
    /// Opens the queue, and makes it for `capacity` messages if it is missing; with `--try` it is not made, and
    /// nothing waits.
    ///
    /// # Errors
    /// What mq_open(3) says.
    pub fn open(name: &CStr, what: String, capacity: u8, try_: bool) -> Result<Self, Failure> {
        // BEGIN SOLUTION
        let how = if try_ { MQ_OFlag::O_NONBLOCK } else { MQ_OFlag::O_CREAT };
        let queue = mq_open(
            name,
            MQ_OFlag::O_RDWR | MQ_OFlag::O_CLOEXEC | how,
            Mode::S_IRUSR | Mode::S_IWUSR,
            Some(&MqAttr::new(0, capacity.into(), MESSAGE, 0)),
        )
        .map_err(Failure::on(&what))?;
        // Whoever made it has decided, not we.
        let attributes = mq_getattr(&queue).map_err(Failure::on(&what))?;
        let longest = usize::try_from(attributes.msgsize()).unwrap_or_default();
        Ok(Self { queue, what, buffer: vec![0; longest] })
        // END SOLUTION
        // STUB: todo!("M7: open or make the queue, mode 0600; with --try O_NONBLOCK and no O_CREAT (M8)")
    }

    /// From now on nothing waits, as with `--try`.
    ///
    /// # Errors
    /// As mq_setattr(3).
    pub fn do_not_wait(&self) -> Result<(), Failure> {
        // BEGIN SOLUTION
        mq_set_nonblock(&self.queue).map(drop).map_err(Failure::on(&self.what))
        // END SOLUTION
        // STUB: todo!("M7: O_NONBLOCK for this open queue")
    }

    /// For poll(2): it is readable when a message is there.
    #[must_use]
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.queue.as_fd()
    }
}

impl Source for PosixQueue {
    fn take(&mut self) -> Result<Took, Failure> {
        // BEGIN SOLUTION
        let mut priority = 0;
        match retry(|| mq_receive(&self.queue, &mut self.buffer, &mut priority)) {
            Ok(length) => {
                Ok(Record::from_message(&self.buffer[..length]).map_or(Took::Malformed, Took::Record))
            }
            Err(Errno::EAGAIN) => Ok(Took::Nothing),
            Err(errno) => Err(Failure::on(&self.what)(errno)),
        }
        // END SOLUTION
        // STUB: todo!("M7: receive one message; it is one record, or malformed")
    }
}

impl Sink for PosixQueue {
    fn send(&mut self, record: &Record) -> Result<Sent, Failure> {
        // BEGIN SOLUTION
        match retry(|| mq_send(&self.queue, &record.bytes, record.header.type_.into())) {
            Ok(()) => Ok(Sent::Done),
            Err(Errno::EAGAIN) => Ok(Sent::Full),
            Err(errno) => Err(Failure::on(&self.what)(errno)),
        }
        // END SOLUTION
        // STUB: todo!("M7: send the record as one message, its type as the priority")
    }
}

/// Removes the queue.
///
/// # Errors
/// What mq_unlink(3) says.
pub fn remove(name: &CStr, what: &str) -> Result<(), Failure> {
    // BEGIN SOLUTION
    mq_unlink(name).map_err(Failure::on(what))
    // END SOLUTION
    // STUB: todo!("M7: mq_unlink")
}
