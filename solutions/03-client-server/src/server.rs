//! The server with connections: one loop, one call that waits for everybody. See `poll(2)`, `accept(2)`.

// BEGIN SOLUTION
use std::collections::BTreeMap;
use std::os::fd::{AsFd, OwnedFd};

use ipc_kit::retry;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::getsockopt;
use nix::sys::socket::sockopt::PeerCredentials;

use crate::address::Address;
use crate::answer::{MESSAGE_BODY_MAX, Refusal, ok, ok_line};
use crate::connection::{Batch, Connection, Role, Step};
use crate::failure::failed;
use crate::helpers::{ClientId, HelperId, Helpers, Said};
use crate::options::Kind;
use crate::order::Wanted;
use crate::pass::send_with;
use crate::request::Request;
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

struct Server<'a> {
    options: &'a ServerOptions,
    /// The control socket first: whoever comes there is heard before all others.
    doors: [(Role, Option<Listening>); 2],
    connections: BTreeMap<ClientId, Connection>,
    helpers: Helpers,
    signals: Signals,
    served: u64,
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

    fn clients(&self) -> usize {
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
    fn advance(&mut self, id: ClientId) {
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

    fn answer(&mut self, id: ClientId, line: &[u8]) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        if connection.role == Role::Overseer {
            return self.answer_overseer(id, line);
        }
        let is_unix = !matches!(self.options.address, Address::Tcp(_));
        match Request::parse(line) {
            Ok(Request::WhoAmI | Request::GetFd(_)) if !is_unix => self.refuse(id, Refusal::NotPossibleHere),
            Ok(Request::Echo(text)) => self.send(id, text),
            Ok(Request::Get(name)) => self.read_file(id, name),
            Ok(Request::GetFd(name)) => self.order(id, Wanted::Descriptor, name),
            Ok(Request::Batch(queued, name)) => {
                connection.batch = Some(Batch { name: name.to_vec(), queued, aborted: 0 });
            }
            Ok(Request::WhoAmI) => match getsockopt(connection, PeerCredentials) {
                Ok(peer) => {
                    let text = format!("uid={} gid={} pid={}", peer.uid(), peer.gid(), peer.pid());
                    self.send(id, text.as_bytes());
                }
                Err(_) => self.refuse(id, Refusal::Failed),
            },
            Ok(Request::Stat) => {
                let batches = self.connections.values().filter_map(|connection| connection.batch.as_ref());
                let queued: usize = batches.map(|batch| batch.queued).sum();
                let text = format!("clients={} served={} queued={queued}", self.clients(), self.served);
                self.send(id, text.as_bytes());
            }
            Ok(Request::Quit) => connection.stop(),
            Err(refusal) => self.refuse(id, refusal),
        }
    }

    fn answer_overseer(&mut self, id: ClientId, line: &[u8]) {
        match line {
            b"ABORT" => {
                for batch in self.connections.values_mut().filter_map(|known| known.batch.as_mut()) {
                    batch.aborted += std::mem::take(&mut batch.queued);
                }
                self.send(id, b"");
            }
            b"" => self.refuse(id, Refusal::Empty),
            _ => self.refuse(id, Refusal::Unknown),
        }
    }

    fn send(&mut self, id: ClientId, body: &[u8]) {
        self.push(id, &ok(body), None);
    }

    fn refuse(&mut self, id: ClientId, refusal: Refusal) {
        self.push(id, refusal.line().as_bytes(), None);
    }

    fn push(&mut self, id: ClientId, block: &[u8], descriptor: Option<OwnedFd>) {
        self.count(id);
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.outbox.push(block, descriptor);
        }
    }

    /// Counts a block before its first byte is sent.
    fn count(&mut self, id: ClientId) {
        let role = self.connections.get(&id).map(|connection| connection.role);
        self.served += u64::from(role == Some(Role::Client));
    }

    fn read_file(&mut self, id: ClientId, name: &[u8]) {
        let limit = match self.options.kind {
            Kind::Stream => u64::MAX,
            Kind::Datagram | Kind::Packet => MESSAGE_BODY_MAX as u64,
        };
        self.order(id, Wanted::Bytes { limit }, name);
    }

    fn order(&mut self, id: ClientId, wanted: Wanted, name: &[u8]) {
        match (self.helpers.give(id, wanted, name), self.connections.get_mut(&id)) {
            (Ok(helper), Some(connection)) => connection.helper = Some(helper),
            _ => self.refuse(id, Refusal::Failed),
        }
    }

    fn helper_is_ready(&mut self, helper: HelperId) {
        let client = self.helpers.client_of(helper);
        let room = |id| self.connections.get(&id).map_or(0, |connection| connection.outbox.room());
        let said = self.helpers.listen(helper, client.map_or(0, room));
        let Some(id) = client else { return };
        let is_done = match said {
            Said::Nothing => false,
            Said::Refused(refusal) => {
                self.refuse(id, refusal);
                true
            }
            Said::Descriptor(descriptor) => {
                self.push(id, ok_line(0).as_bytes(), Some(descriptor));
                true
            }
            Said::Size(size) => {
                self.count(id);
                self.with_outbox(id, |outbox| outbox.begin(&ok_line(size)));
                size == 0
            }
            Said::Bytes(bytes, is_last) => {
                self.with_outbox(id, |outbox| outbox.extend(&bytes));
                is_last
            }
            Said::Dead(false) => {
                self.refuse(id, Refusal::Failed);
                true
            }
            // The client was promised more than it can get.
            Said::Dead(true) => return self.close(id),
        };
        if let Some(connection) = self.connections.get_mut(&id).filter(|_| is_done) {
            connection.outbox.finish();
            connection.helper = None;
        }
        self.advance(id);
    }

    fn with_outbox(&mut self, id: ClientId, act: impl FnOnce(&mut crate::outbox::Outbox)) {
        if let Some(connection) = self.connections.get_mut(&id) {
            act(&mut connection.outbox);
        }
    }

    fn close(&mut self, id: ClientId) {
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
