//! A worker: how it is made, what it keeps, and its loop. See `fork(2)`, `close_range(2)`.

#![allow(unsafe_code, reason = "close_range(2) closes descriptors by number")]

use std::fs::File;
use std::path::PathBuf;

use nix::unistd::Pid;

use crate::channel::Channel;

// BEGIN SOLUTION
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};

use ipc_kit::{retry, run_in_child};
use nix::errno::Errno;
use nix::libc::{self, c_uint};
use nix::sys::socket::{MsgFlags, send};
use nix::unistd::{dup2_stdin, dup2_stdout, getpid};

use crate::channel::Message;
use crate::job::Order;
use crate::line::Answer;
use crate::signals;
use crate::task::Task;
use crate::web;
// END SOLUTION

/// What all workers have in common.
#[derive(Debug)]
pub struct Workshop {
    /// `/dev/null`, their standard input and output.
    pub null: File,
    /// They end after one task: `--mode fork`.
    pub one_task: bool,
    /// They answer HTTP from this folder.
    pub root: Option<PathBuf>,
}

impl Workshop {
    /// Makes a worker. Gives its pid and the boss's side of its channel.
    ///
    /// # Errors
    /// `EAGAIN`, `ENOMEM`: no process can be made; `EMFILE`: no channel.
    pub fn start(&self) -> nix::Result<(Pid, Channel)> {
        // BEGIN SOLUTION
        let (ours, theirs) = Channel::pair()?;
        // The parent's copy of this closure is dropped, and `theirs` with it: the worker alone holds its side.
        let pid = run_in_child(move || match self.settle(&theirs).and_then(|()| self.work(&theirs)) {
            Ok(()) => 0,
            Err(_) => 1,
        })?;
        Ok((pid, ours))
        // END SOLUTION
        // STUB: todo!("M1: make a channel and a process that works at its other side")
    }
    // BEGIN SOLUTION

    /// In the child: lets go of all that belongs to the boss. Other workers' channels, above all: a worker that held
    /// one would keep its owner from seeing the end.
    fn settle(&self, own: &Channel) -> nix::Result<()> {
        signals::unblock_all()?;
        dup2_stdin(&self.null)?;
        dup2_stdout(&self.null)?;
        close_all_but(own.as_fd().as_raw_fd())
    }

    /// One task after the other, until the boss has closed its side, or is dead.
    fn work(&self, channel: &Channel) -> nix::Result<()> {
        while let Some(order) = channel.receive()? {
            let answer = match &self.root {
                Some(root) => web::answer(root, order),
                None => do_task(&order),
            };
            match channel.send(&answer.encode(), None) {
                Ok(()) if !self.one_task => {}
                // Nobody wants the answer any more.
                Ok(()) | Err(Errno::EPIPE | Errno::ECONNRESET) => break,
                Err(errno) => return Err(errno),
            }
        }
        Ok(())
    }
    // END SOLUTION
}
// BEGIN SOLUTION

/// Closes every descriptor from 3 on, but one.
fn close_all_but(kept: RawFd) -> nix::Result<()> {
    let kept = c_uint::try_from(kept).map_err(|_| Errno::EBADF)?;
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

/// Does what the order says. The client, if there is one, is answered from here.
fn do_task(message: &Message) -> Answer {
    let Some(order) = Order::decode(&message.bytes) else { return Answer::bad_task() };
    let answer = Task::parse(&order.text).map_or_else(Answer::bad_task, |task| task.run(&order.key()));
    if let Some(client) = message.descriptor.as_ref().filter(|_| order.last || !answer.ok) {
        // If the client is gone, the boss will see it, too.
        let _ = send_all(client, &answer.line(&order.id, getpid().as_raw(), order.attempt));
    }
    answer
}

/// Sends all of `bytes`. A client that is gone is an error, not a signal.
///
/// # Errors
/// `EPIPE`, `ECONNRESET`: the client is gone.
pub fn send_all(to: &OwnedFd, mut bytes: &[u8]) -> nix::Result<()> {
    while !bytes.is_empty() {
        let sent = retry(|| send(to.as_raw_fd(), bytes, MsgFlags::MSG_NOSIGNAL))?;
        bytes = &bytes[sent..];
    }
    Ok(())
}
// END SOLUTION
