//! A file, and record locks (fcntl(2)) that say whose turn it is. The sender holds the lock of the slot that it fills
//! next, the receiver that of the slot that it has emptied last: so each sleeps in F_OFD_SETLKW until the other has moved
//! on.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use anyhow::Context as _;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use tempfile::NamedTempFile;

use super::channel::{Channel, Mechanism};

pub(super) const LOCKED: Mechanism = Mechanism { name: "file + fcntl lock", largest: 1 << 16, make: locked };

/// With two slots, each side could wait for the lock that the other one holds.
const SLOTS: u64 = 4;

/// One direction. These locks belong to an open file, not to a process: so both ends get theirs before the fork, and no
/// side can come too early.
struct Locked {
    sender: File,
    receiver: File,
    /// Messages that this side has sent, or received.
    done: u64,
}

/// Locks or unlocks the slot of a message. A byte of the file stands for a slot, wherever the slot itself is.
fn set(file: &File, number: u64, kind: libc::c_int) -> anyhow::Result<()> {
    let l_start = libc::off_t::try_from(number % SLOTS).context("name a slot")?;
    let l_type = libc::c_short::try_from(kind).context("name a kind of lock")?;
    let l_whence = libc::c_short::try_from(libc::SEEK_SET).context("name a beginning")?;
    let lock = libc::flock { l_type, l_whence, l_start, l_len: 1, l_pid: 0 };
    loop {
        match fcntl(file, FcntlArg::F_OFD_SETLKW(&lock)) {
            Err(Errno::EINTR) => {}
            set => break set.context("fcntl").map(drop),
        }
    }
}

/// Moves the one lock of a side to the next slot: there is no moment without one.
fn step(file: &File, from: u64) -> anyhow::Result<()> {
    set(file, from + 1, libc::F_WRLCK)?;
    set(file, from, libc::F_UNLCK)
}

impl Channel for Locked {
    fn send(&mut self, message: &[u8]) -> anyhow::Result<()> {
        let at = self.done % SLOTS * message.len() as u64;
        self.sender.write_all_at(message, at).context("write")?;
        step(&self.sender, self.done)?;
        self.done += 1;
        Ok(())
    }

    fn receive(&mut self, message: &mut [u8]) -> anyhow::Result<()> {
        // It begins with the lock of the slot before the first.
        step(&self.receiver, self.done + SLOTS - 1)?;
        let at = self.done % SLOTS * message.len() as u64;
        self.receiver.read_exact_at(message, at).context("read")?;
        self.done += 1;
        Ok(())
    }
}

fn locked(_: usize, scratch: &Path) -> anyhow::Result<Box<dyn Channel>> {
    let file = NamedTempFile::new_in(scratch).context("make a file")?;
    let receiver = file.reopen().context("open the file again")?;
    // Its name goes: both sides inherit what is open.
    let sender = file.into_file();
    set(&sender, 0, libc::F_WRLCK)?;
    set(&receiver, SLOTS - 1, libc::F_WRLCK)?;
    Ok(Box::new(Locked { sender, receiver, done: 0 }))
}
