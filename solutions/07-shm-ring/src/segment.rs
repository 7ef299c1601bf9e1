//! Segments by name: made whole and private, opened with suspicion, removed.

use std::fs::File;

use crate::failure::Failure;
use crate::memory::Memory;
use crate::options::{Place, Shape};

// BEGIN SOLUTION
use std::fs::{OpenOptions, Permissions};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileExt, OpenOptionsExt, PermissionsExt};

use nix::errno::Errno;
use nix::fcntl::{OFlag, posix_fallocate};
use nix::sys::mman::{shm_open, shm_unlink};
use nix::sys::stat::Mode;

use crate::header::{Header, total_len};
use crate::layout::{FLAG_LOCK, FLAG_MANY, READY, SLOTS_BEGIN};
use crate::sync::{Ordering, Shared, Word};
use crate::truncated;

/// No ring is larger.
const LARGEST: u64 = 1 << 30;
// END SOLUTION

/// Makes a ring.
///
/// # Errors
/// The name is taken, the ring is too large, or the system has no room; then nothing is left behind.
pub fn create(place: &Place, shape: Shape, lock: bool, many: bool) -> Result<(), Failure> {
    // BEGIN SOLUTION
    if total_len(shape) > LARGEST {
        return Err(Failure::new(place, "too large"));
    }
    let flags = if lock { FLAG_LOCK } else { 0 } | if many { FLAG_MANY } else { 0 };
    let file = create_new(place)?;
    let made = fill(&file, Header { flags, shape }).map_err(|errno| Failure::system(place, errno));
    if made.is_err() {
        let _ = remove(place);
    }
    made
    // END SOLUTION
    // STUB: todo!("M1: make the segment, with its header, of mode 0600")
}

/// A new file for a segment, of mode 0600 whatever the umask is; nobody else has this name.
///
/// # Errors
/// The name is taken, or cannot be.
pub fn create_new(place: &Place) -> Result<File, Failure> {
    // BEGIN SOLUTION
    let made = match place {
        Place::Shm(name) => {
            let flags = OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_RDWR | OFlag::O_CLOEXEC;
            let made = shm_open(name.as_str(), flags, Mode::S_IRUSR | Mode::S_IWUSR);
            made.map(File::from).map_err(std::io::Error::from)
        }
        Place::File(path) => {
            OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)
        }
    };
    let file = made.map_err(|error| Failure::io(place, &error))?;
    // The umask has taken bits away from what open was asked for.
    file.set_permissions(Permissions::from_mode(0o600)).map_err(|error| Failure::io(place, &error))?;
    Ok(file)
    // END SOLUTION
    // STUB: todo!("M1: a name that nobody else has")
}
// BEGIN SOLUTION

/// Gives an empty file its length and its header; it is ready last.
pub(crate) fn fill(file: &File, header: Header) -> nix::Result<()> {
    let len = i64::try_from(total_len(header.shape)).map_err(|_| Errno::EFBIG)?;
    // Not ftruncate: a hole that cannot be filled later is SIGBUS for whoever writes there.
    ipc_kit::retry(|| posix_fallocate(file.as_fd(), 0, len))?;
    ipc_kit::write_all(file.as_fd(), &header.bytes())?;
    let memory = Memory::map(file, header)?;
    // Release: whoever sees READY (Acquire, in `open`) sees the header.
    memory.store(Word::State, READY, Ordering::Release);
    Ok(())
}
// END SOLUTION

/// Opens and maps a ring that somebody has made.
///
/// # Errors
/// There is none (status 1), or it is malformed (4).
pub fn open(place: &Place) -> Result<Memory, Failure> {
    // BEGIN SOLUTION
    open_file(&existing(place)?, place)
    // END SOLUTION
    // STUB: todo!("M1: open the file, read its header, map it; M6: trust nothing")
}

/// The file of a segment that is there, open for reading and writing.
///
/// # Errors
/// It cannot be opened.
pub fn existing(place: &Place) -> Result<File, Failure> {
    // BEGIN SOLUTION
    let opened = match place {
        Place::Shm(name) => {
            let opened = shm_open(name.as_str(), OFlag::O_RDWR | OFlag::O_CLOEXEC, Mode::empty());
            opened.map(File::from).map_err(std::io::Error::from)
        }
        // Opening a FIFO must not wait for its other end.
        Place::File(path) => {
            OpenOptions::new().read(true).write(true).custom_flags(libc::O_NONBLOCK).open(path)
        }
    };
    opened.map_err(|error| Failure::io(place, &error))
    // END SOLUTION
    // STUB: todo!("M1: open what is there")
}

/// Maps a ring that is open already.
///
/// # Errors
/// It is malformed (4), or cannot be mapped (1).
pub fn open_file(file: &File, what: &impl std::fmt::Display) -> Result<Memory, Failure> {
    // BEGIN SOLUTION
    let malformed = |reason| Failure::malformed(what, reason);
    let about = file.metadata().map_err(|error| Failure::io(what, &error))?;
    if !about.is_file() {
        return Err(malformed("no regular file"));
    }
    let mut start = [0; 32];
    if about.len() < SLOTS_BEGIN as u64 {
        return Err(malformed("shorter than a header"));
    }
    // A private copy: what was checked cannot change any more.
    file.read_exact_at(&mut start, 0).map_err(|_| malformed("shorter than a header"))?;
    let header = Header::check(&start, about.len()).map_err(malformed)?;
    truncated::guard(what);
    let memory = Memory::map(file, header).map_err(|errno| Failure::system(what, errno))?;
    if header.flags & FLAG_LOCK != 0 {
        memory.keep_in_memory().map_err(|error| Failure::io("mlock", &error))?;
    }
    Ok(memory)
    // END SOLUTION
    // STUB: todo!("M1: read the header, map the segment; M6: refuse what is malformed; M9: used for a memfd, too")
}

/// Removes the name. Whoever has mapped the segment keeps it.
///
/// # Errors
/// There is no such name.
pub fn remove(place: &Place) -> Result<(), Failure> {
    // BEGIN SOLUTION
    match place {
        Place::Shm(name) => shm_unlink(name.as_str()).map_err(|errno| Failure::system(place, errno)),
        Place::File(path) => std::fs::remove_file(path).map_err(|error| Failure::io(place, &error)),
    }
    // END SOLUTION
    // STUB: todo!("M1: remove the name")
}
