//! A file, and record locks (fcntl(2)) that say whose turn it is. A sender holds the lock of the slot that it fills next,
//! a receiver that of the slot that it has emptied last: so each sleeps in F_SETLKW until the other has moved on.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::thread;

use anyhow::Context as _;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;

use super::channel::{Channel, Mechanism};

pub(super) const LOCKED: Mechanism = Mechanism { name: "file + fcntl lock", largest: 1 << 16, make: locked };

/// With two slots, each side could wait for the lock that the other one holds.
const SLOTS: u64 = 4;
/// Bytes of a message's number, which stands before it.
const NUMBER: usize = 8;

/// One direction. Both sides of a fork have the file; record locks belong to a process and are not inherited.
struct Locked {
    file: File,
    slot: Vec<u8>,
    /// Messages that this side has sent, or received.
    done: u64,
}

impl Locked {
    /// Locks or unlocks the slot of a message.
    fn set(&self, number: u64, kind: libc::c_int) -> anyhow::Result<()> {
        let at = libc::off_t::try_from(number % SLOTS).context("name a slot")?;
        let kind = libc::c_short::try_from(kind).context("name a kind of lock")?;
        let whence = libc::c_short::try_from(libc::SEEK_SET).context("name a beginning")?;
        // A byte of the file stands for a slot, wherever the slot itself is.
        let lock = libc::flock { l_type: kind, l_whence: whence, l_start: at, l_len: 1, l_pid: 0 };
        loop {
            match fcntl(&self.file, FcntlArg::F_SETLKW(&lock)) {
                Err(Errno::EINTR) => {}
                set => break set.context("fcntl").map(drop),
            }
        }
    }

    fn at(&self, number: u64) -> u64 {
        number % SLOTS * self.slot.len() as u64
    }
}

impl Channel for Locked {
    fn send(&mut self, message: &[u8]) -> anyhow::Result<()> {
        let number = self.done;
        if number == 0 {
            self.set(0, libc::F_WRLCK)?;
        }
        self.done += 1;
        self.slot[..NUMBER].copy_from_slice(&self.done.to_ne_bytes());
        self.slot[NUMBER..].copy_from_slice(message);
        self.file.write_all_at(&self.slot, self.at(number)).context("write")?;
        self.set(number + 1, libc::F_WRLCK)?;
        self.set(number, libc::F_UNLCK)
    }

    fn receive(&mut self, message: &mut [u8]) -> anyhow::Result<()> {
        let number = self.done;
        self.done += 1;
        loop {
            self.set(number, libc::F_WRLCK)?;
            let at = self.at(number);
            self.file.read_exact_at(&mut self.slot, at).context("read")?;
            if self.slot[..NUMBER] == self.done.to_ne_bytes() {
                break;
            }
            // Only before the first message: the sender has not come yet, and holds no lock to wait for.
            self.set(number, libc::F_UNLCK)?;
            thread::yield_now();
        }
        message.copy_from_slice(&self.slot[NUMBER..]);
        if let Some(before) = number.checked_sub(1) {
            self.set(before, libc::F_UNLCK)?;
        }
        Ok(())
    }
}

fn locked(size: usize, _: &Path) -> anyhow::Result<Box<dyn Channel>> {
    // Without a name: both sides inherit it.
    let file = tempfile::tempfile().context("make a file")?;
    let slot = vec![0; NUMBER + size];
    file.set_len(SLOTS * slot.len() as u64).context("size the file")?;
    Ok(Box::new(Locked { file, slot, done: 0 }))
}
