//! POSIX shared memory: a segment with a name, made by shm_open, sized by ftruncate.
//!
//! A segment is a file in a file system that has no disk. Its descriptor is mapped (`map.rs`) and may then be closed.
//! Name, descriptor and mappings each keep the memory alive; the last one that goes frees it.

use std::os::fd::{AsFd, OwnedFd};
use std::process;

use anyhow::{Context, Result};
use nix::fcntl::OFlag;
use nix::sys::mman::{shm_open, shm_unlink};
use nix::sys::stat::{Mode, fchmod, fstat};
use nix::unistd::ftruncate;

/// shm_open, fchmod, ftruncate—Makes a new segment of `length` bytes, all zero, which only its owner may open.
///
/// Others may open it as soon as shm_open has returned: before it has a length, and before anything is in it. So they
/// need a sign that it is ready, which is stored last (`board.rs` has one).
///
/// # Errors
/// `EEXIST` when the name is taken; what was there is untouched. `EINVAL` and `ENAMETOOLONG` for a bad name, `EFBIG`
/// or `ENOSPC` for a bad length; then no name is left behind.
///
/// See also: `shm_open(3)`, `ftruncate(2)`, `umask(2)`
pub fn create(name: &str, length: u64) -> Result<OwnedFd> {
    let owner_only = Mode::S_IRUSR | Mode::S_IWUSR;
    let flags = OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_RDWR;
    let segment = shm_open(name, flags, owner_only).with_context(|| format!("create segment {name}"))?;
    let made = give_mode_and_length(&segment, owner_only, length);
    if made.is_err() {
        // The error above is the one to report; the name is ours, since O_EXCL has made it.
        let _ = shm_unlink(name);
    }
    made.with_context(|| format!("create segment {name}")).map(|()| segment)
}

fn give_mode_and_length(segment: &OwnedFd, mode: Mode, length: u64) -> Result<()> {
    // The umask has taken bits from the mode, perhaps all of them.
    fchmod(segment, mode).context("set its mode")?;
    let length = length.try_into().with_context(|| format!("{length} bytes are too many"))?;
    ftruncate(segment, length).with_context(|| format!("set its length to {length}"))
}

/// shm_open—Opens a segment that exists, to read and write.
///
/// # Errors
/// `ENOENT` when there is none, `EACCES` when its mode forbids it.
pub fn open(name: &str) -> Result<OwnedFd> {
    shm_open(name, OFlag::O_RDWR, Mode::empty()).with_context(|| format!("open segment {name}"))
}

/// shm_open—Opens a segment that exists, to read only: a mapping of it cannot be writable.
///
/// # Errors
/// See [`open`].
pub fn open_to_read(name: &str) -> Result<OwnedFd> {
    shm_open(name, OFlag::O_RDONLY, Mode::empty()).with_context(|| format!("open segment {name}"))
}

/// shm_unlink—Removes the name. The memory stays as long as somebody has it mapped or open.
///
/// # Errors
/// `ENOENT` when there is no such name.
pub fn remove(name: &str) -> Result<()> {
    shm_unlink(name).with_context(|| format!("remove segment {name}"))
}

/// fstat—The length of a segment or file in bytes.
///
/// # Errors
/// When the kernel does not tell.
pub fn length(segment: impl AsFd) -> Result<usize> {
    let found = fstat(segment).context("ask for the length")?;
    usize::try_from(found.st_size).context("read the length")
}

/// A name that nobody else uses; it is removed at the end of the process that thought of it.
#[derive(Debug)]
pub struct Name {
    text: String,
    owner: u32,
}

impl Name {
    /// A name with this process' number in it, so that two runs of one program do not meet by accident.
    #[must_use]
    pub fn own(label: &str) -> Self {
        let owner = process::id();
        Self { text: format!("/shm-ring-{owner}-{label}"), owner }
    }
}

impl std::ops::Deref for Name {
    type Target = str;
    fn deref(&self) -> &str {
        &self.text
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        // A forked child has a copy of this value, and must not remove its parent's name.
        if process::id() == self.owner {
            // Perhaps it is removed already, or was never made.
            let _ = shm_unlink(self.text.as_str());
        }
    }
}
