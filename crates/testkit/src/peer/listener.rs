//! A server played by the check: it listens, and accepts when it is told to.

use std::sync::Arc;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::socket::{Backlog, SockType, listen};

use super::{Address, Peer, socket};
use crate::failure::or_grader_error;
use crate::held::Held;
use crate::shared::Shared;

/// A listening socket of the check. It accepts nothing by itself: until [`accept`](Self::accept), a client is
/// connected and waits in the backlog, and an accepted one meets a silent server until the check sends.
pub struct Listener {
    shared: Arc<Shared>,
    socket: Held,
    address: Address,
}

impl Listener {
    pub(crate) fn make(shared: &Arc<Shared>, at: &Address) -> Result<Self> {
        let at = at.clone().within(&shared.dir);
        let socket = socket::make(Some(&at), SockType::Stream).context("make a socket")?;
        socket::bind(&socket, &*at.to_kernel()?).with_context(|| format!("bind {at}"))?;
        listen(&socket, Backlog::new(128).context("choose a backlog")?)
            .with_context(|| format!("listen at {at}"))?;
        let address = socket::name(&socket).context("read the socket's name")?.unwrap_or(at);
        Ok(Self { shared: Arc::clone(shared), socket: socket.into(), address })
    }

    /// Where it listens; a port 0 has become the chosen one.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The next client, if one has come already.
    #[must_use]
    #[track_caller]
    pub fn try_accept(&self) -> Option<Peer> {
        match socket::accept(&self.socket) {
            Err(Errno::EAGAIN) => None,
            accepted => {
                let socket = or_grader_error(accepted.context("accept a client"));
                Some(Peer::new(&self.shared, socket, self.address.clone()))
            }
        }
    }

    /// Waits for the next client. If no program is left that could come, the check fails.
    #[track_caller]
    pub fn accept(&self) -> Peer {
        let mut accepted = Err(Errno::EAGAIN);
        self.shared.wait_for_programs(&format!("a client to connect to {}", self.address), || {
            if matches!(accepted, Err(Errno::EAGAIN)) {
                accepted = socket::accept(&self.socket);
            }
            !matches!(accepted, Err(Errno::EAGAIN))
        });
        Peer::new(&self.shared, or_grader_error(accepted.context("accept a client")), self.address.clone())
    }
}
