//! Segments by name: made whole and private, opened with suspicion, removed. openat(2), posix_fallocate(3).
//!
//! On Linux a name of POSIX shared memory is a name in `/dev/shm` (shm_overview(7)). So there is one way for both
//! kinds of place: a name in a directory.
#![allow(unsafe_code, reason = "sigaction(2)")]

use std::ffi::OsStr;
use std::fmt::Display;
use std::fs::{File, Permissions};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::{FileExt, PermissionsExt};

use ipc_kit::retry;
use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, OFlag, open as open_path, openat, posix_fallocate};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::sys::stat::Mode;
use nix::unistd::{UnlinkatFlags, unlinkat};

use crate::failure::Failure;
use crate::header::{Header, total_len};
use crate::layout::{FLAG_LOCK, FLAG_MANY, READY};
use crate::memory::Memory;
use crate::options::{Place, Shape};
use crate::sync::{Ordering, Shared, Word};

/// No ring is longer, in bytes.
const LONGEST: u64 = 1 << 30;

/// Makes a ring.
///
/// # Errors
/// The name is taken, the ring is too large, or the system has no room; then nothing is left behind.
pub fn create(place: &Place, shape: Shape, lock: bool, many: bool) -> Result<(), Failure> {
    let flags = if lock { FLAG_LOCK } else { 0 } | if many { FLAG_MANY } else { 0 };
    let header = Header { flags, shape };
    refuse_too_large(header, place)?;
    let fresh = Fresh::create(place)?;
    furnish(&fresh.file, header, place)?;
    fresh.keep();
    Ok(())
}

/// Refuses a ring that would be too large, before anything is made.
///
/// # Errors
/// It is too large.
pub(crate) fn refuse_too_large(header: Header, what: &impl Display) -> Result<(), Failure> {
    let fits = total_len(header.shape) <= LONGEST;
    fits.then_some(()).ok_or_else(|| Failure::new(what, "too large"))
}

/// Makes a ring of an empty file.
///
/// # Errors
/// The system has no room.
pub(crate) fn furnish(file: &File, header: Header, what: &impl Display) -> Result<Memory, Failure> {
    let system = |errno| Failure::system(what, errno);
    // At most 2^30, so it fits.
    let len = total_len(header.shape) as libc::off_t;
    retry(|| posix_fallocate(file, 0, len)).map_err(system)?;
    file.write_all_at(&header.bytes(), 0).map_err(|error| Failure::io(what, &error))?;
    let memory = Memory::map(file, header).map_err(system)?;
    // Acquired by `Memory::state`: whoever sees "ready" sees the header.
    memory.store(Word::State, READY, Ordering::Release);
    memory.sound(what)?;
    Ok(memory)
}

/// A new file under a name that nobody else has. Unless it is kept, the name goes when this goes.
#[derive(Debug)]
pub(crate) struct Fresh<'a> {
    /// Empty, of mode 0600 whatever the umask is.
    pub(crate) file: File,
    place: &'a Place,
    kept: bool,
}

impl<'a> Fresh<'a> {
    /// Makes the file.
    ///
    /// # Errors
    /// The name is taken, or cannot be.
    pub(crate) fn create(place: &'a Place) -> Result<Fresh<'a>, Failure> {
        survive_file_limit().map_err(|errno| Failure::system(place, errno))?;
        let flags = OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_RDWR;
        let file = open_at(place, flags, Mode::S_IRUSR | Mode::S_IWUSR)
            .map_err(|errno| Failure::system(place, errno))?;
        let fresh = Fresh { file: file.into(), place, kept: false };
        // The umask may have taken a bit away, even from the owner.
        let private = fresh.file.set_permissions(Permissions::from_mode(0o600));
        private.map_err(|error| Failure::io(place, &error))?;
        Ok(fresh)
    }

    /// From now on the name stays.
    pub(crate) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Fresh<'_> {
    fn drop(&mut self) {
        if !self.kept
            && let Err(failure) = remove(self.place)
        {
            // What went wrong before is told by whoever dropped this.
            failure.complain();
        }
    }
}

/// A file that becomes longer than `RLIMIT_FSIZE` is SIGXFSZ: ring would die, and leave the name. Ignored, it is EFBIG.
fn survive_file_limit() -> nix::Result<()> {
    let ignore = SigAction::new(SigHandler::SigIgn, SaFlags::empty(), SigSet::empty());
    // SAFETY: no handler runs.
    unsafe { sigaction(Signal::SIGXFSZ, &ignore) }.map(drop)
}

/// Opens and maps a ring that somebody has made.
///
/// # Errors
/// There is none (status 1), or it is malformed (4).
pub fn open(place: &Place) -> Result<Memory, Failure> {
    open_file(&existing(place, OFlag::O_RDWR)?, place)
}

/// The file of a segment that is there.
///
/// What stands there is looked at before it is opened: opening a device or a pipe may have effects, or wait.
///
/// # Errors
/// It cannot be opened (1), or is no regular file (4).
pub(crate) fn existing(place: &Place, access: OFlag) -> Result<File, Failure> {
    let system = |errno| Failure::system(place, errno);
    let found = open_at(place, OFlag::O_PATH, Mode::empty()).map_err(system)?;
    let found = File::from(found);
    demand_regular(&found, place)?;
    // The same file, whatever the name means by now: proc_pid_fd(5).
    let itself = format!("/proc/self/fd/{}", found.as_raw_fd());
    let opened = open_path(itself.as_str(), access | OFlag::O_CLOEXEC, Mode::empty()).map_err(system)?;
    Ok(opened.into())
}

/// Maps a ring that is open already.
///
/// # Errors
/// It is malformed (4), or cannot be mapped (1).
pub fn open_file(file: &File, what: &impl Display) -> Result<Memory, Failure> {
    let len = demand_regular(file, what)?;
    let mut bytes = [0; 32];
    if len < bytes.len() as u64 {
        return Err(Failure::malformed(what, "it is too short for a ring's header"));
    }
    // Once, into memory of our own: what is checked is what is used.
    read_at(file, &mut bytes, what)?;
    let header = Header::check(&bytes, len).map_err(|reason| Failure::malformed(what, reason))?;
    Memory::map(file, header).map_err(|errno| Failure::system(what, errno))
}

/// Reads from the beginning of a file. It may have been cut since its length was asked for.
///
/// # Errors
/// It is shorter (4); those of pread(2).
pub(crate) fn read_at(file: &File, into: &mut [u8], what: &impl Display) -> Result<(), Failure> {
    file.read_exact_at(into, 0).map_err(|error| match error.kind() {
        std::io::ErrorKind::UnexpectedEof => Failure::malformed(what, "somebody has cut the segment"),
        _ => Failure::io(what, &error),
    })
}

/// The length of a file, in bytes.
///
/// # Errors
/// It is no regular file (4).
pub(crate) fn demand_regular(file: &File, what: &impl Display) -> Result<u64, Failure> {
    let status = file.metadata().map_err(|error| Failure::io(what, &error))?;
    status.is_file().then_some(status.len()).ok_or_else(|| Failure::malformed(what, "it is no regular file"))
}

/// Removes the name. Whoever has mapped the segment keeps it.
///
/// # Errors
/// There is no such name.
pub fn remove(place: &Place) -> Result<(), Failure> {
    let removed =
        in_directory(place, |directory, name| unlinkat(directory, name, UnlinkatFlags::NoRemoveDir));
    removed.map_err(|errno| Failure::system(place, errno))
}

fn open_at(place: &Place, flags: OFlag, mode: Mode) -> nix::Result<OwnedFd> {
    // As in shm_open(3): nobody shall lead us elsewhere by a link in a directory that all may write to.
    let follow = if matches!(place, Place::Shm(_)) { OFlag::O_NOFOLLOW } else { OFlag::empty() };
    let flags = flags | follow | OFlag::O_CLOEXEC;
    in_directory(place, |directory, name| retry(|| openat(directory, name, flags, mode)))
}

/// Does something with a name in its directory.
fn in_directory<T>(
    place: &Place,
    act: impl FnOnce(std::os::fd::BorrowedFd<'_>, &OsStr) -> nix::Result<T>,
) -> nix::Result<T> {
    match place {
        Place::File(path) => act(AT_FDCWD, path.as_os_str()),
        Place::Shm(name) => {
            let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
            let directory = open_path("/dev/shm", flags, Mode::empty())?;
            let name = name.strip_prefix('/').ok_or(Errno::EINVAL)?;
            act(directory.as_fd(), OsStr::new(name))
        }
    }
}
