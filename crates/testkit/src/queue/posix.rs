//! POSIX message queues.

use std::fmt;
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, PoisonError};

use anyhow::Context;
use nix::errno::Errno;
use nix::mqueue::{MQ_OFlag, MqAttr, MqdT, mq_getattr, mq_open, mq_receive, mq_send, mq_unlink};
use nix::sys::stat::{Mode, fstat};
use sandbox::protocol::Verdict;

use super::QueueName;
use crate::failure::{fail, or_grader_error};
use crate::room::Room;
use crate::shared::Shared;

/// A name for a queue that nobody else has. Law: no queue has it at the end.
pub struct PosixName {
    shared: Arc<Shared>,
    name: String,
}

/// A queue, open in the check; it never blocks the check.
pub struct PosixQueue {
    queue: MqdT,
    attributes: MqAttr,
    name: String,
    is_own: bool,
}

impl Room {
    /// A fresh name, `/word`.
    #[must_use]
    pub fn posix_name(&self) -> PosixName {
        // The words of two runs with the same seed are equal.
        let unique: String = std::iter::repeat_with(fastrand::alphanumeric).take(8).collect();
        let name = format!("/{}-{unique}", self.word());
        self.shared
            .queues
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(QueueName::Posix(name.clone()));
        PosixName { shared: Arc::clone(&self.shared), name }
    }
}

impl PosixName {
    /// Whether there is a queue of this name.
    #[must_use]
    pub fn exists(&self) -> bool {
        exists(&self.name)
    }

    /// Makes the queue, for so many messages of so many bytes. Dropping it removes it.
    #[must_use]
    #[track_caller]
    pub fn make(&self, messages: i64, bytes: i64) -> PosixQueue {
        let flags = MQ_OFlag::O_CREAT | MQ_OFlag::O_EXCL;
        let attributes = MqAttr::new(0, messages, bytes, 0);
        or_grader_error(self.open_by(flags, Some(&attributes), true).context("make a POSIX queue"))
    }

    /// Opens the queue that a program has made; waits for it.
    #[must_use]
    #[track_caller]
    pub fn open(&self) -> PosixQueue {
        self.shared.wait_for_programs(&format!("the queue {} to be made", self.name), || self.exists());
        or_grader_error(self.open_by(MQ_OFlag::empty(), None, false).context("open a POSIX queue"))
    }

    fn open_by(&self, flags: MQ_OFlag, attributes: Option<&MqAttr>, is_own: bool) -> nix::Result<PosixQueue> {
        let flags = flags | MQ_OFlag::O_RDWR | MQ_OFlag::O_NONBLOCK | MQ_OFlag::O_CLOEXEC;
        let queue = mq_open(self.name.as_str(), flags, Mode::S_IRUSR | Mode::S_IWUSR, attributes)?;
        let attributes = mq_getattr(&queue)?;
        Ok(PosixQueue { queue, attributes, name: self.name.clone(), is_own })
    }
}

impl fmt::Display for PosixName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl PosixQueue {
    /// Sends a message; false if the queue is full.
    #[track_caller]
    pub fn send(&self, message: &[u8], priority: u32) -> bool {
        match mq_send(&self.queue, message, priority) {
            Ok(()) => true,
            Err(Errno::EAGAIN) => false,
            Err(error) => or_grader_error(Err(error).context("send a message")),
        }
    }

    /// Takes the next message and its priority; `None` if there is none.
    #[must_use]
    #[track_caller]
    pub fn receive(&self) -> Option<(Vec<u8>, u32)> {
        let (mut buffer, mut priority) = (vec![0; self.attributes.msgsize() as usize], 0);
        match mq_receive(&self.queue, &mut buffer, &mut priority) {
            Ok(length) => Some((buffer[..length].to_vec(), priority)),
            Err(Errno::EAGAIN) => None,
            Err(error) => or_grader_error(Err(error).context("receive a message")),
        }
    }

    /// How many messages are in it.
    #[must_use]
    #[track_caller]
    pub fn count(&self) -> u64 {
        or_grader_error(mq_getattr(&self.queue).context("look at a queue")).curmsgs() as u64
    }

    /// How many messages it holds at most, and how many bytes each.
    #[must_use]
    pub fn size(&self) -> (u64, u64) {
        (self.attributes.maxmsg() as u64, self.attributes.msgsize() as u64)
    }

    /// Its mode bits.
    #[must_use]
    #[track_caller]
    pub fn mode(&self) -> u32 {
        let status = or_grader_error(fstat(self.queue.as_fd()).context("look at a queue"));
        std::fs::Permissions::from_mode(status.st_mode).mode() & 0o7777
    }
}

impl Drop for PosixQueue {
    fn drop(&mut self) {
        if self.is_own && mq_unlink(self.name.as_str()).is_err() && !std::thread::panicking() {
            let text =
                format!("expected: the queue {} stays where it is\nreceived: it was removed", self.name);
            fail(Verdict::Fail, text);
        }
    }
}

/// Whether there is a queue of this name.
pub(super) fn exists(name: &str) -> bool {
    // EACCES is no proof: where Landlock forbids queues, each name is refused.
    mq_open(name, MQ_OFlag::O_RDONLY | MQ_OFlag::O_CLOEXEC, Mode::empty(), None).is_ok()
}

pub(super) fn remove(name: &str) {
    // At the end of a room: whatever is left is gone then, or was never there.
    let _ = mq_unlink(name);
}
