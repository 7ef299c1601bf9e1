//! Whether other rooms lived on this machine at the same time, in this process or another: then a name that
//! has come may be theirs.
//!
//! A small file counts every beginning and end of a room. Its bytes carry the locks: byte 0 guards the
//! count, byte 1 is held shared by every living room (open file description locks, fcntl(2)).

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;

use nix::fcntl::{FcntlArg, fcntl};

/// This room's place among the others.
pub(crate) struct Neighbours {
    /// Without it (a sandbox without a common folder) nobody else can be there.
    file: Option<File>,
    count: u64,
}

impl Neighbours {
    /// Begins a room.
    pub(crate) fn enter() -> Self {
        let name = format!("ipc-labs-rooms-{}", nix::unistd::geteuid());
        let path = std::env::temp_dir().join(name);
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).ok();
        let mut this = Self { file, count: 0 };
        this.count = this.guarded(|file| {
            lock(file, 1, libc::F_RDLCK, Patience::Waits)?;
            bump(file)
        });
        this
    }

    /// Nobody else was there since this room began, nor is now.
    pub(crate) fn always_alone(&self) -> bool {
        if self.file.is_none() {
            return true;
        }
        let count = self.guarded(|file| {
            lock(file, 1, libc::F_WRLCK, Patience::None)?;
            lock(file, 1, libc::F_RDLCK, Patience::Waits)?;
            read(file)
        });
        count != 0 && count == self.count
    }

    /// Does something with the count in nobody else's way; 0 if it cannot be done.
    fn guarded(&self, work: impl FnOnce(&File) -> Option<u64>) -> u64 {
        let Some(file) = &self.file else { return 0 };
        if lock(file, 0, libc::F_WRLCK, Patience::Waits).is_none() {
            return 0;
        }
        let count = work(file);
        // The lock also goes with the file.
        let _ = lock(file, 0, libc::F_UNLCK, Patience::None);
        count.unwrap_or(0)
    }
}

impl Drop for Neighbours {
    fn drop(&mut self) {
        self.guarded(bump);
    }
}

fn read(file: &File) -> Option<u64> {
    let mut bytes = [0; 8];
    // A new file is empty: nobody was ever there.
    let n = file.read_at(&mut bytes, 0).ok()?;
    Some(if n == 8 { u64::from_le_bytes(bytes) } else { 0 })
}

fn bump(file: &File) -> Option<u64> {
    let count = read(file)? + 1;
    file.write_all_at(&count.to_le_bytes(), 0).ok()?;
    Some(count)
}

/// Whether to wait for a lock.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Patience {
    None,
    Waits,
}

fn lock(file: &File, byte: i64, kind: libc::c_int, patience: Patience) -> Option<()> {
    let range = libc::flock {
        l_type: kind as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: byte,
        l_len: 1,
        l_pid: 0,
    };
    let request = if patience == Patience::Waits {
        FcntlArg::F_OFD_SETLKW(&range)
    } else {
        FcntlArg::F_OFD_SETLK(&range)
    };
    fcntl(file, request).ok().map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_beside_another_is_not_alone() {
        let first = Neighbours::enter();
        let second = Neighbours::enter();
        assert!(!first.always_alone());
        assert!(!second.always_alone());
        drop(second);
        // It has gone, but it was there.
        assert!(!first.always_alone());
    }
}
