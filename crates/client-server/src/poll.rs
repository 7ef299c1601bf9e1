//! The poll server: one process, one loop, one place where it waits, for everybody at once.
//!
//! ```text
//!              ┌────────────── poll ──────────────┐    sleeps until at least one is ready
//!              │ stop   listener   client  client │
//!              └──┬─────────┬─────────┬───────┬───┘
//!               leave    accept    recv/send  ...      each does what can be done now, and never waits
//! ```
//!
//! **Invariant: nothing in the loop waits but poll: every descriptor in it is non-blocking.** One call that waits for
//! one client makes this the sequential server again.

use crate::book::Book;
use crate::connection::Connection;
use crate::{listen, stream};
use anyhow::{Context, Result};
use ipc_kit::retry;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::os::fd::{AsFd, BorrowedFd};

/// Serves all clients until `stop` is readable (a signalfd, the read end of a pipe: any descriptor that poll knows).
///
/// # Errors
/// When poll fails; when accept fails and that is no matter of one caller, or no descriptor is left and no client has
/// one to give back.
pub fn serve(listener: impl AsFd, stop: BorrowedFd, book: &mut Book) -> Result<()> {
    stream::set_nonblocking(&listener)?;
    let mut server = Server { connections: Vec::new(), is_accepting: true };
    loop {
        let ready = server.wait(listener.as_fd(), stop)?;
        if ready.stop {
            return Ok(());
        }
        server.advance(&ready.connections, book);
        if ready.listener {
            server.accept_all(listener.as_fd())?;
        }
    }
}

struct Server {
    connections: Vec<Connection>,
    /// False after accept found no free descriptor, until a client leaves. The callers wait in the queue meanwhile.
    is_accepting: bool,
}

/// What poll found.
struct Ready {
    stop: bool,
    listener: bool,
    connections: Vec<PollFlags>,
}

impl Server {
    fn wait(&self, listener: BorrowedFd, stop: BorrowedFd) -> Result<Ready> {
        // A listener that is ready but not accepted from stays ready: poll would return at once, for ever.
        let door = if self.is_accepting { PollFlags::POLLIN } else { PollFlags::empty() };
        let mut all = vec![PollFd::new(stop, PollFlags::POLLIN), PollFd::new(listener, door)];
        all.extend(self.connections.iter().map(|client| PollFd::new(client.socket(), client.interest())));
        retry(|| poll(&mut all, PollTimeout::NONE)).context("wait for something to do")?;
        let mut found = all.iter().map(|entry| entry.revents().unwrap_or(PollFlags::empty()));
        let mut next = || found.next().unwrap_or(PollFlags::empty());
        let (stop, listener) = (!next().is_empty(), next().contains(PollFlags::POLLIN));
        Ok(Ready { stop, listener, connections: found.collect() })
    }

    /// Lets each connection do what it can, and forgets those that are over.
    fn advance(&mut self, events: &[PollFlags], book: &mut Book) {
        let before = self.connections.len();
        let mut events = events.iter();
        self.connections.retain_mut(|client| {
            let events = events.next().copied().unwrap_or(PollFlags::empty());
            // One client's broken connection is no reason to leave the others alone.
            events.is_empty()
                || client.advance(events, book).unwrap_or_else(|error| {
                    eprintln!("client-server: a client: {error:#}");
                    false
                })
        });
        self.is_accepting |= self.connections.len() < before;
    }

    fn accept_all(&mut self, listener: BorrowedFd) -> Result<()> {
        loop {
            match listen::accept(listener) {
                Ok(socket) => match Connection::new(socket) {
                    Ok(client) => self.connections.push(client),
                    Err(error) => eprintln!("client-server: a client: {error:#}"),
                },
                Err(Errno::EAGAIN) => return Ok(()),
                Err(Errno::EMFILE | Errno::ENFILE) if !self.connections.is_empty() => {
                    self.is_accepting = false;
                    return Ok(());
                }
                Err(reason) => return Err(reason).context("accept a client"),
            }
        }
    }
}
