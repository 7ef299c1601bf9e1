//! The server without connections: each datagram is a request, each answer a datagram. See `unix(7)`, `recvfrom(2)`.

use crate::listen::Listening;
use crate::root::Root;
use crate::signals::Signals;

/// Answers datagrams until SIGTERM or SIGINT.
///
/// # Errors
/// If the socket itself fails.
pub fn run(listening: Listening, root: Root, signals: Signals) -> anyhow::Result<()> {
    todo!("M7: recvfrom, answer, sendto; never wait for a peer")
}
