//! Sockets: who is whose peer, what waits in them, who listens where.

pub(crate) mod diag;

use std::collections::HashMap;
use std::net::SocketAddr;

use crate::proc::{net, text};

/// Which protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Unix,
    Tcp,
    Udp,
}

/// `TCP_LISTEN` and `TCP_ESTABLISHED`; Unix sockets use the same numbers.
const LISTEN: u8 = 10;
const ESTABLISHED: u8 = 1;

/// One socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Socket {
    pub(crate) family: Family,
    pub(crate) state: u8,
    pub(crate) is_datagram: bool,
    /// A Unix socket's path, or `@name`.
    pub(crate) name: String,
    /// A Unix socket's peer, by inode.
    pub(crate) peer: Option<u64>,
    /// Unread bytes; of a listener, connections not yet accepted.
    pub(crate) unread: u32,
    /// Bytes sent and not yet taken; of a listener, how many connections may wait.
    pub(crate) unsent: u32,
    /// Of a listener: the sockets of clients not yet accepted, by inode.
    pub(crate) queued: Vec<u64>,
    /// Addresses of an internet socket.
    pub(crate) addresses: Option<(SocketAddr, SocketAddr)>,
    /// A timer of the protocol runs, other than the window probe of a reader that does not read.
    pub(crate) has_timer: bool,
    /// Its network namespace, where it was read from that one's files.
    pub(crate) network: Option<u64>,
}

impl Socket {
    pub(crate) fn new(family: Family) -> Self {
        Self {
            family,
            state: ESTABLISHED,
            is_datagram: family == Family::Udp,
            name: String::new(),
            peer: None,
            unread: 0,
            unsent: 0,
            queued: Vec::new(),
            addresses: None,
            has_timer: false,
            network: None,
        }
    }

    pub(crate) fn is_listening(&self) -> bool {
        self.state == LISTEN && !self.is_datagram
    }

    /// Nothing is on its way between the two ends, and neither is about to close.
    pub(crate) fn is_quiet(&self) -> bool {
        self.state == ESTABLISHED && !self.has_timer
    }
}

/// All sockets that can be seen, by inode.
#[derive(Debug, Default)]
pub(crate) struct Sockets {
    pub(crate) all: HashMap<u64, Socket>,
    /// Namespaces whose Unix sockets could not be asked for their peers.
    pub(crate) is_blind: bool,
}

impl Sockets {
    /// Adds what the files of `pid` tell of its network namespace.
    pub(crate) fn add_files(&mut self, pid: i32, network: Option<u64>) {
        let kinds =
            [("tcp", Family::Tcp), ("tcp6", Family::Tcp), ("udp", Family::Udp), ("udp6", Family::Udp)];
        for (file, family) in kinds {
            let text = text(&format!("/proc/{pid}/net/{file}")).unwrap_or_default();
            for line in net::internet(&text) {
                // A connection not yet accepted, or already closed, belongs to no descriptor.
                if line.inode != 0 {
                    self.all.insert(line.inode, internet(family, &line, network));
                }
            }
        }
        let text = text(&format!("/proc/{pid}/net/unix")).unwrap_or_default();
        for (inode, listens, name) in net::unix(&text) {
            let state = if listens { LISTEN } else { ESTABLISHED };
            self.all.entry(inode).or_insert_with(|| Socket { state, name, ..Socket::new(Family::Unix) });
        }
    }

    /// Adds the Unix sockets that a netlink socket sees.
    pub(crate) fn add_unix(&mut self, netlink: Option<std::os::fd::OwnedFd>) {
        match netlink.and_then(|netlink| diag::ask(&netlink)) {
            Some(found) => self.all.extend(found),
            None => self.is_blind = true,
        }
    }

    /// The other ends of a connected socket, by inode: at most one, if the world is sane.
    pub(crate) fn peers(&self, inode: u64) -> Vec<u64> {
        let Some(socket) = self.all.get(&inode) else { return Vec::new() };
        if let Some(peer) = socket.peer {
            return vec![peer];
        }
        let Some((local, remote)) = socket.addresses else { return Vec::new() };
        let is_peer = |other: &Socket| {
            other.family == socket.family
                && other.network == socket.network
                && other.addresses == Some((remote, local))
                && !other.is_listening()
        };
        self.all.iter().filter(|(_, other)| is_peer(other)).map(|(inode, _)| *inode).collect()
    }

    /// Listeners in whose queue the client socket `inode` waits to be accepted.
    pub(crate) fn listeners_of_client(&self, inode: u64) -> Vec<u64> {
        let Some(socket) = self.all.get(&inode) else { return Vec::new() };
        let waits_in = |listener: &Socket| match socket.addresses {
            None => listener.queued.contains(&inode),
            Some((_, remote)) => listener.network == socket.network && hears(listener, remote),
        };
        let listeners = self.all.iter().filter(|(_, other)| other.is_listening() && waits_in(other));
        listeners.map(|(inode, _)| *inode).collect()
    }

    /// Unix listeners at `name`.
    pub(crate) fn listeners_at(&self, name: &str) -> Vec<(u64, &Socket)> {
        let at =
            |socket: &Socket| socket.family == Family::Unix && socket.is_listening() && socket.name == name;
        self.all.iter().filter(|(_, socket)| at(socket)).map(|(inode, socket)| (*inode, socket)).collect()
    }
}

fn internet(family: Family, line: &net::Line, network: Option<u64>) -> Socket {
    Socket {
        state: line.state,
        unread: line.unread,
        unsent: line.unsent,
        addresses: Some((line.local, line.remote)),
        has_timer: !matches!(line.timer, 0 | 4),
        network,
        ..Socket::new(family)
    }
}

/// Whether a listener takes connections to `address`.
fn hears(listener: &Socket, address: SocketAddr) -> bool {
    listener.addresses.is_some_and(|(local, _)| {
        local.port() == address.port() && (local.ip() == address.ip() || local.ip().is_unspecified())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(local: &str, remote: &str, state: u8) -> Socket {
        let addresses = Some((local.parse().unwrap(), remote.parse().unwrap()));
        Socket { addresses, state, ..Socket::new(Family::Tcp) }
    }

    fn sockets(all: Vec<(u64, Socket)>) -> Sockets {
        Sockets { all: all.into_iter().collect(), is_blind: false }
    }

    #[test]
    fn the_two_ends_of_a_connection_find_each_other() {
        let sockets = sockets(vec![
            (1, tcp("127.0.0.1:80", "0.0.0.0:0", LISTEN)),
            (2, tcp("127.0.0.1:80", "127.0.0.1:999", ESTABLISHED)),
            (3, tcp("127.0.0.1:999", "127.0.0.1:80", ESTABLISHED)),
        ]);
        assert_eq!(sockets.peers(3), [2]);
        assert_eq!(sockets.peers(2), [3]);
    }

    #[test]
    fn a_connection_not_accepted_waits_at_the_listener_of_any_address() {
        let sockets = sockets(vec![
            (1, tcp("0.0.0.0:80", "0.0.0.0:0", LISTEN)),
            (3, tcp("127.0.0.1:999", "127.0.0.1:80", ESTABLISHED)),
            (4, tcp("127.0.0.1:998", "127.0.0.1:81", ESTABLISHED)),
        ]);
        assert!(sockets.peers(3).is_empty());
        assert_eq!(sockets.listeners_of_client(3), [1]);
        assert!(sockets.listeners_of_client(4).is_empty());
    }

    #[test]
    fn a_client_of_a_unix_listener_is_found_in_its_queue() {
        let listener = Socket { state: LISTEN, queued: vec![7], ..Socket::new(Family::Unix) };
        let sockets = sockets(vec![(5, listener), (7, Socket::new(Family::Unix))]);
        assert_eq!(sockets.listeners_of_client(7), [5]);
        assert!(sockets.listeners_of_client(8).is_empty());
    }
}
