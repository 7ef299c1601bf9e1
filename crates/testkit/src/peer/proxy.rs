//! What lies between a client and a server: it cuts what passes into pieces, joins pieces, and holds back.
//!
//! The check drives it, so a delay has no length: what is not passed on waits until the check says so.

use std::sync::Arc;

use nix::sys::socket::SockType;

use super::{Address, Listener, Peer, connect};
use crate::shared::Shared;

/// Listens in a server's place.
pub struct Proxy {
    shared: Arc<Shared>,
    listener: Listener,
    server: Address,
}

/// One connection through a [`Proxy`]: the client's part and the server's part, which the check may also use alone.
pub struct Link {
    /// The connection that the client made.
    pub client: Peer,
    /// The connection to the server.
    pub server: Peer,
}

impl Proxy {
    pub(super) fn new(shared: &Arc<Shared>, listener: Listener, server: Address) -> Self {
        Self { shared: Arc::clone(shared), listener, server }
    }

    /// Where clients connect.
    #[must_use]
    pub fn address(&self) -> &Address {
        self.listener.address()
    }

    /// Waits for the next client, and connects it to the server. Nothing passes by itself.
    #[track_caller]
    pub fn accept(&self) -> Link {
        let client = self.listener.accept().called("the client behind the proxy");
        let server = connect::connected(&self.shared, &self.server, SockType::Stream);
        Link { client, server: server.called("the proxy") }
    }
}

impl Link {
    /// Passes the client's next `n` bytes to the server in one write.
    #[track_caller]
    pub fn up(&self, n: usize) -> &Self {
        self.server.send(self.client.take(n));
        self
    }

    /// Passes the server's next `n` bytes to the client in one write.
    #[track_caller]
    pub fn down(&self, n: usize) -> &Self {
        self.client.send(self.server.take(n));
        self
    }

    /// Passes the server's next `n` bytes on in pieces of `size` bytes, each when the one before has been read.
    #[track_caller]
    pub fn down_in_pieces(&self, n: usize, size: usize) -> &Self {
        self.client.send_pieces(self.server.take(n).chunks(size));
        self
    }

    /// The same from the client to the server.
    #[track_caller]
    pub fn up_in_pieces(&self, n: usize, size: usize) -> &Self {
        self.server.send_pieces(self.client.take(n).chunks(size));
        self
    }
}
