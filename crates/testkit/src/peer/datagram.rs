//! A socket that sends and receives datagrams: each one whole, or not at all.

use std::sync::Arc;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::poll::PollFlags;
use nix::sys::socket::SockType;

use super::{Address, socket};
use crate::failure::or_grader_error;
use crate::held::Held;
use crate::shared::Shared;

/// The longest datagram that is received whole.
const LONGEST: usize = 256 * 1024;

/// A `SOCK_DGRAM` socket of the check.
pub struct Datagram {
    shared: Arc<Shared>,
    socket: Held,
    address: Option<Address>,
}

impl Datagram {
    pub(crate) fn make(shared: &Arc<Shared>, at: Option<&Address>) -> Result<Self> {
        let at = at.map(|at| at.clone().within(&shared.dir));
        let socket = socket::make(at.as_ref(), SockType::Datagram).context("make a socket")?;
        if let Some(at) = &at {
            socket::bind(&socket, &*at.to_kernel()?).with_context(|| format!("bind {at}"))?;
        }
        let address = socket::name(&socket).context("read the socket's name")?;
        Ok(Self { shared: Arc::clone(shared), socket: socket.into(), address })
    }

    /// Where answers to it go; `None` if it has no name.
    #[must_use]
    pub fn address(&self) -> Option<&Address> {
        self.address.as_ref()
    }

    /// Sends one datagram, and waits where the receiver's queue is full.
    ///
    /// # Errors
    /// What sendto(2) says: `ECONNREFUSED`, `ENOENT`, `EMSGSIZE`.
    #[track_caller]
    pub fn send(&self, to: &Address, bytes: &[u8]) -> Result<(), Errno> {
        let mut sent = Err(Errno::EAGAIN);
        self.shared.wait_for(&format!("{to} to take a datagram (its queue is full)"), || {
            if sent == Err(Errno::EAGAIN) {
                sent = self.try_send(to, bytes);
            }
            sent != Err(Errno::EAGAIN)
        });
        sent
    }

    /// The same without waiting.
    ///
    /// # Errors
    /// `EAGAIN` if the receiver's queue is full, and what [`send`](Self::send) says.
    #[track_caller]
    pub fn try_send(&self, to: &Address, bytes: &[u8]) -> Result<(), Errno> {
        let name = or_grader_error(to.clone().within(&self.shared.dir).to_kernel());
        socket::send_to(&self.socket, bytes, &*name).map(drop)
    }

    /// Waits for the next datagram, and says who sent it (`None`: nobody with a name).
    #[must_use]
    #[track_caller]
    pub fn receive(&self) -> (Vec<u8>, Option<Address>) {
        let mut buffer = vec![0; LONGEST];
        let mut outcome = Err(Errno::EAGAIN);
        self.shared.wait_for_socket("a datagram", (&self.socket, PollFlags::POLLIN), || {
            outcome = socket::receive_from(&self.socket, &mut buffer);
            !matches!(outcome, Err(Errno::EAGAIN | Errno::EINTR))
        });
        let (n, from) = or_grader_error(outcome.context("receive a datagram"));
        buffer.truncate(n);
        (buffer, from.and_then(|from| Address::from_kernel(&from)))
    }

    /// Whether no datagram waits now.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        !socket::is_ready(&self.socket, PollFlags::POLLIN)
    }
}
