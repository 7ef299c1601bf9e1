//! A POSIX message queue: whole messages with a priority, kept by the kernel under a name.
//!
//! The receive call is `mq_receive` (often misquoted as `mq_recv`). That the queue is a descriptor, and so can be
//! polled, is Linux's and not portable: POSIX promises "a message queue descriptor", which may be a pointer.

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::mqueue::{MQ_OFlag, MqAttr, MqdT, mq_close, mq_getattr, mq_open, mq_receive, mq_send, mq_unlink};
use nix::sys::stat::Mode;
use nix::unistd::{Pid, getpid};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicU32, Ordering};

/// The longest message of these queues, in bytes.
pub const LONGEST: usize = 64;

/// The name of a queue. Its maker, and only its maker, removes the name when it leaves.
pub struct Name {
    text: String,
    maker: Pid,
}

impl Name {
    /// A name that no other process uses: it has the process id in it.
    #[must_use]
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let (maker, number) = (getpid(), COUNT.fetch_add(1, Ordering::Relaxed));
        Self { text: format!("/producer-consumer-{maker}-{number}"), maker }
    }

    /// mq_open—Makes the queue, for at most `messages` messages of at most [`LONGEST`] bytes, mode 0600, and opens it.
    ///
    /// # Errors
    /// `EEXIST` when there is one of that name already; `EMFILE` when the user's queues would take more memory than
    /// `RLIMIT_MSGQUEUE`; `EINVAL` when `messages` is over `/proc/sys/fs/mqueue/msg_max`; `ENOSYS` without queues.
    ///
    /// See also: `mq_open(3)`, `mq_overview(7)`
    pub fn create(&self, messages: u8) -> Result<Queue> {
        let shape = MqAttr::new(0, messages.into(), LONGEST as i64, 0);
        let flags = MQ_OFlag::O_CREAT | MQ_OFlag::O_EXCL | MQ_OFlag::O_RDWR;
        self.open_with(flags, Some(&shape)).context("make a queue")
    }

    /// mq_open—Opens the queue that somebody has made, for both directions.
    ///
    /// # Errors
    /// `ENOENT` when nobody has, or when the name was removed.
    pub fn open(&self) -> Result<Queue> {
        self.open_with(MQ_OFlag::O_RDWR, None).context("open a queue")
    }

    /// mq_unlink—Removes the name. The queue lives on until the last process has closed it.
    ///
    /// # Errors
    /// `ENOENT` when there is none.
    pub fn unlink(&self) -> Result<()> {
        mq_unlink(self.text.as_str()).context("remove the queue's name")
    }

    fn open_with(&self, flags: MQ_OFlag, shape: Option<&MqAttr>) -> nix::Result<Queue> {
        let mode = Mode::S_IRUSR | Mode::S_IWUSR;
        let queue = mq_open(self.text.as_str(), flags | MQ_OFlag::O_CLOEXEC, mode, shape)?;
        Ok(Queue { open: Some(queue) })
    }
}

impl Default for Name {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        if self.maker == getpid() {
            // Nobody could be told in a drop, and "there is none" is what we want.
            mq_unlink(self.text.as_str()).ok();
        }
    }
}

/// An open queue, closed when dropped. Closing takes nothing out: the messages stay.
pub struct Queue {
    /// `None` only while it is being dropped.
    open: Option<MqdT>,
}

impl Queue {
    /// mq_send—Puts a message in; waits while the queue is full.
    ///
    /// # Errors
    /// `EMSGSIZE` when it is too long.
    pub fn send(&self, message: &[u8], priority: u32) -> nix::Result<()> {
        ipc_kit::retry(|| mq_send(self.get(), message, priority))
    }

    /// mq_receive—Takes out the oldest message of the highest priority, and gives both; waits while there is none.
    ///
    /// # Errors
    /// None for a queue of ours: the space is as large as the longest message.
    pub fn receive(&self) -> nix::Result<(Vec<u8>, u32)> {
        let (mut message, mut priority) = (vec![0; LONGEST], 0);
        let count = ipc_kit::retry(|| mq_receive(self.get(), &mut message, &mut priority))?;
        message.truncate(count);
        Ok((message, priority))
    }

    /// mq_getattr—How many messages wait in it.
    ///
    /// # Errors
    /// None for an open queue.
    pub fn waiting(&self) -> nix::Result<i64> {
        mq_getattr(self.get()).map(|shape| shape.curmsgs())
    }

    /// mq_setattr—Makes sends and receives fail with `EAGAIN` where they would wait.
    ///
    /// # Errors
    /// None for an open queue.
    pub fn set_nonblocking(&self) -> nix::Result<()> {
        nix::mqueue::mq_set_nonblock(self.get()).map(drop)
    }

    fn get(&self) -> &MqdT {
        self.open.as_ref().expect("a queue is open until it is dropped")
    }
}

impl AsFd for Queue {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.get().as_fd()
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        // `EBADF` is the only error, and would be a bug of this module.
        self.open.take().map(mq_close).transpose().ok();
    }
}

/// Whether this machine has POSIX queues: else the reason.
///
/// # Errors
/// The reason: a kernel without them, or a container that forbids them.
pub fn probe() -> Result<(), Errno> {
    let name = Name::new();
    name.create(1).map(drop).map_err(|error| *error.downcast_ref::<Errno>().unwrap_or(&Errno::UnknownErrno))
}
