//! A worker: how it is made, what it keeps, and its loop. See `fork(2)`, `close_range(2)`, `signal-safety(7)`.

#![allow(
    unsafe_code,
    reason = "fork(2) in a process with threads, and close_range(2), which closes by number"
)]

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::OnceLock;

use nix::errno::Errno;
use nix::libc;
use nix::sys::prctl;
use nix::sys::socket::{MsgFlags, send};
use nix::unistd::{ForkResult, Pid, dup2_stdin, dup2_stdout, fork, getpid, getppid};

use crate::channel::{Channel, Message};
use crate::failure::Failure;
use crate::job::{Order, Reply};
use crate::line::Answer;
use crate::site;
use crate::task::Task;

/// In a worker: whose it is.
static BOSS: OnceLock<Pid> = OnceLock::new();

/// In a worker: whether its boss lives. When somebody has reaped the boss, this is false.
pub fn has_boss() -> bool {
    BOSS.get().is_some_and(|&boss| boss == getppid())
}

/// What all workers have in common.
#[derive(Debug)]
pub struct Workshop {
    /// `/dev/null`, their standard input and output.
    null: File,
    /// They end after one task: `--mode fork`.
    one_task: bool,
    /// They answer HTTP from this folder.
    root: Option<PathBuf>,
    boss: Pid,
}

impl Workshop {
    /// Workers that end after one task, or live on; that do tasks, or answer HTTP.
    ///
    /// # Errors
    /// When `/dev/null` cannot be opened.
    pub fn new(one_task: bool, root: Option<PathBuf>) -> Result<Workshop, Failure> {
        let null = File::options().read(true).write(true).open("/dev/null");
        let null = null.map_err(|error| Failure::io("/dev/null", &error))?;
        Ok(Workshop { null, one_task, root, boss: getpid() })
    }

    /// Makes a worker. Gives its pid and the boss's side of its channel.
    ///
    /// To be called by a thread that holds the boss's lock, or by the only thread: see [`crate::boss`].
    ///
    /// # Errors
    /// `pool: fork: …`, or no channel could be made.
    pub fn start(&self) -> Result<(Pid, Channel), Failure> {
        let (ours, theirs) = Channel::pair().map_err(|errno| Failure::system("channel", errno))?;
        // SAFETY: a lock that another thread holds would stay locked in the child for ever. No other thread holds
        // one, not even malloc's: our caller has the boss's lock, and without it a thread does nothing but wait in
        // a system call that works on memory it already has (see boss.rs).
        match unsafe { fork() }.map_err(|errno| Failure::system("fork", errno))? {
            ForkResult::Parent { child } => Ok((child, ours)),
            ForkResult::Child => {
                let status = catch_unwind(AssertUnwindSafe(|| self.work(&theirs))).unwrap_or(101);
                // SAFETY: _exit(2) has no precondition.
                unsafe { libc::_exit(status.into()) }
            }
        }
    }

    /// In the child: does what the boss says until the boss, or its end of the channel, is gone.
    fn work(&self, channel: &Channel) -> u8 {
        if self.settle(channel).is_err() || BOSS.set(self.boss).is_err() {
            return 1;
        }
        while let Ok(Some(message)) = channel.receive() {
            let reply = match &self.root {
                Some(root) => Reply { told: true, answer: site::answer(root, message) },
                None => obey(message),
            };
            // Without a boss there is nobody to tell; the end of the channel is seen next.
            let told = channel.send(&reply.encode(), None);
            if self.one_task && told.is_ok() {
                break;
            }
        }
        0
    }

    /// Keeps the channel, `/dev/null` and standard error, and nothing else.
    fn settle(&self, channel: &Channel) -> nix::Result<()> {
        dup2_stdin(&self.null)?;
        dup2_stdout(&self.null)?;
        let own = channel.as_fd().as_raw_fd().unsigned_abs();
        close_between(3, own - 1)?;
        close_between(own + 1, u32::MAX)?;
        // The name of the thread that has forked is that of a keeper.
        prctl::set_name(c"pool")?;
        crate::signals::unblock_all()
    }
}

fn close_between(first: u32, last: u32) -> nix::Result<()> {
    if first > last {
        return Ok(());
    }
    // SAFETY: this process was forked to keep one channel only. What owned the others is never dropped here, because
    // the process ends by _exit(2).
    let closed = unsafe { libc::close_range(first, last, 0) };
    Errno::result(closed).map(drop)
}

/// Does one task. If it is the last part of a client's task, or fails, the client is told first.
fn obey(message: Message) -> Reply {
    let order = Order::decode(&message.bytes);
    let Some((order, task)) = order.and_then(|order| Task::parse(&order.text).map(|task| (order, task)))
    else {
        return Reply { told: false, answer: Answer::bad_task() };
    };
    let answer = task.run(&order.key);
    let told = match &message.descriptor {
        Some(client) if order.last || !answer.ok => {
            tell(client.as_fd(), &answer.line(&order.id, getpid().as_raw(), order.attempt))
        }
        _ => false,
    };
    Reply { told, answer }
}

/// A client that does not read must not hold this worker: then the boss keeps the line. (The line is one packet of the
/// stream, so it goes as a whole, or not at all.)
fn tell(client: BorrowedFd<'_>, line: &[u8]) -> bool {
    let flags = MsgFlags::MSG_NOSIGNAL | MsgFlags::MSG_DONTWAIT;
    let sent = ipc_kit::retry(|| send(client.as_raw_fd(), line, flags));
    // Who is gone needs no answer.
    sent != Err(Errno::EAGAIN)
}
