//! Somebody is about to come: the gate's keeper, the peer, the client, the signal, the clock.
#![allow(unsafe_code, reason = "sigaction(2), and write(2) in a handler")]

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, kill, sigaction};
use nix::sys::stat::Mode;
use nix::sys::timer::{Expiration, TimerSetTimeFlags};
use nix::sys::timerfd::{ClockId, TimerFd, TimerFlags};
use nix::unistd::{getpid, getppid, mkfifo, pipe, write};

use super::slowly;
use crate::stage::{child, drain, file, pour, ready, rename, take, wait_for};

/// A child waits at a gate that its parent opens a little later.
pub(crate) fn gate() -> Result<()> {
    rename("keeper")?;
    ready()?;
    loop {
        let (read, write) = pipe()?;
        let visitor = child("visitor", &[&write], || take(&read, 1).map(drop))?;
        slowly();
        pour(&write, 1)?;
        wait_for(visitor)?;
    }
}

/// A reader waits for a peer that speaks a little later.
pub(crate) fn peer() -> Result<()> {
    rename("listener")?;
    let (mut one, mut other) = UnixStream::pair()?;
    child("speaker", &[&one], || {
        loop {
            slowly();
            other.write_all(b"word")?;
        }
    })?;
    drop(other);
    ready()?;
    loop {
        one.read_exact(&mut [0; 4])?;
    }
}

/// A reader opens a FIFO whose writer opens it a little later, again and again.
pub(crate) fn fifo() -> Result<()> {
    rename("reader")?;
    let path = file("meet.fifo");
    mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR).context("make a FIFO")?;
    child("writer", &[], || {
        loop {
            slowly();
            let writer = File::options().write(true).open(&path).context("open the FIFO for writing")?;
            match write(&writer, b"word") {
                // The reader of the last round saw the end just when we came: it will open again.
                Ok(_) | Err(Errno::EPIPE) => {}
                Err(error) => return Err(error).context("write to the FIFO"),
            }
        }
    })?;
    ready()?;
    loop {
        drain(File::open(&path).context("open the FIFO for reading")?)?;
    }
}

/// A server holds its FIFO open for both, so that it never sees an end; its client opens it a little later, again and again.
pub(crate) fn fifo_server() -> Result<()> {
    rename("server")?;
    let path = file("requests.fifo");
    mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR).context("make a FIFO")?;
    let requests = File::options().read(true).write(true).open(&path).context("open the FIFO for both")?;
    child("client", &[&requests], || {
        loop {
            slowly();
            pour(File::options().write(true).open(&path).context("open the FIFO for writing")?, 4)?;
        }
    })?;
    ready()?;
    loop {
        ensure!(take(&requests, 4)? > 0, "its own write end is open");
    }
}

/// A server accepts; its client connects later.
pub(crate) fn server() -> Result<()> {
    rename("server")?;
    let path = file("late.sock");
    let listener = UnixListener::bind(&path)?;
    child("client", &[&listener], || {
        loop {
            slowly();
            let stream = UnixStream::connect(&path)?;
            drain(&stream)?;
        }
    })?;
    ready()?;
    loop {
        let (mut connection, _) = listener.accept()?;
        connection.write_all(b"reply")?;
    }
}

/// Polls with a time-out, and nothing ever comes.
pub(crate) fn poll_loop() -> Result<()> {
    rename("poller")?;
    let (read, write) = pipe()?;
    ready()?;
    loop {
        let mut watched = [PollFd::new(read.as_fd(), PollFlags::POLLIN)];
        ensure!(poll(&mut watched, PollTimeout::from(2_u8)).context("poll")? == 0, "nobody wrote");
        ensure!(write.as_raw_fd() > 2, "the write end is ours");
    }
}

/// Waits for a timer.
pub(crate) fn timer() -> Result<()> {
    rename("clock")?;
    let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, TimerFlags::empty()).context("make a timer")?;
    let every = Expiration::Interval(Duration::from_millis(5).into());
    timer.set(every, TimerSetTimeFlags::empty()).context("set the timer")?;
    ready()?;
    loop {
        timer.wait().context("wait for the timer")?;
    }
}

/// The write end the handler below writes to.
static PIPE: AtomicI32 = AtomicI32::new(-1);

extern "C" fn tell(_: i32) {
    // SAFETY: write(2) may be called in a handler; the descriptor is open for ever.
    unsafe { libc::write(PIPE.load(Ordering::SeqCst), b"!".as_ptr().cast(), 1) };
}

fn catch(signal: Signal, handler: extern "C" fn(i32)) -> Result<()> {
    let action = SigAction::new(SigHandler::Handler(handler), SaFlags::SA_RESTART, SigSet::empty());
    // SAFETY: the handlers of this file make one system call, or none.
    unsafe { sigaction(signal, &action) }.with_context(|| format!("catch {signal}")).map(drop)
}

/// Reads its own pipe, whose writer is the handler of its alarm.
pub(crate) fn self_pipe() -> Result<()> {
    rename("self-pipe")?;
    let (read, write) = pipe()?;
    PIPE.store(write.as_raw_fd(), Ordering::SeqCst);
    catch(Signal::SIGALRM, tell)?;
    let often = libc::itimerval {
        it_interval: libc::timeval { tv_sec: 0, tv_usec: 4000 },
        it_value: libc::timeval { tv_sec: 0, tv_usec: 4000 },
    };
    // SAFETY: the new value lives through the call; the old one is not asked for.
    let set = unsafe { libc::setitimer(libc::ITIMER_REAL, &raw const often, std::ptr::null_mut()) };
    ensure!(set == 0, "set the alarm");
    ready()?;
    loop {
        ensure!(take(&read, 1)? == 1, "the handler wrote");
    }
}

extern "C" fn nothing(_: i32) {}

/// Waits in sigsuspend for its child's signals.
pub(crate) fn signal() -> Result<()> {
    rename("waiter")?;
    catch(Signal::SIGUSR1, nothing)?;
    let usual = SigSet::thread_get_mask().context("read the mask")?;
    SigSet::from(Signal::SIGUSR1).thread_block().context("block SIGUSR1")?;
    let waiter = getpid();
    child("sender", &[], || {
        loop {
            slowly();
            // If it is killed, an innocent process takes us in.
            ensure!(getppid() == waiter, "the waiter has gone");
            kill(waiter, Signal::SIGUSR1).context("send SIGUSR1")?;
        }
    })?;
    ready()?;
    loop {
        usual.suspend().context("wait for SIGUSR1")?;
    }
}

/// Reads what the check may send at any time.
pub(crate) fn filter() -> Result<()> {
    rename("filter")?;
    ready()?;
    drain(std::io::stdin())
}
