//! How a check becomes the peer of a program.

use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use nix::errno::Errno;
use nix::sys::socket::SockType;
use sandbox::protocol::Verdict;

use super::datagram::Datagram;
use super::{Address, Listener, Peer, Proxy, socket};
use crate::failure::{fail, or_grader_error};
use crate::room::Room;
use crate::running::Running;
use crate::shared::Shared;
use crate::text::shown;

impl Room {
    /// Connects as a client. A server that cannot be reached fails the check.
    #[must_use]
    #[track_caller]
    pub fn connect(&self, to: &Address) -> Peer {
        connected(&self.shared, to, SockType::Stream)
    }

    /// Connects as a client, or says why not.
    ///
    /// # Errors
    /// What connect(2) says: `ECONNREFUSED`, `ENOENT`.
    #[track_caller]
    pub fn try_connect(&self, to: &Address) -> Result<Peer, Errno> {
        try_connect(&self.shared, to, SockType::Stream)
    }

    /// Connects to a Unix socket that keeps records (`SOCK_SEQPACKET`): see [`Peer::record`].
    #[must_use]
    #[track_caller]
    pub fn connect_for_records(&self, to: &Address) -> Peer {
        connected(&self.shared, to, SockType::SeqPacket)
    }

    /// Plays a server at this address; of TCP, port 0 lets the kernel choose one.
    #[must_use]
    #[track_caller]
    pub fn listen(&self, at: &Address) -> Listener {
        or_grader_error(Listener::make(&self.shared, at))
    }

    /// A datagram socket with this address; without one, nobody can answer it.
    #[must_use]
    #[track_caller]
    pub fn datagram(&self, at: Option<&Address>) -> Datagram {
        or_grader_error(Datagram::make(&self.shared, at))
    }

    /// Stands between a client and the server at `to`: clients connect to [`Proxy::address`].
    #[must_use]
    #[track_caller]
    pub fn proxy(&self, to: &Address) -> Proxy {
        let at = match to {
            Address::Inet(address) => Address::Inet((address.ip(), 0).into()),
            _ => Address::Unix(Path::new("proxy").into()),
        };
        Proxy::new(&self.shared, self.listen(&at), to.clone())
    }
}

impl Running {
    /// Waits for the line `ready ADDRESS`, which must be the first one on stdout, and gives the address. A relative
    /// path is one of the room.
    #[must_use]
    #[track_caller]
    pub fn ready(&self) -> Address {
        let has_line = || self.stdout.get().bytes.contains(&b'\n');
        self.eventually(|| has_line() || self.is_complete(), "the line `ready ADDRESS` on stdout");
        let text = self.stdout_now();
        let line = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let line = String::from_utf8_lossy(line);
        let address = line.strip_prefix("ready ").and_then(Address::parse).filter(|_| has_line());
        let Some(address) = address else {
            // It may be about to say why.
            self.shared.is_at_rest_unless(|| self.is_complete());
            self.crash_if_panicked();
            let (stdout, stderr) = (shown(&text, 300), shown(&self.stderr_now(), 300));
            self.fail(
                Verdict::Fail,
                &format!(
                    "expected: the first line on stdout is `ready ADDRESS`\nreceived: stdout {stdout}\n          stderr {stderr}"
                ),
            )
        };
        address.within(&self.shared.dir)
    }
}

#[track_caller]
pub(super) fn connected(shared: &Arc<Shared>, to: &Address, kind: SockType) -> Peer {
    match try_connect(shared, to, kind) {
        Ok(peer) => peer,
        Err(error) => {
            let text = format!("expected: a client can connect to {to}\nreceived: {}", error.desc());
            fail(Verdict::Fail, format!("{}\n{text}", shared.command_line()))
        }
    }
}

#[track_caller]
fn try_connect(shared: &Arc<Shared>, to: &Address, kind: SockType) -> Result<Peer, Errno> {
    let to = to.clone().within(&shared.dir);
    let name = or_grader_error(to.to_kernel());
    let socket = or_grader_error(socket::make(Some(&to), kind).context("make a socket"));
    let mut began = Err(Errno::EAGAIN);
    // A full backlog: a Unix socket says EAGAIN at once, where a blocking one would wait.
    shared.wait_for(&format!("{to} to accept a client (its backlog is full)"), || {
        if began == Err(Errno::EAGAIN) {
            began = socket::connect(&socket, &*name);
        }
        began != Err(Errno::EAGAIN)
    });
    match began {
        Err(Errno::EINPROGRESS) => finish(shared, &socket, &to)?,
        other => other?,
    }
    Ok(Peer::new(shared, socket, to))
}

/// Waits until a connection that has begun is there, or has failed.
#[track_caller]
fn finish(shared: &Shared, socket: &OwnedFd, to: &Address) -> Result<(), Errno> {
    let mut outcome = None;
    // A full backlog drops the request, and the kernel sends it again a second later: until then all stand still.
    shared.wait_for_the_network(&format!("a connection to {to}"), socket, || {
        outcome = match (socket::failure(socket), socket::other_name(socket)) {
            (Err(error), _) => Some(Err(error)),
            (Ok(()), Ok(_)) => Some(Ok(())),
            (Ok(()), Err(_)) => None,
        };
        outcome.is_some()
    });
    outcome.unwrap_or(Ok(()))
}
