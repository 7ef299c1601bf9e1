//! The server with connections: one loop, one call that waits for everybody. See `poll(2)`, `accept(2)`.

// BEGIN SOLUTION
use std::collections::BTreeMap;
use std::os::fd::AsFd;

use ipc_kit::retry;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::answer::Refusal;
use crate::connection::{Connection, Role, Step};
use crate::failure::failed;
use crate::helpers::{ClientId, HelperId, Helpers};
use crate::options::Kind;
use crate::pass::send_with;
// END SOLUTION
use crate::listen::Listening;
use crate::options::ServerOptions;
use crate::root::Root;
use crate::signals::Signals;

/// Serves clients until SIGTERM or SIGINT. `control` is the second socket, for whoever is in charge.
///
/// # Errors
/// If the loop itself cannot go on.
pub fn run(
    options: &ServerOptions,
    listening: Listening,
    control: Option<Listening>,
    root: Root,
    signals: Signals,
) -> anyhow::Result<()> {
    // BEGIN SOLUTION
    let mut server = Server {
        options,
        doors: [(Role::Overseer, control), (Role::Client, Some(listening))],
        connections: BTreeMap::new(),
        helpers: Helpers::new(root),
        signals,
        served: 0,
        next: 0,
        may_accept: true,
        shall_end: false,
    };
    while !(server.shall_end && server.connections.is_empty()) {
        for (token, events) in server.wait().map_err(|errno| failed("poll", errno))? {
            server.handle(token, events)?;
        }
    }
    server.helpers.end();
    Ok(())
    // END SOLUTION
    // STUB: todo!("M1: accept a client, answer its lines, and the next; M3: many at once; M5: SIGTERM")
}
// BEGIN SOLUTION

/// Who is waited for.
#[derive(Debug, Clone, Copy)]
enum Token {
    Signals,
    Door(Role),
    Connection(ClientId),
    Helper(HelperId),
}

/// A server and all that it remembers.
pub(crate) struct Server<'a> {
    pub(crate) options: &'a ServerOptions,
    /// The control socket first: whoever comes there is heard before all others.
    doors: [(Role, Option<Listening>); 2],
    pub(crate) connections: BTreeMap<ClientId, Connection>,
    pub(crate) helpers: Helpers,
    signals: Signals,
    pub(crate) served: u64,
    next: ClientId,
    /// False after accept has failed, until a connection is closed.
    may_accept: bool,
    shall_end: bool,
}

impl Server<'_> {
    /// The one place where filed waits. Gives who is ready, the control socket's side first.
    fn wait(&self) -> nix::Result<Vec<(Token, PollFlags)>> {
        let mut tokens = vec![Token::Signals];
        let mut polled = vec![PollFd::new(self.signals.as_fd(), PollFlags::POLLIN)];
        for (role, door) in &self.doors {
            if let Some(door) = door.as_ref().filter(|_| self.may_accept) {
                tokens.push(Token::Door(*role));
                polled.push(PollFd::new(door.as_fd(), PollFlags::POLLIN));
            }
            for (&id, connection) in self.connections.iter().filter(|(_, known)| known.role == *role) {
                tokens.push(Token::Connection(id));
                polled.push(PollFd::new(connection.as_fd(), connection.interest()));
            }
        }
        for (id, client, socket) in self.helpers.sockets() {
            let client = client.and_then(|client| self.connections.get(&client));
            // A helper must wait if its client does: then its own write waits. Without any interest poll would still
            // tell that it is dead, at once and for ever, and nobody could do anything about it yet.
            if client.is_none_or(|client| client.outbox.room() > 0) {
                tokens.push(Token::Helper(id));
                polled.push(PollFd::new(socket, PollFlags::POLLIN));
            }
        }
        retry(|| poll(&mut polled, PollTimeout::NONE))?;
        let events = polled.iter().map(|polled| polled.revents().unwrap_or(PollFlags::empty()));
        Ok(tokens.into_iter().zip(events).filter(|(_, events)| !events.is_empty()).collect())
    }

    fn handle(&mut self, token: Token, events: PollFlags) -> anyhow::Result<()> {
        match token {
            Token::Signals => {
                let news = self.signals.news().map_err(|errno| failed("signalfd", errno))?;
                if news.children {
                    self.helpers.reap();
                }
                if news.end {
                    self.end();
                }
            }
            Token::Door(role) => self.accept(role),
            Token::Connection(id) => self.connection_is_ready(id, events),
            Token::Helper(id) => self.helper_is_ready(id),
        }
        Ok(())
    }

    /// Lets one in.
    fn accept(&mut self, role: Role) {
        let Some(door) =
            self.doors.iter().find(|(known, _)| *known == role).and_then(|(_, door)| door.as_ref())
        else {
            return;
        };
        let socket = match door.accept() {
            Ok(socket) => socket,
            Err(Errno::EMFILE | Errno::ENFILE | Errno::ENOBUFS | Errno::ENOMEM) => {
                // It stays in the backlog, and poll would say so at once, again and again.
                self.may_accept = false;
                return;
            }
            // It has gone again.
            Err(_) => return,
        };
        if role == Role::Client && self.options.max_clients.is_some_and(|most| self.clients() >= most) {
            // An empty buffer takes a short line; a client that is gone needs none.
            let _ = send_with(&socket, Refusal::Busy.line().as_bytes(), None);
            return;
        }
        let kind = if role == Role::Overseer { Kind::Stream } else { self.options.kind };
        let id = self.next;
        self.next += 1;
        self.connections.insert(id, Connection::new(socket, role, kind));
        if role == Role::Overseer {
            // What it has to say may be there already, and comes before everything else.
            self.connection_is_ready(id, PollFlags::POLLIN);
        }
    }

    pub(crate) fn clients(&self) -> usize {
        self.connections.values().filter(|connection| connection.role == Role::Client).count()
    }

    fn connection_is_ready(&mut self, id: ClientId, events: PollFlags) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let is_lost = events.intersects(PollFlags::POLLERR | PollFlags::POLLHUP | PollFlags::POLLNVAL);
        if is_lost || events.contains(PollFlags::POLLIN) && connection.receive().is_err() {
            self.close(id);
        } else {
            self.advance(id);
        }
    }

    /// Does what a connection can do now: begins requests, sends, closes.
    pub(crate) fn advance(&mut self, id: ClientId) {
        loop {
            let Some(connection) = self.connections.get_mut(&id) else { return };
            match connection.next_step() {
                Some(Step::Block(name)) => self.read_file(id, &name),
                Some(Step::Refuse(refusal)) => self.refuse(id, refusal),
                Some(Step::Line(line)) => self.answer(id, &line),
                None => {
                    let was_full = connection.outbox.room() == 0;
                    if connection.flush().is_err() {
                        return self.close(id);
                    }
                    // A line that has waited for room is no news for poll: it must go on now.
                    if !was_full || connection.outbox.room() == 0 {
                        if connection.is_done() {
                            self.close(id);
                        }
                        return;
                    }
                }
            }
        }
    }

    pub(crate) fn close(&mut self, id: ClientId) {
        if let Some(helper) = self.connections.remove(&id).and_then(|connection| connection.helper) {
            self.helpers.dismiss(helper);
        }
        // A descriptor is free.
        self.may_accept = true;
    }

    /// Takes no more clients and no more requests. What has begun goes on.
    fn end(&mut self) {
        self.shall_end = true;
        // Dropping a door removes its file.
        self.doors.iter_mut().for_each(|(_, door)| *door = None);
        self.connections.values_mut().for_each(Connection::stop);
        let all: Vec<ClientId> = self.connections.keys().copied().collect();
        all.into_iter().for_each(|id| self.advance(id));
    }
}
// END SOLUTION
