//! A slot is one of the parallel sandboxes. As root each has a user of its own, so no two sandboxes on the
//! machine may share a slot, not even those of two graders.

use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener};

use anyhow::{Context as _, Result, bail};

/// How many slots there are: uids 60000 to 60999 belong to nobody on common systems.
const SLOTS: u32 = 1000;

/// A slot of our own, while this value lives.
#[derive(Debug)]
pub struct Slot {
    number: u32,
    /// A bound abstract name is a lock that the kernel frees however we end; see unix(7).
    _name: UnixListener,
}

impl Slot {
    /// Takes the first free slot.
    ///
    /// # Errors
    /// When all are taken.
    pub fn take() -> Result<Self> {
        for number in 0..SLOTS {
            let name = SocketAddr::from_abstract_name(format!("ipc-labs-slot-{number}"));
            let name = name.context("name a slot")?;
            if let Ok(listener) = UnixListener::bind_addr(&name) {
                return Ok(Self { number, _name: listener });
            }
        }
        bail!("all {SLOTS} sandbox slots are in use")
    }

    /// Its number, from 0.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_slots_held_at_once_differ() {
        let (first, second) = (Slot::take().unwrap(), Slot::take().unwrap());
        assert_ne!(first.number(), second.number());
    }
}
