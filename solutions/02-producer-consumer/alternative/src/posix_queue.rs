//! A POSIX message queue. See `mq_overview(7)`, `mq_open(3)`, `mq_send(3)`, `mq_receive(3)`, `mq_getattr(3)`.

use std::ffi::CStr;

use ipc_kit::retry;
use nix::errno::Errno;
use nix::mqueue::mq_unlink;
use nix::mqueue::{MQ_OFlag, MqAttr, MqdT, mq_attr_member_t, mq_getattr, mq_open, mq_receive, mq_send};
use nix::sys::stat::Mode;

use crate::consume::Source;
use crate::failure::Failure;
use crate::produce::Sink;
use crate::record::{Kind, Record, Sent, Took};

/// How many messages a queue holds that is made by a consumer.
const CAPACITY: u8 = 10;
/// How long a message may be in a queue that is made here, in bytes.
const MESSAGE: mq_attr_member_t = 8192;

/// An open queue.
#[derive(Debug)]
pub(crate) struct PosixQueue {
    queue: MqdT,
    what: String,
    /// Room for the longest message of this queue; only of use for taking.
    buffer: Vec<u8>,
}

impl PosixQueue {
    /// Opens the queue to send, and makes it for `capacity` messages if it is missing; with `try_` it is not made,
    /// and nothing waits.
    ///
    /// # Errors
    /// What mq_open(3) says.
    pub(crate) fn open_to_send(name: &CStr, what: String, capacity: u8, try_: bool) -> Result<Self, Failure> {
        Self::open(name, what, MQ_OFlag::O_WRONLY, capacity, try_)
    }

    /// As [`Self::open_to_send`], to take.
    ///
    /// # Errors
    /// What mq_open(3) says.
    pub(crate) fn open_to_take(name: &CStr, what: String, try_: bool) -> Result<Self, Failure> {
        let mut queue = Self::open(name, what, MQ_OFlag::O_RDONLY, CAPACITY, try_)?;
        let longest = mq_getattr(&queue.queue).map_err(Failure::on(&queue.what))?.msgsize();
        queue.buffer.resize(usize::try_from(longest).unwrap_or_default(), 0);
        Ok(queue)
    }

    fn open(name: &CStr, what: String, way: MQ_OFlag, capacity: u8, try_: bool) -> Result<Self, Failure> {
        let more = if try_ { MQ_OFlag::O_NONBLOCK } else { MQ_OFlag::O_CREAT };
        let attributes = MqAttr::new(0, capacity.into(), MESSAGE, 0);
        let flags = way | more | MQ_OFlag::O_CLOEXEC;
        let queue = retry(|| mq_open(name, flags, Mode::S_IRUSR | Mode::S_IWUSR, Some(&attributes)));
        Ok(Self { queue: queue.map_err(Failure::on(&what))?, what, buffer: Vec::new() })
    }
}

impl Source for PosixQueue {
    fn take(&mut self) -> Result<Took, Failure> {
        let mut priority = 0;
        match retry(|| mq_receive(&self.queue, &mut self.buffer, &mut priority)) {
            Ok(n) => Ok(message(&self.buffer[..n])),
            Err(Errno::EAGAIN) => Ok(Took::Nothing),
            Err(errno) => Err(Failure::on(&self.what)(errno)),
        }
    }
}

/// What a message of a queue is. A queue has no end of file: a record of kind 1 stands for it.
pub(crate) fn message(bytes: &[u8]) -> Took {
    match Record::from_bytes(bytes) {
        Some(record) if record.header.kind == Kind::End => Took::End,
        Some(record) => Took::Record(record),
        None => Took::Malformed,
    }
}

impl Sink for PosixQueue {
    fn send(&mut self, record: &Record) -> Result<Sent, Failure> {
        let message = record.to_bytes();
        match retry(|| mq_send(&self.queue, &message, record.header.type_.into())) {
            Ok(()) => Ok(Sent::Done),
            Err(Errno::EAGAIN) => Ok(Sent::Full),
            Err(errno) => Err(Failure::on(&self.what)(errno)),
        }
    }
}

/// Removes the queue.
///
/// # Errors
/// What mq_unlink(3) says.
pub(crate) fn remove(name: &CStr, what: &str) -> Result<(), Failure> {
    mq_unlink(name).map_err(Failure::on(what))
}
