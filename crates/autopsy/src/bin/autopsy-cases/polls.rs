//! poll, select and epoll: the wrong direction, the forgotten descriptor, the edge that has passed. poll(2), epoll(7).

use std::io::Write;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

use anyhow::{Context, Result};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::select::{FdSet, select};
use nix::unistd::pipe;

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
