//! Something goes from hand to hand: a token, a task, a lock, a message, a descriptor. Somebody always has it.

use std::fs::File;
use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::{Condvar, Mutex as StdMutex, PoisonError};

use anyhow::{Context, Result, bail, ensure};
use nix::fcntl::{Flock, FlockArg};
use nix::sys::socket::{ControlMessage, ControlMessageOwned, MsgFlags, recvmsg, sendmsg};
use nix::unistd::pipe;

use super::slowly;
use crate::queues;
use crate::shared::{Segment, set, sleep_on_for, wait_while};
use crate::stage::{child, file, lose, pour, ready, rename, take};

/// Three processes hand one byte round as fast as they can: two always wait, and never the same two.
pub(crate) fn ring() -> Result<()> {
    rename("ring-0")?;
    let pipes = [pipe()?, pipe()?, pipe()?];
    for (number, name) in [(1, "ring-1"), (2, "ring-2")] {
        child(name, &[], || pass_on(&pipes, number))?;
    }
    pour(&pipes[1].1, 1)?;
    ready()?;
    pass_on(&pipes, 0)
}

fn pass_on(pipes: &[(OwnedFd, OwnedFd); 3], number: usize) -> Result<()> {
    loop {
        ensure!(take(&pipes[number].0, 1)? == 1, "the ring is whole");
        pour(&pipes[(number + 1) % 3].1, 1)?;
    }
}

/// A boss gives tasks to three workers and takes their results, working a while between.
pub(crate) fn pool() -> Result<()> {
    rename("boss")?;
    let (tasks, to_workers) = pipe()?;
    let (results, from_workers) = pipe()?;
    for name in ["worker-1", "worker-2", "worker-3"] {
        child(name, &[&to_workers, &results], || {
            loop {
                ensure!(take(&tasks, 1)? == 1, "the boss lives");
                slowly();
                pour(&from_workers, 1)?;
            }
        })?;
    }
    drop((tasks, from_workers));
    ready()?;
    loop {
        pour(&to_workers, 3)?;
        for _ in 0..3 {
            take(&results, 1)?;
        }
        work();
    }
}

/// Some processor time.
fn work() {
    let sum = (0..200_000_u64).fold(0, |sum: u64, number| std::hint::black_box(sum ^ number));
    std::hint::black_box(sum);
}

/// Two processes want the same flock; whoever has it works a while.
pub(crate) fn flock() -> Result<()> {
    rename("holder-1")?;
    let path = file("lockfile");
    let turns = || -> Result<()> {
        loop {
            let file = File::options().write(true).create(true).truncate(false).open(&path)?;
            let lock =
                Flock::lock(file, FlockArg::LockExclusive).map_err(|(_, error)| error).context("flock")?;
            slowly();
            drop(lock);
        }
    };
    child("holder-2", &[], turns)?;
    ready()?;
    turns()
}

/// Two processes take turns by a word in shared memory.
pub(crate) fn futex() -> Result<()> {
    rename("ping")?;
    let turn = Segment::named()?.word(0);
    child("pong", &[], || {
        loop {
            wait_while(turn, 0);
            slowly();
            set(turn, 0);
        }
    })?;
    ready()?;
    loop {
        set(turn, 1);
        wait_while(turn, 1);
    }
}

/// Sleeps on a word with a time-out; nobody wakes it.
pub(crate) fn futex_limit() -> Result<()> {
    rename("patient")?;
    let word = Segment::named()?.word(0);
    ready()?;
    loop {
        sleep_on_for(word, 0, 3);
    }
}

/// Two processes hand a mutex in shared memory over.
pub(crate) fn mutex() -> Result<()> {
    rename("owner-1")?;
    let mutex = Segment::named()?.mutex(0)?;
    let turns = || -> Result<()> {
        loop {
            mutex.lock()?;
            slowly();
            mutex.unlock()?;
        }
    };
    child("owner-2", &[], turns)?;
    ready()?;
    turns()
}

/// A consumer waits for a semaphore that the producer posts a little later.
pub(crate) fn semaphore() -> Result<()> {
    rename("consumer")?;
    let filled = Segment::anonymous()?.semaphore(0, 0)?;
    child("producer", &[], || {
        loop {
            slowly();
            filled.post()?;
        }
    })?;
    ready()?;
    loop {
        filled.wait()?;
    }
}

/// A client and a server talk through two message queues.
pub(crate) fn queue() -> Result<()> {
    rename("server")?;
    child("client", &[], || {
        let (requests, replies) = queues::pair()?;
        loop {
            slowly();
            queues::send_one(&requests)?;
            queues::receive(&replies)?;
        }
    })?;
    let (requests, replies) = queues::pair()?;
    ready()?;
    loop {
        queues::receive(&requests)?;
        queues::send_one(&replies)?;
    }
}

/// Two threads take turns by a condition.
pub(crate) fn threads() -> Result<()> {
    rename("prog")?;
    let (turn, changed) = (StdMutex::new(0), Condvar::new());
    let take_turns = |mine: i32| {
        loop {
            let now = turn.lock().unwrap_or_else(PoisonError::into_inner);
            let mut now = changed.wait_while(now, |now| *now != mine).unwrap_or_else(PoisonError::into_inner);
            slowly();
            *now = 1 - mine;
            changed.notify_all();
        }
    };
    ready()?;
    std::thread::scope(|scope| {
        scope.spawn(|| take_turns(0));
        take_turns(1)
    })
}

/// A pipe's only write end travels through a socket to a process that receives it a little later and writes.
pub(crate) fn descriptor_in_flight() -> Result<()> {
    rename("reader")?;
    let (sender, receiver) = UnixStream::pair()?;
    child("receiver", &[&sender], || {
        loop {
            slowly();
            pour(receive_descriptor(&receiver)?, 1)?;
        }
    })?;
    drop(receiver);
    ready()?;
    loop {
        let (read, write) = pipe()?;
        let rights = [write.as_raw_fd()];
        let bytes = [IoSlice::new(b"!")];
        let message = [ControlMessage::ScmRights(&rights)];
        sendmsg::<()>(sender.as_raw_fd(), &bytes, &message, MsgFlags::empty(), None).context("send")?;
        drop(write);
        ensure!(take(&read, 1)? == 1, "the receiver wrote");
    }
}

#[allow(unsafe_code, reason = "a received descriptor is only a number")]
fn receive_descriptor(from: &UnixStream) -> Result<OwnedFd> {
    let mut byte = [0];
    let mut bytes = [IoSliceMut::new(&mut byte)];
    let mut space = nix::cmsg_space!([i32; 1]);
    let message = recvmsg::<()>(from.as_raw_fd(), &mut bytes, Some(&mut space), MsgFlags::empty())
        .context("receive")?;
    match message.cmsgs().context("receive")?.next() {
        Some(ControlMessageOwned::ScmRights(rights)) if rights.len() == 1 => {
            // SAFETY: the kernel has just made it for us, and nobody else knows its number.
            Ok(unsafe { OwnedFd::from_raw_fd(rights[0]) })
        }
        _ => {
            lose(&[from]);
            bail!("the sender has gone")
        }
    }
}
