//! The other side of a program's sockets, played by the check: clients, servers, and what lies between.
//!
//! A [`Peer`] is one end of a connection. It does only what it is told, so the awkward ones of the trade need no
//! code of their own: a client that says nothing is one that is not told to send; one that never reads is one that
//! is not asked for an answer; half a line is half a line; [`Peer::reset`] resets. A [`Listener`] is a server that
//! stays silent until the check speaks for it. A [`Proxy`] stands between a client and a server, and cuts, joins
//! and holds back what passes.
//!
//! No thread reads in secret: what a program has sent stays in the kernel, and presses back, until the check
//! takes it. Every wait stands under the room's watchdog.

mod address;
mod connect;
mod datagram;
mod descriptors;
mod listener;
mod proxy;
mod reading;
mod sending;
mod socket;

use std::cell::RefCell;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use nix::errno::Errno;
use nix::sys::socket::{setsockopt, sockopt};
use sandbox::protocol::Verdict;

use crate::failure::fail;
use crate::held::Held;
use crate::shared::Shared;
use crate::text::shown;

pub use address::Address;
pub use datagram::Datagram;
pub use listener::Listener;
pub use proxy::{Link, Proxy};

pub(crate) use socket::{await_ready, inode};

/// How many of the bytes sent last a failure shows.
const SENT_SHOWN: usize = 200;

/// One end of a connection, held by the check. Dropping it closes it.
pub struct Peer {
    shared: Arc<Shared>,
    socket: Held,
    /// The server's address: the other end for a client, the own one for an accepted connection.
    address: Address,
    name: String,
    state: RefCell<State>,
}

/// What has passed.
#[derive(Default)]
struct State {
    /// Received and not yet taken.
    unread: Vec<u8>,
    /// How the other side ended the connection.
    end: Option<End>,
    /// The last bytes sent, for whoever reads of a failure.
    sent: Vec<u8>,
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// In order: end of file.
    File,
    /// By an error, such as `ECONNRESET`.
    Error(Errno),
}

impl Peer {
    pub(crate) fn new(shared: &Arc<Shared>, socket: OwnedFd, address: Address) -> Self {
        Self {
            shared: Arc::clone(shared),
            socket: socket.into(),
            address,
            name: "the client".to_owned(),
            state: RefCell::default(),
        }
    }

    /// What failures call it: "the client" unless it is said otherwise, such as "the second client".
    #[must_use]
    pub fn called(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The address of the server.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Ends the connection the rude way. TCP: with a RST at once, instead of a FIN (`SO_LINGER` 0, socket(7)). A Unix socket
    /// has no such thing, but one that is closed with unread data resets the other side (unix(7)).
    pub fn reset(self) {
        let at_once = libc::linger { l_onoff: 1, l_linger: 0 };
        // Refused by nothing; without it, the other side sees an orderly end.
        let set = setsockopt(&self.socket, sockopt::Linger, &at_once);
        if let Err(error) = set {
            fail(Verdict::GraderError, format!("cannot reset a connection: {error}"));
        }
    }

    /// `what` is waited for; and what was sent before.
    fn with_sent(&self, what: &str) -> String {
        match self.state.borrow().sent.as_slice() {
            [] => what.to_owned(),
            sent => format!("{what}\n{} sent: {}", self.name, shown(sent, SENT_SHOWN)),
        }
    }

    /// Ends the check: `expected` and `received`, with what was sent last.
    #[track_caller]
    fn fail(&self, expected: &str, received: &str) -> ! {
        self.fail_with(&format!("expected: {expected}\nreceived: {received}"))
    }

    #[track_caller]
    fn fail_with(&self, difference: &str) -> ! {
        let command = self.shared.command_line();
        let head = self.with_sent(&command);
        fail(Verdict::Fail, format!("{head}\n{difference}"))
    }
}

impl End {
    /// As a sentence's end: "the connection …".
    fn words(self) -> String {
        match self {
            Self::File => "the connection was closed".to_owned(),
            Self::Error(Errno::ECONNRESET) => "the connection was reset (ECONNRESET)".to_owned(),
            Self::Error(error) => format!("the connection failed: {}", error.desc()),
        }
    }
}
