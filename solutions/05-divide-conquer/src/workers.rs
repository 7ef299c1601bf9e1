// BEGIN SOLUTION
//! Workers that do one task after the other, and may die, or stop, in the midst of each. See `socketpair(2)`.
//!
//! One message is one packet: the number of a task to the worker, `ok` or a reason back. The end of the channel is
//! the end of whoever was at its other side.

#![allow(unsafe_code, reason = "close_range(2) closes descriptors by number")]

use std::ffi::c_uint;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use ipc_kit::{retry, run_in_child, wait_for};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::sys::socket::{AddressFamily, MsgFlags, SockFlag, SockType, recv, send, socketpair};
use nix::unistd::Pid;

use crate::failure::Failure;

/// The longest answer: a reason.
const LONGEST: usize = 8 << 10;

/// What a worker does for a task: nothing that may not be done twice.
pub type Body<'a> = &'a dyn Fn(usize) -> Result<(), Failure>;

/// What has become of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The task is done.
    Done,
    /// The task cannot be done.
    Failed(Failure),
    /// The worker died.
    Died,
}

struct Worker {
    pid: Pid,
    channel: OwnedFd,
    task: Option<usize>,
}

/// So many workers, whoever dies. Dropping it ends all of them.
pub struct Workers<'a> {
    all: Vec<Worker>,
    body: Body<'a>,
}

impl<'a> Workers<'a> {
    /// Starts `n` workers.
    ///
    /// # Errors
    /// `fork` or `socketpair` failed.
    pub fn start(n: usize, body: Body<'a>) -> Result<Workers<'a>, Failure> {
        let mut workers = Workers { all: Vec::with_capacity(n), body };
        for _ in 0..n {
            workers.hire()?;
        }
        Ok(workers)
    }

    fn hire(&mut self) -> Result<(), Failure> {
        let flags = SockFlag::SOCK_CLOEXEC;
        let (own, theirs) = socketpair(AddressFamily::Unix, SockType::SeqPacket, None, flags)
            .map_err(|errno| Failure::system("socketpair", errno))?;
        let body = self.body;
        let pid = run_in_child(|| {
            let worked = keep_only(&theirs).and_then(|()| work(&theirs, body));
            worked.map_or(1, |()| 0)
        })
        .map_err(|errno| Failure::system("fork", errno))?;
        self.all.push(Worker { pid, channel: own, task: None });
        Ok(())
    }

    /// Whether somebody has nothing to do.
    pub fn has_idle(&self) -> bool {
        self.all.iter().any(|worker| worker.task.is_none())
    }

    /// How many work on this task.
    pub fn at_work_on(&self, task: usize) -> usize {
        self.all.iter().filter(|worker| worker.task == Some(task)).count()
    }

    /// Hands a task to somebody who has nothing to do. If the worker is dead, [`Workers::wait`] will tell.
    pub fn hand_out(&mut self, task: usize) {
        if let Some(worker) = self.all.iter_mut().find(|worker| worker.task.is_none()) {
            worker.task = Some(task);
            let order = task.to_string();
            let _ = retry(|| send(worker.channel.as_raw_fd(), order.as_bytes(), MsgFlags::MSG_NOSIGNAL));
        }
    }

    /// Waits until an attempt has ended, and gives its task. Whoever has died is replaced.
    ///
    /// # Errors
    /// A worker cannot be replaced; a system call failed.
    pub fn wait(&mut self) -> Result<Vec<(usize, End)>, Failure> {
        let mut watched: Vec<PollFd> =
            self.all.iter().map(|worker| PollFd::new(worker.channel.as_fd(), PollFlags::POLLIN)).collect();
        retry(|| poll(&mut watched, PollTimeout::NONE)).map_err(|errno| Failure::system("poll", errno))?;
        let ready: Vec<bool> = watched.iter().map(|one| one.any() == Some(true)).collect();
        let (mut ends, mut dead) = (Vec::new(), Vec::new());
        for (worker, _) in self.all.iter_mut().zip(ready).filter(|(_, ready)| *ready) {
            match receive(&worker.channel) {
                Some(answer) => {
                    ends.extend(worker.task.take().map(|task| (task, Worker::end(&answer))));
                }
                None => {
                    ends.extend(worker.task.take().map(|task| (task, End::Died)));
                    dead.push(worker.pid);
                }
            }
        }
        self.all.retain(|worker| !dead.contains(&worker.pid));
        for pid in dead {
            wait_for(pid).map_err(|errno| Failure::system("waitpid", errno))?;
            self.hire()?;
        }
        Ok(ends)
    }
}

impl Worker {
    fn end(answer: &[u8]) -> End {
        if answer == b"ok" {
            return End::Done;
        }
        let text = String::from_utf8_lossy(answer);
        let (what, reason) = text.split_once(": ").unwrap_or(("task", &text));
        End::Failed(Failure::new(what, reason))
    }
}

impl Drop for Workers<'_> {
    fn drop(&mut self) {
        for worker in &self.all {
            // Whoever is still at work does what nobody needs any more; and whoever is stopped hears nothing else.
            let _ = kill(worker.pid, Signal::SIGKILL);
        }
        for worker in &self.all {
            let _ = wait_for(worker.pid);
        }
    }
}

/// A worker's life: one task after the other, until the other side of its channel is closed.
fn work(channel: &OwnedFd, body: Body<'_>) -> nix::Result<()> {
    while let Some(order) = receive(channel) {
        let task = String::from_utf8_lossy(&order).parse().map_err(|_| Errno::EPROTO)?;
        let answer = match body(task) {
            Ok(()) => "ok".to_owned(),
            Err(failure) => format!("{}: {}", failure.what, failure.reason),
        };
        let answer = &answer.as_bytes()[..answer.len().min(LONGEST)];
        retry(|| send(channel.as_raw_fd(), answer, MsgFlags::MSG_NOSIGNAL))?;
    }
    Ok(())
}

/// The next message; `None` when nobody is at the other side.
fn receive(channel: &OwnedFd) -> Option<Vec<u8>> {
    let mut bytes = vec![0; LONGEST];
    // A dead peer that has left a message unread is told as ECONNRESET: it is as gone as after an end.
    let count = retry(|| recv(channel.as_raw_fd(), &mut bytes, MsgFlags::empty())).unwrap_or(0);
    bytes.truncate(count);
    (count > 0).then_some(bytes)
}

/// Closes every descriptor from 3 on, but one: above all the channels of the others.
fn keep_only(kept: &OwnedFd) -> nix::Result<()> {
    let kept = c_uint::try_from(kept.as_raw_fd()).map_err(|_| Errno::EBADF)?;
    close_range(3, kept - 1)?;
    close_range(kept + 1, c_uint::MAX)
}

fn close_range(first: c_uint, last: c_uint) -> nix::Result<()> {
    if first > last {
        return Ok(());
    }
    // SAFETY: this is a child that never returns to the code of its parent, and drops none of the values there
    // (`run_in_child` ends it by _exit): nobody uses or closes these numbers again.
    Errno::result(unsafe { libc::close_range(first, last, 0) }).map(drop)
}
// END SOLUTION
