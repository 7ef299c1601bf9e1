//! What every mechanism can do, as far as a measurement needs it.

use std::path::Path;

use nix::unistd::Pid;

/// One direction between two processes. It is made before the fork; then one process sends and the other receives.
pub(super) trait Channel {
    /// Sends one message; sleeps while there is no room.
    fn send(&mut self, message: &[u8]) -> anyhow::Result<()>;

    /// Receives one message of exactly this size; sleeps until it is there.
    fn receive(&mut self, message: &mut [u8]) -> anyhow::Result<()>;

    /// Learns who is at the other side, where it has to be known.
    fn meet(&mut self, _other: Pid) {}
}

/// A way in which processes talk.
pub(super) struct Mechanism {
    /// Its name in tables and pictures.
    pub(super) name: &'static str,
    /// The largest message that one call takes, or the course would use; 0: it carries no bytes.
    pub(super) largest: usize,
    /// Makes a channel for messages of this size. A file that it needs for a moment may be made in the folder.
    pub(super) make: fn(size: usize, scratch: &Path) -> anyhow::Result<Box<dyn Channel>>,
}
