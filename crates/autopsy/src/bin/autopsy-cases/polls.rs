//! poll, select and epoll: the wrong direction, the forgotten descriptor, the edge that has passed. poll(2), epoll(7).

use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll, ppoll};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::select::{FdSet, select};
use nix::sys::signal::{SigSet, Signal};
use nix::unistd::{pipe, write};

use crate::stage::{child, pause, pour, rename, take, wait_all};

/// Waits for input on one descriptor.
pub(crate) fn until_readable(from: impl AsFd) -> Result<()> {
    poll(&mut [PollFd::new(from.as_fd(), PollFlags::POLLIN)], PollTimeout::NONE).context("poll").map(drop)
}

fn epoll() -> Result<Epoll> {
    Epoll::new(EpollCreateFlags::empty()).context("make an epoll")
}

fn wait(epoll: &Epoll) -> Result<()> {
    epoll.wait(&mut [EpollEvent::empty()], EpollTimeout::NONE).context("wait for an event").map(drop)
}

/// A poller watches a pipe whose write end only itself has.
pub(crate) fn poll_idle() -> Result<()> {
    rename("poller")?;
    let (read, write) = pipe()?;
    until_readable(&read)?;
    drop(write);
    Ok(())
}

/// The same with select(2).
pub(crate) fn select_idle() -> Result<()> {
    rename("selecter")?;
    let (read, write) = pipe()?;
    let mut watched = FdSet::new();
    watched.insert(read.as_fd());
    select(None, &mut watched, None, None, None).context("select")?;
    drop(write);
    Ok(())
}

/// The worker polls the pipe it writes to instead of the one it reads from; the boss waits for its answer.
pub(crate) fn poll_wrong_direction() -> Result<()> {
    rename("boss")?;
    let (orders, to_worker) = pipe()?;
    let (results, from_worker) = pipe()?;
    child("worker", &[&to_worker, &results], || {
        until_readable(&from_worker)?;
        take(&orders, 1)?;
        pour(&from_worker, 1)
    })?;
    drop((orders, from_worker));
    pour(&to_worker, 1)?;
    take(&results, 1)?;
    drop(to_worker);
    wait_all()
}

/// A poller without a descriptor and without a time-out.
pub(crate) fn poll_nothing() -> Result<()> {
    rename("poller")?;
    poll(&mut [], PollTimeout::NONE).context("poll").map(drop)
}

/// A daemon blocks SIGTERM, which it handles, and lets it in while it waits: no descriptor, no time-out, and nothing wrong.
pub(crate) fn ppoll_signal() -> Result<()> {
    rename("daemon")?;
    crate::signals::catch(Signal::SIGTERM)?;
    SigSet::from(Signal::SIGTERM).thread_block().context("block SIGTERM")?;
    match ppoll(&mut [], None, Some(SigSet::empty())) {
        Ok(_) | Err(Errno::EINTR) => Ok(()),
        Err(error) => Err(error).context("ppoll"),
    }
}

/// Two ranks fill the pipes to each other; each waits in poll until there is room again, and reads nothing meanwhile.
pub(crate) fn poll_both_full() -> Result<()> {
    rename("rank-0")?;
    let (to_zero, from_one) = pipe()?;
    let (to_one, from_zero) = pipe()?;
    child("rank-1", &[&to_zero, &from_zero], || {
        fill(&from_one)?;
        until_writable(&from_one)?;
        take(&to_one, 1).map(drop)
    })?;
    drop((to_one, from_one));
    fill(&from_zero)?;
    until_writable(&from_zero)?;
    take(&to_zero, 1)?;
    wait_all()
}

/// Writes until a pipe holds no more.
fn fill(to: &OwnedFd) -> Result<()> {
    fcntl(to, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).context("let writes fail instead of waiting")?;
    loop {
        match write(to, &[0; 4096]) {
            Ok(_) => {}
            Err(Errno::EAGAIN) => return Ok(()),
            Err(error) => return Err(error).context("fill a pipe"),
        }
    }
}

/// Waits for room.
fn until_writable(to: impl AsFd) -> Result<()> {
    poll(&mut [PollFd::new(to.as_fd(), PollFlags::POLLOUT)], PollTimeout::NONE).context("poll").map(drop)
}

/// An event loop watches a pipe; its writer waits for a signal.
pub(crate) fn epoll_idle() -> Result<()> {
    rename("event-loop")?;
    let (read, write) = pipe()?;
    child("producer", &[&read], pause)?;
    drop(write);
    let epoll = epoll()?;
    epoll.add(&read, EpollEvent::new(EpollFlags::EPOLLIN, 0)).context("watch the pipe")?;
    wait(&epoll)
}

/// An event loop forgot to add its client's connection.
pub(crate) fn epoll_forgotten() -> Result<()> {
    rename("main")?;
    let (mut client, server) = UnixStream::pair()?;
    child("client", &[&server], || {
        client.write_all(b"request")?;
        take(&client, 1).map(drop)
    })?;
    child("event-loop", &[&client], || {
        let epoll = epoll()?;
        // Missing: epoll.add(&server, ..).
        wait(&epoll)?;
        pour(&server, 1)
    })?;
    drop((client, server));
    wait_all()
}

/// An edge-triggered event loop read a part of the request and waits for the next edge.
pub(crate) fn epoll_edge() -> Result<()> {
    rename("main")?;
    let (mut client, server) = UnixStream::pair()?;
    child("client", &[&server], || {
        client.write_all(b"a long request")?;
        take(&client, 1).map(drop)
    })?;
    child("event-loop", &[&client], || {
        let epoll = epoll()?;
        epoll.add(&server, EpollEvent::new(EpollFlags::EPOLLIN | EpollFlags::EPOLLET, 0)).context("watch")?;
        wait(&epoll)?;
        take(&server, 4)?;
        wait(&epoll)?;
        pour(&server, 1)
    })?;
    drop((client, server));
    wait_all()
}
