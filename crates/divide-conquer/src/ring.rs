//! Peers in a ring: each knows the one above and the one below, and nobody else. No boss stands between them.
//!
//! ```text
//!      ┌──► rank 0 ◄──► rank 1 ◄──► rank 2 ◄──┐      each arrow is a pair of sockets
//!      └──────────────────────────────────────┘      the last one's lower neighbour is rank 0: a torus
//! ```
//!
//! A rank holds its own two sockets only. So when a rank dies its neighbours read an end of file.

use crate::crew::Crew;
use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};
use std::os::fd::OwnedFd;

/// What a rank needs of the others: one row of each neighbour.
#[derive(Debug)]
pub struct Neighbours {
    above: OwnedFd,
    below: OwnedFd,
}

/// Two ends of a way that goes in both directions.
///
/// # Errors
/// `EMFILE`: no descriptor is left.
///
/// See also: `socketpair(2)`
pub fn pair() -> Result<(OwnedFd, OwnedFd)> {
    socketpair(AddressFamily::Unix, SockType::Stream, None, SockFlag::SOCK_CLOEXEC)
        .context("make a pair of sockets")
}

/// fork—Starts `size` ranks in a ring. Each runs `body` with its number and its neighbours, and ends with the code it
/// gives. With one rank, that rank is its own neighbour on both sides.
///
/// # Errors
/// When there are not enough processes or descriptors.
pub fn start(size: usize, mut body: impl FnMut(usize, &Neighbours) -> Result<u8>) -> Result<Crew> {
    let pairs = (0..size).map(|_| pair()).collect::<Result<Vec<_>>>()?;
    let (lower, upper): (Vec<OwnedFd>, Vec<OwnedFd>) = pairs.into_iter().unzip();
    // Pair i joins rank i below with rank i + 1 above.
    let mut above = upper;
    above.rotate_right(1);
    let ends = above.into_iter().zip(lower);
    let mut all: Vec<Neighbours> = ends.map(|(above, below)| Neighbours { above, below }).collect();
    Crew::start(size, |number| {
        // Only the child's copy of the list is emptied; with it, the other ends close here and stay open elsewhere.
        let mine = std::mem::take(&mut all).swap_remove(number);
        body(number, &mine)
    })
}

impl Neighbours {
    /// Gives each neighbour the row next to it, and gets theirs: the row above and the row below. `None`: one of them
    /// has gone, and there is nothing left to do.
    ///
    /// All send first. That is no deadlock here: a row is 8 bytes, and a neighbour is at most one row ahead, so it
    /// always fits into the socket's buffer.
    ///
    /// # Errors
    /// When sockets fail for another reason.
    pub fn exchange(&self, top: u64, bottom: u64) -> Result<Option<(u64, u64)>> {
        for (to, row) in [(&self.above, top), (&self.below, bottom)] {
            match ipc_kit::write_all(to, &row.to_ne_bytes()) {
                Ok(()) => {}
                Err(Errno::EPIPE | Errno::ECONNRESET) => return Ok(None),
                Err(reason) => return Err(reason).context("send a row"),
            }
        }
        Ok(row_from(&self.above)?.zip(row_from(&self.below)?))
    }
}

/// The next row of a stream of rows, or `None` at its end.
///
/// # Errors
/// When the stream ends inside a row.
pub fn row_from(stream: &OwnedFd) -> Result<Option<u64>> {
    let mut bytes = [0; 8];
    let mut have = 0;
    while have < bytes.len() {
        match ipc_kit::retry(|| nix::unistd::read(stream, &mut bytes[have..])) {
            // A neighbour that died with our row unread: the same as an end.
            Ok(0) | Err(Errno::ECONNRESET) if have == 0 => return Ok(None),
            Ok(0) => bail!("an end inside a row"),
            Ok(count) => have += count,
            Err(reason) => return Err(reason).context("receive a row"),
        }
    }
    Ok(Some(u64::from_ne_bytes(bytes)))
}
