//! The server: one loop, one call that waits for everybody. See `poll(2)`, `accept(2)`.

// BEGIN SOLUTION
use std::collections::{BTreeMap, HashMap};
use std::os::fd::AsFd;
use std::time::Instant;

use ipc_kit::retry;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::address::Address;
use crate::calls::CallId;
use crate::connection::{Connection, ConnectionId};
use crate::interface::{methods, name_of};
use crate::journal::Journal;
use crate::objects::Objects;
use crate::pending::Pending;
use crate::table::Table;
// END SOLUTION
use crate::failure::failed;
use crate::listen::Listening;
use crate::options::ServerOptions;
use crate::root::Root;
use crate::signals::Signals;

/// Serves clients until SIGTERM or SIGINT.
///
/// # Errors
/// If it cannot start, or the loop itself cannot go on.
pub fn run(options: &ServerOptions) -> anyhow::Result<()> {
    let root = options.root.as_deref().map(Root::open).transpose()?;
    let signals = Signals::block().map_err(|errno| failed("signals", errno))?;
    // BEGIN SOLUTION
    let mut server = Server::new(options, root)?;
    let listening = Listening::open(&options.address)?;
    listening.announce().map_err(|error| failed("stdout", errno_of(&error)))?;
    let mut may_accept = true;
    loop {
        let ready = server.wait(&signals, may_accept.then_some(&listening))?;
        // Whatever has happened may have set a descriptor free.
        may_accept = true;
        for (token, events) in ready {
            match token {
                Token::Signals => {
                    server.shut_down();
                    return Ok(());
                }
                Token::Door => may_accept = server.accept(&listening),
                Token::Connection(id) => server.connection_is_ready(id, events),
                Token::Pending(id) => server.fifo_is_ready(id),
            }
        }
        server.end_leases(Instant::now());
        may_accept |= server.close_what_is_over();
    }
    // END SOLUTION
    // STUB: let listening = Listening::open(&options.address)?;
    // STUB: todo!("M1: announce, accept a client, answer its calls, and the next; M3: many at once; M7: SIGTERM")
}
// BEGIN SOLUTION

/// Who is waited for.
#[derive(Debug, Clone, Copy)]
enum Token {
    Signals,
    Door,
    Connection(ConnectionId),
    Pending(CallId),
}

/// A server and all that it remembers.
pub(crate) struct Server<'a> {
    pub(crate) options: &'a ServerOptions,
    pub(crate) root: Option<Root>,
    pub(crate) instance: u64,
    pub(crate) journal: Option<Journal>,
    pub(crate) keys: HashMap<String, Vec<u8>>,
    pub(crate) table: Table,
    pub(crate) executed: u64,
    pub(crate) connections: BTreeMap<ConnectionId, Connection>,
    next: ConnectionId,
    /// Calls that will be answered later.
    pub(crate) pending: BTreeMap<CallId, Pending>,
    pub(crate) objects: Objects,
}

impl<'a> Server<'a> {
    fn new(options: &'a ServerOptions, root: Option<Root>) -> anyhow::Result<Self> {
        let known = methods();
        for (method, _) in &options.restrict {
            let is_known = known.iter().any(|(_, text)| name_of(text) == method);
            anyhow::ensure!(is_known, "{method}: unknown method");
        }
        let instance = crate::random::number().map_err(|errno| failed("random number", errno))?;
        let mut server = Self {
            options,
            root,
            instance,
            journal: None,
            keys: HashMap::new(),
            table: Table::new(options.slots),
            executed: 0,
            connections: BTreeMap::new(),
            next: 0,
            pending: BTreeMap::new(),
            objects: Objects::default(),
        };
        if let Some(path) = &options.journal {
            server.recover(path)?;
        }
        Ok(server)
    }

    /// The one place where rpcd waits.
    fn wait(&self, signals: &Signals, door: Option<&Listening>) -> anyhow::Result<Vec<(Token, PollFlags)>> {
        let mut tokens = vec![Token::Signals];
        let mut polled = vec![PollFd::new(signals.as_fd(), PollFlags::POLLIN)];
        for (&id, connection) in &self.connections {
            tokens.push(Token::Connection(id));
            polled.push(PollFd::new(connection.as_fd(), connection.interest()));
        }
        for (&id, pending) in &self.pending {
            if let Some(fifo) = pending.fifo() {
                tokens.push(Token::Pending(id));
                polled.push(PollFd::new(fifo, PollFlags::POLLIN));
            }
        }
        // The last one: those before it may set a descriptor free.
        if let Some(door) = door {
            tokens.push(Token::Door);
            polled.push(PollFd::new(door.as_fd(), PollFlags::POLLIN));
        }
        let timeout = self.objects.next_end().map(|end| {
            // Rounded up: waking too early is waking twice.
            let millis = end.saturating_duration_since(Instant::now()).as_micros().div_ceil(1000);
            PollTimeout::try_from(millis).unwrap_or(PollTimeout::MAX)
        });
        retry(|| poll(&mut polled, timeout.unwrap_or(PollTimeout::NONE)))
            .map_err(|errno| failed("poll", errno))?;
        let events = polled.iter().map(|polled| polled.revents().unwrap_or(PollFlags::empty()));
        Ok(tokens.into_iter().zip(events).filter(|(_, events)| !events.is_empty()).collect())
    }

    /// Lets one in; false if none can be let in before another has left.
    fn accept(&mut self, door: &Listening) -> bool {
        match door.accept() {
            Ok(socket) => {
                let is_unix = !matches!(self.options.address, Address::Tcp(_));
                self.connections.insert(self.next, Connection::new(socket, is_unix));
                self.next += 1;
                true
            }
            // It stays in the backlog, and poll would say so at once, again and again.
            Err(Errno::EMFILE | Errno::ENFILE | Errno::ENOBUFS | Errno::ENOMEM) => false,
            // It has gone again.
            Err(_) => true,
        }
    }

    fn connection_is_ready(&mut self, id: ConnectionId, events: PollFlags) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        if events.contains(PollFlags::POLLOUT) {
            connection.flush();
        }
        if events.contains(PollFlags::POLLIN) {
            connection.receive();
        } else if events.intersects(PollFlags::POLLERR | PollFlags::POLLHUP) {
            connection.is_over = true;
        }
        connection.hold();
        // Also what has waited in the inbox for room in the outbox.
        self.take_frames(id);
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.release();
        }
    }

    /// Closes connections and frees what belongs to them; whether there were any.
    fn close_what_is_over(&mut self) -> bool {
        let mut any = false;
        loop {
            let over = self.connections.iter().find(|(_, connection)| connection.is_over);
            let Some(id) = over.map(|(&id, _)| id) else { return any };
            self.connections.remove(&id);
            // Appends that waited for it are answered, which may end other connections.
            self.forget_objects_of(id);
            any = true;
        }
    }
}

fn errno_of(error: &std::io::Error) -> Errno {
    Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO))
}
// END SOLUTION
